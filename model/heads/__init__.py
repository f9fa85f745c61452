"""Small networks beside the trunk: evidence head, passage encoder, and the reader of excerpts."""

__all__ = [
    "evidence",
    "excerpt_reading",
    "passage_encoder",
    "question_heads",
    "reader_cost",
    "reader_text",
    "shown_text",
    "spans",
]
