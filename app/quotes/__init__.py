"""Words of the page: folding, alignment, verification, and the quote around an answer."""

__all__ = ["align", "difference", "normalise", "quoting", "sentence_runs", "verifier"]
