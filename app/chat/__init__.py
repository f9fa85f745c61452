"""A conversation over documents in the terminal: follow-up questions, slash commands, the loop that
reads lines.
"""

__all__ = ["conversation", "followups", "loop"]
