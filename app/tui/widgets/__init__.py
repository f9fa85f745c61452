"""Panes and bars beside the page: answers, outline, evidence, gauges, the input line."""

__all__ = ["answers", "evidence_strip", "gauges", "line_bar", "outline"]
