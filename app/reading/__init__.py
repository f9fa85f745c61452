"""The best passages read again with the question: candidates for an answer, and whether there is
one.
"""

__all__ = [
    "addressing",
    "best_passages",
    "candidates",
    "clauses",
    "direct_answers",
    "document_kind",
    "first_pages",
    "joined_parts",
    "parties",
    "premises",
    "rereading",
    "signals",
]
