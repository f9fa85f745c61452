"""The rows of a table from a batch of answers, and the documents of an archive, asked one by one."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from docqa.app.answer.grades import Status
from docqa.app.batch.documents import read_document
from docqa.app.batch.extraction.table import Cell, Row, cell_of
from docqa.app.batch.items import Failure, Item, list_items, read_content
from docqa.app.batch.jobs import answers_of
from docqa.app.options import Options
from docqa.app.output.render import printable
from docqa.app.session.engine import open_store
from docqa.app.session.session import Session

if TYPE_CHECKING:
    from docqa.app.answerers.remote.model import RemoteModel
    from docqa.app.batch.batch import Batch
    from docqa.model.protocol import Model


def table_rows(batch: Batch, questions: int) -> list[Row]:
    """A row for each document of `batch`, in its order; one that failed, or was not asked, is a row with its error."""
    return [_row(batch, item, questions) for item in batch.listing.items]


def _row(batch: Batch, item: Item, questions: int) -> Row:
    failure = batch.failure(item)
    if failure is None and not batch.is_done(item):
        failure = Failure("NotAsked", "it was not asked: too many others failed", "The same command goes on")
    if failure is not None:
        cell = Cell(Status.UNREADABLE if failure.of_document else Status.ERROR)
        return Row(printable(item.shown_path), (cell,) * questions, printable(failure.message(item.shown_path)))
    answers = answers_of(batch.record(item), item.shown_path)
    return Row(printable(item.shown_path), tuple(cell_of(answer) for answer in answers))


def members(path: str, passed_over: list[str]) -> list[Item]:
    """The documents of the archive at `path`, which cannot be opened by their paths; none where it is no archive.

    Entries that are no documents are appended to `passed_over`.
    """
    from docqa.ingest.errors import IngestError

    if not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return []
    try:
        listing = list_items([path])
    except IngestError:  # opening it says why
        return []
    found = [item for item in listing.items if item.member is not None]
    passed_over += listing.passed_over if found else []
    return found


def session_of_member(item: Item, options: Options, model: Model | RemoteModel | None) -> Session:
    """A session of one document of an archive. Raises the errors of docqa.ingest.errors."""
    store = open_store(options) if options.store else None
    document = read_document(read_content(item), item.name, options, store)
    return Session([replace(document, path=item.shown_path)], options, store=store, model=model)
