"""Small networks beside the trunk: evidence head, span head, passage encoder, and the reader of excerpts."""

__all__ = ["evidence", "excerpt_reading", "heads", "passage_encoder", "reader_cost", "reader_text", "span", "spans"]
