"""Training of the cross encoder that reads excerpts."""

__all__ = ["encoder_start", "losses", "measure", "train"]
