"""Words of the page: folding, alignment, verification, and the quote around an answer."""
