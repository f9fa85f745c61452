"""The section tree of a document, and the sheet of its facts, as objects for JSON and as text."""

from collections.abc import Iterator
from typing import Any

from docqa.app.batch.extraction.table_files import cell_object, place_of
from docqa.app.batch.sheet import Sheet
from docqa.app.facts.facts import computed_end
from docqa.app.reading.direct_answers import TERM
from docqa.ingest.types import Document

from .render import in_quotation_marks, printable

_FIELDS = (
    "id",
    "parent",
    "number",
    "title",
    "locator",
    "level",
    "page",
    "label",
    "start",
    "source",
    "confidence",
)


def outline_object(document: Document) -> dict[str, Any]:
    return {
        "file": document.path,
        "title": document.title,
        "pages": len(document.pages) if document.paged else None,
        "sections": [
            {name: getattr(section, name) for name in _FIELDS}
            | ({} if document.paged else {"page": None})
            for section in document.sections
        ],
    }


_STOPS = " .;:"


def facts_object(sheet: Sheet) -> dict[str, Any]:
    """The kind of a document and its facts."""
    facts = [
        {"field": field.name, "type": field.type, **cell_object(cell)}
        for field, cell in sheet.facts
    ]
    return {"kind": sheet.kind, "facts": facts}


def facts_lines(sheet: Sheet) -> Iterator[str]:
    """The facts of a document with their places, and the words that say more than the fact."""
    yield f"kind: {sheet.kind}"
    for field, cell in sheet.facts:
        place = place_of(cell)
        where = f"  ({place})" if place else ""
        yield f"{field.name}: {printable(cell.answer or 'not stated')}{where}"
        quoted = [*cell.leads, cell.quote or ""]
        for text in quoted if cell.answer is not None else ():
            if " ".join(text.split()).rstrip(_STOPS) not in " ".join(cell.answer.split()):
                yield f"    {in_quotation_marks(printable(text))}"
        computed = computed_end(cell.answer or "") if field.clause == TERM else None
        if computed is not None:
            yield f"    {computed.value}, computed"
