"""What a PDF says about itself beside its pages: labels, outline, title, and what docqa does not read of it."""

from __future__ import annotations

from typing import Any

from docqa.ingest.pdf.errors import pdf_errors
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import clean, squeeze


def labels(reader: Any, count: int) -> list[str | None]:
    """The printed label of each page as the file gives it, None where it gives none."""
    try:
        if "/PageLabels" not in reader.root_object:
            return [None] * count
        given = [clean(label).strip() or None for label in reader.page_labels]
    except pdf_errors():
        return [None] * count
    return [*given, *[None] * count][:count]


def bookmarks(reader: Any) -> list[outline.Bookmark]:
    """The entries of the file's own outline that lead to a page, in order."""
    try:
        if "/Outlines" not in reader.root_object:
            return []
        numbers = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages, 1)}
        found: list[outline.Bookmark] = []
        _walk_outline(reader.outline, 1, numbers, found)
        return found
    except pdf_errors():
        return []


def _walk_outline(entries: list[Any], level: int, numbers: dict[int, int], found: list[outline.Bookmark]) -> None:
    for entry in entries:
        if isinstance(entry, list):
            _walk_outline(entry, level + 1, numbers, found)
            continue
        page = numbers.get(getattr(entry.get("/Page"), "idnum", -1))
        if page is not None and entry.title:
            found.append(outline.Bookmark(level, clean(str(entry.title)), page))


def title(reader: Any) -> str:
    """The title in the file's own record when it is one, else empty."""
    try:
        title = squeeze(clean(str(reader.metadata.title or ""))) if reader.metadata else ""
    except pdf_errors():
        title = ""
    lowered = title.lower()
    made_up = lowered.startswith(("microsoft word", "untitled", "(anonymous", "layout 1")) or lowered.endswith(
        (".doc", ".docx", ".dvi", ".tex", ".pdf", ".indd", ".qxd", ".wpd")
    )
    return title if len(title) > 2 and not made_up else ""


def has_layers(reader: Any) -> bool:
    """Whether parts of the drawing can be switched off (optional content groups); True where that is unknown."""
    try:
        layers = reader.root_object.get("/OCProperties")
        return bool(layers is not None and layers.get_object().get("/OCGs"))
    except pdf_errors():
        return True


def left_out(reader: Any) -> list[str]:
    """What the file has beside its pages' text, which docqa does not read."""
    lines: list[str] = []
    try:
        root = reader.root_object
        form = root.get("/AcroForm")
        form = form.get_object() if form is not None else {}
        if form.get("/Fields"):
            lines.append("form fields: what was filled in is not read")
        names = root.get("/Names")
        names = names.get_object() if names is not None else {}
        if "/EmbeddedFiles" in names:
            lines.append("attached files are not read")
    except pdf_errors():
        return lines
    return lines
