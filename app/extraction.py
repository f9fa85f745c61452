"""Many files, each asked the same questions by itself: the rows of a table, by the same sessions as `ask --each`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from docqa.app import report
from docqa.app.engine import Options, open_session
from docqa.app.events import Event, Finished, Warning
from docqa.app.render import printable
from docqa.app.session import Session
from docqa.app.table import Cell, Row, cell_of

_SKIPPED = "skipped: "


class Extraction:
    """Asks file after file; the model is loaded once. `told` gets the events of reading, for a screen."""

    def __init__(self, questions: list[str], options: Options, told: Callable[[Event], None]) -> None:
        self.questions = questions
        self.options = options
        self._told = told
        self._model: Any = None

    def rows(self, path: str) -> list[Row]:
        """The row of the file at `path`, or those of an archive's documents; one that fails is a row with its error.

        Raises what would fail for every other file too: a model that cannot be used, a full disk.
        """
        try:
            with open_session([path], self.options, model=self._model) as session:
                if len(session.documents) == 1 and not self._skipped(session):
                    return [self._row(session)]
                for warning in session.warnings:
                    self._told(Warning(warning))
                parts = [self._isolated(part.documents[0].path, part) for part in each_document(session)]
                return parts + [self._failed(path, text) for text in self._skipped(session)]
        except _expected() as error:
            return [self._failure(path, error)]

    def _isolated(self, path: str, session: Session) -> Row:
        try:
            return self._row(session)
        except _expected() as error:
            return self._failure(path, error)

    def _row(self, session: Session) -> Row:
        cells: list[Cell] = []
        for question in self.questions:
            for event in session.ask(question):
                if isinstance(event, Finished):
                    cells.append(cell_of(event.answer))
                else:
                    self._told(event)
        self._model = session.model
        for document in session.documents:
            for warning in document.coverage.warnings:  # what was not read must not look like what is not there
                self._told(Warning(f"{document.path}: {warning}"))
        return Row(printable(session.documents[0].path), tuple(cells))

    def _failure(self, path: str, error: Exception) -> Row:
        """The row of a file that failed by its own fault; anything else is raised again."""
        if report.exit_code(error) != report.INPUT and not report.out_of_memory(error):
            raise error
        return self._failed(path, report.describe(error), unreadable=report.exit_code(error) == report.INPUT)

    def _failed(self, path: str, message: str, *, unreadable: bool = True) -> Row:
        cell = Cell("unreadable" if unreadable else "error")
        return Row(printable(path), (cell,) * len(self.questions), printable(message))

    def _skipped(self, session: Session) -> list[str]:
        return [text.removeprefix(_SKIPPED) for text in session.warnings if text.startswith(_SKIPPED)]


def _expected() -> tuple[type[Exception], ...]:
    """What `_failure` tells apart; torch says with a RuntimeError that there is no memory."""
    return (*report.expected_errors(), RuntimeError)


def each_document(session: Session) -> Iterator[Session]:
    """A session for each document of `session`: those of an archive cannot be opened by their paths."""
    for document in session.documents:
        with Session([document], session.options, store=session.store, model=session.model) as part:
            yield part
