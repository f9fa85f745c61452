"""Training of the cross encoder that reads excerpts."""

__all__ = ["teacher_reader", "train"]
