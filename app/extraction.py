"""Many files, each asked the same questions by itself: the rows of a table, by the same sessions as `ask --each`."""

from __future__ import annotations

from collections.abc import Iterator

from docqa.app.batch.answers import answers_of
from docqa.app.batch.batch import Batch
from docqa.app.batch.items import Failure, Item
from docqa.app.engine import session_of
from docqa.app.render import printable
from docqa.app.session import Session
from docqa.app.table import Cell, Row, cell_of


def table_rows(batch: Batch, questions: int) -> list[Row]:
    """A row for each document of `batch`, in its order; one that failed, or was not asked, is a row with its error."""
    return [_row(batch, item, questions) for item in batch.listing.items]


def _row(batch: Batch, item: Item, questions: int) -> Row:
    failure = batch.failure(item)
    if failure is None and not batch.is_done(item):
        failure = Failure("NotAsked", "it was not asked: too many others failed", "The same command goes on")
    if failure is not None:
        return _failed(item, failure, questions)
    answers = answers_of(batch.workspace.record(batch.unit_of[item.path].key), item.given)
    return Row(printable(item.given), tuple(cell_of(answer) for answer in answers))


def _failed(item: Item, failure: Failure, questions: int) -> Row:
    cell = Cell("unreadable" if failure.of_document else "error")
    return Row(printable(item.given), (cell,) * questions, printable(failure.told(item.given)))


def each_document(session: Session) -> Iterator[Session]:
    """A session for each document of `session`: those of an archive cannot be opened by their paths."""
    for document in session.documents:
        with session_of([document], session.options, store=session.store, model=session.model) as part:
            yield part
