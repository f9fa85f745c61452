"""What a PDF says about itself: labels, outline, title, and what docqa does not read of it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from docqa.ingest.structure.clean import clean_text, squeeze_spaces

from .bookmarks import Bookmark
from .errors import pdf_errors
from .references import root_entry

_NAMES_OF_PROGRAMS = ("microsoft word", "untitled", "(anonymous", "layout 1")
_NAMES_OF_FILES = (".doc", ".docx", ".dvi", ".tex", ".pdf", ".indd", ".qxd", ".wpd")


def page_labels_in_file(reader: Any, count: int) -> list[str | None]:
    """The label of each page in the file, or None."""
    given: list[str | None] = []
    with suppress(*pdf_errors()):
        if "/PageLabels" in reader.root_object:
            given = [clean_text(label).strip() or None for label in reader.page_labels]
    return [*given, *[None] * count][:count]


def bookmarks_in_file(reader: Any) -> list[Bookmark]:
    """The entries of the file's outline that lead to a page, in order."""
    with suppress(*pdf_errors()):
        if "/Outlines" in reader.root_object:
            numbers = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages, 1)}
            return list(_outline_entries(reader.outline, 1, numbers))
    return []


def _outline_entries(entries: list[Any], level: int, numbers: dict[int, int]) -> Iterator[Bookmark]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline_entries(entry, level + 1, numbers)
            continue
        page = numbers.get(getattr(entry.get("/Page"), "idnum", -1))
        if page is not None and entry.title:
            yield Bookmark(level, clean_text(str(entry.title)), page)


def title_in_file(reader: Any) -> str:
    """The title in the file's record when it is one, else empty."""
    title = ""
    with suppress(*pdf_errors()):
        title = squeeze_spaces(clean_text(str(reader.metadata.title or "")))
    lowered = title.lower()
    made_up = lowered.startswith(_NAMES_OF_PROGRAMS) or lowered.endswith(_NAMES_OF_FILES)
    return title if len(title) > 2 and not made_up else ""


def names_of_unsupported_parts(reader: Any) -> Iterator[str]:
    """What the file has outside its pages' text that is not read."""
    with suppress(*pdf_errors()):
        if "/XFA" in root_entry(reader, "/AcroForm"):
            yield "an XFA form: what only its program shows is not read; print it to a new PDF to have it read"
        if "/EmbeddedFiles" in root_entry(reader, "/Names"):
            yield "attached files are not read"
