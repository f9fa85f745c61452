"""Tables of a page as rows and columns, and the cell that a question asks for."""

__all__ = ["answer"]
