"""Small networks beside the trunk: evidence head, passage encoder, and the cross encoder that reads excerpts."""

__all__ = [
    "cross_encoder", "encoder", "encoder_shape", "evidence", "excerpt_reading", "passage_encoder",
    "reader_cost", "reader_files", "reader_text", "span", "spans",
]  # fmt: skip
