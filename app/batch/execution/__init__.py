"""Running the jobs of a batch: leases and ledger, processes, and Ray."""
