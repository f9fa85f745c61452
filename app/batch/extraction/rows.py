"""The rows of a table from a batch of answers."""

from collections.abc import Sequence

from docqa.app.answer.grades import Status
from docqa.app.output.render import printable

from ..batch import Batch
from ..fields import Field
from ..items import BatchItem, Failure
from ..jobs import answers_of
from .table import AnswerCell, FileRow, cell_of


def table_row(batch: Batch, item: BatchItem, fields: Sequence[Field]) -> FileRow:
    """The row of a document; one that failed, or was not asked, is a row with its error."""
    failure = batch.failure(item)
    if not failure and not batch.is_done(item):
        failure = Failure(
            "NotAsked", "it was not asked: too many others failed", "The same command goes on"
        )
    if failure:
        cell = AnswerCell(Status.UNREADABLE if failure.is_fault_of_document else Status.ERROR)
        return FileRow(
            printable(item.shown_path),
            (cell,) * len(fields),
            printable(failure.message(item.shown_path)),
        )
    answers = answers_of(batch.record(item), item.shown_path)
    return FileRow(printable(item.shown_path), tuple(map(cell_of, answers, fields)))
