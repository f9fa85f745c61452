"""LaTeX source, read without TeX."""
