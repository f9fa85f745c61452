"""Tables of a page as grids: in frames, between level rules, or told by values that stand below
each other.
"""

__all__ = ["chunks", "grid", "heads", "page", "placed", "regions", "rules"]
