"""The sentences of a document that may be in its summary: whole ones of its prose, and whose words
they are.
"""

__all__ = ["candidates", "readable"]
