"""English, and numbers in it, as data with the functions that read it: what ingest and app share. No tensors."""

__all__ = ["dates", "expressions", "lengths", "numbers", "opposites", "places", "quantities", "sentences", "words"]
