"""Answers in a model's own words: what it is given, what it states, and how far the documents'
words support that.
"""

__all__ = [
    "answers",
    "checking",
    "excerpts",
    "generation",
    "literal",
    "outcome",
    "replies",
    "statements",
    "support",
]
