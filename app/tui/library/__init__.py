"""Choosing what to open: the library of a folder and what was read and asked before."""

__all__ = ["library", "opener", "recents"]
