"""Words of the page: folding, alignment, verification, and the quote around an answer."""

__all__ = ["align", "asked_terms", "difference", "meanings", "normalise", "quoting", "sentence_runs", "verifier"]
