"""The commands of the terminal, a file for each group. Each is a few lines over the engine."""

__all__ = ["root"]
