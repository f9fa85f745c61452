"""LaTeX source, read without TeX."""

__all__ = ["reader"]
