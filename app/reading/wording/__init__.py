"""What words say by themselves: the form and parts of a question, and yes or no of a clause."""

__all__ = ["across", "forms", "language"]
