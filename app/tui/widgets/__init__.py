"""Panes and bars beside the page: answers, outline, evidence, gauges, the input line."""
