"""The structure that all formats share: outline, numbering, references, notes, passages,
sentences.
"""

__all__ = [
    "clean",
    "grids",
    "leads",
    "nesting",
    "notes",
    "numbering",
    "opinions",
    "outline",
    "page_breaks",
    "paragraphs",
    "passages",
    "references",
    "sequence",
    "tables",
    "values",
]
