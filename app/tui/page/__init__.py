"""The page of a document: its lines, links, search hits and picture."""

__all__ = [
    "graphics",
    "highlighter",
    "lines",
    "links",
    "location",
    "picture",
    "search",
    "stops",
    "view",
]
