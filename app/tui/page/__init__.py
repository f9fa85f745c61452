"""The page of a document: its lines, links, search hits and image."""

__all__ = [
    "graphics",
    "highlighter",
    "lines",
    "links",
    "location",
    "image",
    "search",
    "stops",
    "view",
]
