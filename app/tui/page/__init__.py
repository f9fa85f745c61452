"""The page of a document: its lines, links, search hits and image."""

__all__ = [
    "graphics",
    "lines",
    "links",
    "image",
    "spans",
    "stops",
    "view",
]
