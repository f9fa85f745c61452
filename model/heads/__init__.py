"""Small networks beside the trunk: evidence head, span head, and the cross encoder that reads excerpts."""

__all__ = [
    "cross_encoder", "encoder", "evidence", "excerpt_reading", "heads", "passage_encoder", "reader_cost",
    "reader_files", "span",
]  # fmt: skip
