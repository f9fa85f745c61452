"""Running the jobs of a batch: here, in processes of this machine, or by Ray; and the ledger of what that took."""

__all__ = ["executors", "ledger", "ray_actors", "runner"]
