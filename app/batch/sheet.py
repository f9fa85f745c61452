"""The sheet of a document: the fields of its kind, each answered once and cached, as `extract` answers
them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docqa.app.answer.events import OnEvent
from docqa.app.answer.text import one_line
from docqa.app.facts.facts import computed_end
from docqa.app.options import Options
from docqa.app.output.render import in_quotation_marks, printable
from docqa.app.reading.direct_answers import TERM
from docqa.app.reading.document_kind import DocumentKind, likeliest_document_kind
from docqa.app.storage.store import store_of
from docqa.ingest.types import Document

from .documents import read_document
from .extraction.table import AnswerCell, cell_of
from .extraction.table_files import cell_object, place_of
from .fields import Field, fields_of
from .items import BatchItem, read_content
from .jobs import FieldsJob, answers_of

_PRESETS = {
    DocumentKind.CONTRACT: "contract",
    DocumentKind.COURT: "opinion",
    DocumentKind.PAPER: "paper",
}
_PRESET_OF_OTHERS = "document"
_STOPS = " .;:"


@dataclass(frozen=True)
class Sheet:
    """The `facts` of a document of a `kind`, each with its field."""

    document: Document
    kind: DocumentKind
    facts: tuple[tuple[Field, AnswerCell], ...]


def make_sheet(item: BatchItem, options: Options, on_event: OnEvent) -> Sheet:
    """The sheet of `item`; what is not cached of it is read now. Raises docqa.ingest.errors for a
    file that is no document."""
    document = read_document(read_content(item), item.name, options, store_of(options))
    kind = likeliest_document_kind(document)
    fields = fields_of(_PRESETS.get(kind, _PRESET_OF_OTHERS))
    job = FieldsJob(options, fields)
    record = job.kept_record(item)
    if record is None:
        record = str(job.process_document(item, document, on_event).record)
    cells = map(cell_of, answers_of(record, item.shown_path), fields)
    return Sheet(document, kind, tuple(zip(fields, cells, strict=True)))


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
        said = one_line(cell.answer or "")
        for text in quoted if said else ():
            if one_line(text).rstrip(_STOPS) not in said:
                yield f"    {in_quotation_marks(printable(text))}"
        computed = computed_end(said) if field.clause == TERM else None
        if computed:
            yield f"    {computed.value}, computed"
