"""Measuring and fitting the choice of sentences for summaries."""
