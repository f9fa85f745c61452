"""How often the cell that a question asks for is told by the structure of its table alone."""

__all__ = ["cells"]
