"""Training of the cross encoder that reads excerpts."""

__all__ = ["encoder", "encoder_start", "losses", "measure", "reader_files", "train"]
