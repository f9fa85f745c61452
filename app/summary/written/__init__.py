"""Summaries in a model's own words: part by part, then the whole from what was written of the parts."""

__all__ = ["composing", "material", "process"]
