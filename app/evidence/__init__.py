"""Which passages speak to a question: terms, BM25, the ranking that fuses all signals, front
matter.
"""

__all__ = ["front_matter", "ranker", "ranking", "terms"]
