"""English, and numbers in it, as data and the functions that read it; shared by ingest and app."""

__all__ = [
    "dates",
    "expressions",
    "lengths",
    "numbers",
    "opposites",
    "places",
    "quantities",
    "sentences",
    "words",
]
