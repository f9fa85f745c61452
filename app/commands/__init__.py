"""The commands of the terminal, a file for each group."""

__all__ = ["flags", "inputs", "root"]
