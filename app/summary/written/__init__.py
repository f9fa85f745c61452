"""Summaries in a model's own words: part by part, then the whole from these."""

__all__ = ["composing", "process"]
