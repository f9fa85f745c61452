"""The rows of a table from a batch of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.answer.grades import Status
from docqa.app.batch.extraction.table import AnswerCell, FileRow, cell_of
from docqa.app.batch.items import Failure, Item
from docqa.app.batch.jobs import answers_of
from docqa.app.output.render import printable

if TYPE_CHECKING:
    from docqa.app.batch.batch import Batch


def table_rows(batch: Batch, questions: int) -> list[FileRow]:
    """A row for each document of `batch`, in its order; one that failed, or was not asked, is a row with its error."""
    return [_row(batch, item, questions) for item in batch.listing.items]


def _row(batch: Batch, item: Item, questions: int) -> FileRow:
    failure = batch.failure(item)
    if failure is None and not batch.is_done(item):
        failure = Failure("NotAsked", "it was not asked: too many others failed", "The same command goes on")
    if failure is not None:
        cell = AnswerCell(Status.UNREADABLE if failure.of_document else Status.ERROR)
        return FileRow(printable(item.shown_path), (cell,) * questions, printable(failure.message(item.shown_path)))
    answers = answers_of(batch.record(item), item.shown_path)
    return FileRow(printable(item.shown_path), tuple(cell_of(answer) for answer in answers))
