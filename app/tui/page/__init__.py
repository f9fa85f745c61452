"""The page of a document: its lines, links, search hits and picture."""
