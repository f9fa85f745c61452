"""From placed characters to reading order: columns, tables, line numbers, running heads,
paragraphs.
"""

__all__ = ["line_numbers", "lines", "paragraphs", "reading_order", "running_heads", "tables"]
