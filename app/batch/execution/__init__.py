"""Running the jobs of a batch: leases and ledger, processes, and Ray."""

__all__ = ["executors", "leases", "ledger", "processes", "ray_actors", "runner"]
