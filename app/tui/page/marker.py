"""The marker over words of a grey image."""

MARKED = 128
"""Of a shade: it is below the marker."""
YELLOW = (1.0, 0.93, 0.35)
"""Left of red, green and blue: black stays black, white turns yellow."""
