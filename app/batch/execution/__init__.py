"""Running the jobs of a batch: here, in processes of this machine, or by Ray."""

__all__ = ["executors", "ray_actors", "runner"]
