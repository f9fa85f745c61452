"""Running the jobs of a batch: here, in processes, or by Ray; and the ledger of what that took."""

__all__ = ["executors", "ledger", "ray_actors", "runner"]
