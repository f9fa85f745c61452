"""Documents by questions: a grid that is filled while they are answered."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

from rich.text import Text
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Static

from docqa.app.answer.answer import Answer
from docqa.app.answer.grades import Status
from docqa.app.batch.extraction.table import AnswerCell, FileRow, cell_of, make_table
from docqa.app.batch.extraction.table_files import place_of, table_as_file
from docqa.app.batch.fields import Field
from docqa.app.batch.items import BatchItem, list_items
from docqa.app.batch.jobs import AnswerJob, FieldsJob, Outcome, answers_of, attempt
from docqa.app.history.export import unused_file_name
from docqa.app.history.records import StoredTurn
from docqa.app.options import Options
from docqa.app.output.render import printable
from docqa.app.storage.atomic import write_new
from docqa.app.tui import bridge, keymap
from docqa.app.tui.library.recents import PastQuestion, count_text
from docqa.app.tui.widgets.prompt import press

from .prompt_screen import PromptScreen

_CELLS = 26
_MARKS = {Status.ANSWERED: "●", Status.PARTIAL: "●", Status.POSSIBLE: "◐", Status.NOT_FOUND: "○"}


@dataclass
class RowAnswered(Message):
    """The questions from column `first` on were put to document `row`; without one the documents
    are listed."""

    row: int | None = None
    first: int = 0
    outcome: Outcome = Outcome()


class GridScreen(PromptScreen):
    """The documents at `paths` by `fields`, to which a typed question adds a column. The answers
    are those of `docqa extract`, and stored with them: what was answered is not asked again.
    """

    BINDINGS = keymap.bindings(keymap.GRID)
    EXPORTED = (".csv", ".xlsx", ".md", ".jsonl")

    def __init__(
        self,
        paths: Sequence[str],
        fields: Sequence[Field],
        session: bridge.SessionBridge,
        options: Options,
    ) -> None:
        super().__init__("grid", "each")
        self._paths = list(paths)
        self._options = options
        self._session = session
        self._jobs = bridge.DocumentJobs(session, self.post_message)
        self._asked: list[tuple[AnswerJob, int]] = []  # each with its first column
        self._fields: list[Field] = []
        self._items: list[BatchItem] = []
        self._answers: dict[tuple[int, int], Answer] = {}
        self._errors: dict[int, str] = {}
        self._rows: list[int] = []  # those listed, in order
        self._words = ""  # that they have
        self._sorted_by = 0
        self._title = Static("looking for documents …", id="title", markup=False)
        self._table = DataTable[Text](id="grid", cursor_type="cell", fixed_columns=1)
        self._status = Static("", id="library-status", markup=False)
        if fields:
            self._add_columns(FieldsJob(options, fields), fields)

    def compose(self) -> Iterator[Widget]:
        yield self._title
        yield self._table
        yield self._status
        yield self.prompt
        yield Footer(compact=True, show_command_palette=False)

    def on_screen_resume(self) -> None:
        self.set_focus(self._table)

    def on_unmount(self) -> None:
        self._jobs.leave()

    # What is asked

    def _add_columns(self, job: AnswerJob, fields: Sequence[Field]) -> None:
        self._asked.append((job, len(self._fields)))
        self._fields += fields
        self._jobs.work_through(partial(self._answer_documents, *self._asked[-1]))

    def _answer_documents(self, job: AnswerJob, first: int) -> Generator[Message, None, None]:
        """In the thread of the bridge, whose model is shared."""
        self._items = self._items or list_items(self._paths).items
        yield RowAnswered()
        job.model = self._session.model
        for row, item in enumerate(self._items):
            record = job.kept_record(item)
            if record is None and not item.failure:
                outcome = attempt(job, item, lambda event: None)
            else:
                outcome = Outcome(record, item.failure)
            yield RowAnswered(row, first, outcome)
            self._session.model = job.model

    def on_row_answered(self, message: RowAnswered) -> None:
        if message.row is None:
            self._show_rows()
            return
        item = self._items[message.row]
        outcome = message.outcome
        if outcome.record:
            self._errors.pop(message.row, None)
            for number, answer in enumerate(answers_of(outcome.record, item.shown_path)):
                self._answers[message.row, message.first + number] = answer
        elif outcome.failure:
            self._errors[message.row] = outcome.failure.message(item.shown_path)
        else:
            self._errors[message.row] = outcome.fatal or "it ended without an answer"
        for column in self._columns if message.row in self._rows else ():
            text = self._cell_text(message.row, column)
            self._table.update_cell(str(message.row), str(column + 1), text)
        self._show_progress()

    def on_job_ended(self, message: bridge.JobEnded) -> None:
        self._show_progress(message.reason or message.outcome)
        self.app.say_elsewhere("the table is done")  # type: ignore[attr-defined]

    def _show_progress(self, doing: str = "asking") -> None:
        done = sum(
            row in self._errors or all((row, each) in self._answers for each in self._columns)
            for row in range(len(self._items))
        )
        count = count_text(len(self._items), "document")
        self._title.update(printable(f"{done} of {count} answered · {doing}"))

    async def line_entered(self, mode: str, text: str) -> None:
        if mode == "export":
            self.export(text)
            return
        if mode == "each" and text:
            job = AnswerJob(self._options, [text])
            self._add_columns(job, [Field(text, text)])
        elif mode == "each":
            self.on_data_table_cell_selected()
        self.prompt.reset()
        self.set_focus(self._table)

    def action_read(self) -> None:
        """Ask again what failed or was stopped; what was answered is stored."""
        if not self._jobs.busy:
            self._errors.clear()
            for asked in self._asked:
                self._jobs.work_through(partial(self._answer_documents, *asked))

    def action_stop_job(self) -> None:
        """One step out: of what the prompt asks for, of the words looked for, of the work."""
        if self.prompt.leave():
            self.set_focus(self._table)
        elif self._words:
            self._show_rows_with("")
        elif self._jobs.busy:
            self._jobs.stop()
            self._show_progress("stops after this document")

    # The table

    @property
    def _columns(self) -> range:
        return range(len(self._fields))

    def prompt_changed(self, mode: str, text: str) -> None:
        if mode == "find":
            self._show_rows_with(text)

    def prompt_moved(self, mode: str, key: str) -> None:
        press(self._table, key)

    def action_sort(self) -> None:
        self._sorted_by = self._table.cursor_column
        self._show_rows()

    def _show_rows_with(self, words: str) -> None:
        self._words = words
        self._show_rows()

    def _show_rows(self) -> None:
        """The rows that have the words, in order of the column sorted by."""
        at = self._table.cursor_coordinate
        words = self._words.casefold()
        self._rows = [row for row in range(len(self._items)) if words in self._text_of(row)]
        self._rows.sort(key=self._sort_key)
        self._table.clear(columns=True)
        for number, name in enumerate(["Document", *(each.name for each in self._fields)]):
            self._table.add_column(_one_line(name), width=_CELLS, key=str(number))
        for row in self._rows:
            cells = [self._cell_text(row, each) for each in self._columns]
            self._table.add_row(_one_line(self._items[row].path), *cells, key=str(row))
        self._table.cursor_coordinate = at
        self._show_progress()

    def _text_of(self, row: int) -> str:
        cells = [self._cell(row, each) for each in self._columns]
        answers = [cell.answer or "" for cell in cells if cell]
        return "\n".join([self._items[row].path, *answers]).casefold()

    def _sort_key(self, row: int) -> tuple[bool, str]:
        if self._sorted_by == 0:
            return False, self._items[row].path.casefold()
        cell = self._cell(row, self._sorted_by - 1)
        words = cell and (cell.normalised or cell.answer)
        return words is None, (words or "").casefold()

    def _cell(self, row: int, column: int) -> AnswerCell | None:
        answer = self._answers.get((row, column))
        return None if not answer else cell_of(answer, self._fields[column])

    def _cell_text(self, row: int, column: int) -> Text:
        cell = self._cell(row, column)
        if not cell:
            return _one_line(f"✗ {self._errors[row]}" if row in self._errors else "…")
        chance = "" if cell.status is Status.NOT_FOUND else f" {cell.confidence:.0%}"
        words = cell.answer or place_of(cell)
        return _one_line(f"{_MARKS.get(cell.status, '✗')}{chance} {words}")

    @property
    def _cursor(self) -> tuple[int, int] | None:
        """(the document, the column of its answer, -1 for its name); None without rows."""
        row, column = self._table.cursor_coordinate
        return (self._rows[row], column - 1) if row < len(self._rows) else None

    def on_data_table_cell_highlighted(self) -> None:
        """Show the whole cell at the foot."""
        if self._cursor:
            row, column = self._cursor
            cell = self._cell(row, column)
            said = self._errors.get(row, "")
            if cell:
                quoted = f"“{cell.quote}” {place_of(cell)}" if cell.quote else place_of(cell)
                said = f"{self._fields[column].question} {cell.answer or cell.status} {quoted}"
            self._status.update(printable(f"{self._items[row].path}  {said}"))

    def on_data_table_cell_selected(self) -> None:
        """Open the document, at the first cite of the answer; Alt+Left comes back."""
        if self._cursor:
            row, column = self._cursor
            path = self._items[row].shown_path
            past = None
            if answer := self._answers.get((row, column)):
                turn = StoredTurn(self._fields[column].question, time.time(), answer)
                past = PastQuestion(path, turn, at_cite=True)
            self.app.open_document(path, past)  # type: ignore[attr-defined]

    # Leaving

    def action_export(self) -> None:
        self.begin_export(unused_file_name("answers", "docqa.csv"))

    def write_export(self, path: str) -> None:
        missing = AnswerCell(Status.ERROR)
        rows = []
        for row, item in enumerate(self._items):
            cells = tuple(self._cell(row, each) or missing for each in self._columns)
            rows.append(FileRow(printable(item.shown_path), cells, self._errors.get(row)))
        form = PurePath(path).suffix.lower().lstrip(".")
        write_new(path, table_as_file(make_table(self._fields, rows), form))


def _one_line(words: str) -> Text:
    return Text(printable(words), no_wrap=True, overflow="ellipsis")
