"""The sheet of a document: the fields of its kind, each answered once and cached, as `extract` answers
them."""

from collections.abc import Callable
from dataclasses import dataclass

from docqa.app.answer.events import Event
from docqa.app.options import Options
from docqa.app.reading.document_kind import DocumentKind, likeliest_document_kind
from docqa.app.storage.store import store_of
from docqa.ingest.types import Document

from .documents import read_document
from .extraction.table import AnswerCell, cell_of
from .fields import Field, fields_of
from .items import BatchItem, read_content
from .jobs import FieldsJob, answers_of

_PRESETS = {
    DocumentKind.CONTRACT: "contract",
    DocumentKind.COURT: "opinion",
    DocumentKind.PAPER: "paper",
}
_PRESET_OF_OTHERS = "document"


@dataclass(frozen=True)
class Sheet:
    """The `facts` of a document of a `kind`, each with its field."""

    document: Document
    kind: DocumentKind
    facts: tuple[tuple[Field, AnswerCell], ...]


def make_sheet(item: BatchItem, options: Options, on_event: Callable[[Event], None]) -> Sheet:
    """The sheet of `item`; what is not cached of it is read now. Raises docqa.ingest.errors for a
    file that is no document."""
    content = read_content(item)
    document = read_document(content, item.name, options, store_of(options))
    kind = likeliest_document_kind(document)
    fields = fields_of(_PRESETS.get(kind, _PRESET_OF_OTHERS))
    job = FieldsJob(options, fields)
    record = job.kept_record(item)
    if record is None:
        record = str(job.process(item, content, on_event).record)
    cells = map(cell_of, answers_of(record, item.shown_path), fields)
    return Sheet(document, kind, tuple(zip(fields, cells, strict=True)))
