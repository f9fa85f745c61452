"""Panes and bars next to the page: answers, outline, evidence, the input line."""

__all__ = ["answers", "outline", "prompt"]
