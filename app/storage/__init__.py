"""What docqa keeps on disk, how files are written whole, and where documents come from."""

__all__ = ["arrays", "atomic", "remembered", "sources", "store"]
