"""From placed characters to reading order: columns, tables, line numbers, running heads, paragraphs."""
