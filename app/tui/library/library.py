"""What to open: the documents of a folder or an archive, those that were read elsewhere, and past
questions.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding
from textual.containers import Horizontal
from textual.fuzzy import Matcher
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Static

from docqa.app.answer.grades import Status
from docqa.app.batch.items import containing_file
from docqa.app.output.progress import size_text
from docqa.app.output.render import printable
from docqa.app.storage.store import Store
from docqa.app.tui import keymap
from docqa.app.tui.bridge import SUMMARIZE, run_in_thread
from docqa.app.tui.screens.choice_screen import has_words
from docqa.app.tui.screens.prompt_screen import PromptScreen
from docqa.app.tui.widgets.prompt import press
from docqa.ingest.errors import MissingError, NoDocuments

from .opener import list_documents
from .preview import (
    FilePreview,
    forget_document,
    preview_of,
    preview_of_question,
    remembered_problems,
)
from .recents import (
    LibraryRow,
    PastQuestion,
    count_text,
    past_questions,
    recent_documents,
    short_path,
    time_ago,
)

# cells of the columns but the name
_SIZE_CELLS = 10
_DATE_CELLS = 12
_STATE_CELLS = 20
_PADDING = 8
_LEAST_NAME_CELLS = 12
_DATE_FROM = 60  # columns of a screen with room for the date
_PREVIEW_FROM = 110  # and for the preview
_LISTED_OF_FIVE = 3  # parts of its width that the list has then, as in docqa.tcss
_REST_S = 0.4  # how long the cursor rests before its document is previewed
_GONE = "file not found"
ORDERS: dict[str, Callable[[LibraryRow], tuple[object, ...]]] = {
    "name": lambda row: (row.name.casefold(),),
    "date": lambda row: (-row.modified, row.name),
    "size": lambda row: (-row.size, row.name),
    "last use": lambda row: (-row.used, row.name),
}
_NOTHING = (
    "no documents here; /open takes the path of a PDF, DOCX, EPUB, HTML, Markdown, text, e-mail or folder, "
    "Enter opens docqa's manual, to try it"
)


class RowTable(DataTable[Text]):
    BINDINGS = [
        Binding("home", "scroll_top", show=False),
        Binding("end", "scroll_bottom", show=False),
    ]

    def __init__(self, chosen: Callable[[int], None]) -> None:
        super().__init__(id="library", cursor_type="row", zebra_stripes=True)
        self.chosen = chosen

    def action_select_cursor(self) -> None:
        """Enter opens the row at once, not by a message: what is typed after it belongs to the
        document.
        """
        if self.row_count:
            self.chosen(self.cursor_row)

    def on_data_table_row_selected(self, event: "RowTable.RowSelected") -> None:
        event.stop()
        self.chosen(event.cursor_row)

    def show_columns(self, columns: Sequence[tuple[str, int, Sequence[str]]]) -> None:
        """Show `columns`: title, width in cells, and the words of each row."""
        cursor = self.cursor_row
        self.clear(columns=True)
        for title, width, _ in columns:
            self.add_column(_cell(title), width=width)
        for row in zip(*(words for *_, words in columns)):
            self.add_row(*map(_cell, row))
        self.move_cursor(row=cursor)


def _cell(words: str) -> Text:
    return Text(words, overflow="ellipsis", no_wrap=True)


class LibraryScreen(PromptScreen):
    """Lists `path` and, where `everywhere`, what was read and asked before, next to a preview of
    the document at the cursor."""

    BINDINGS = keymap.bindings(keymap.LIBRARY)

    def __init__(self, path: str, store: Store | None, *, everywhere: bool = False) -> None:
        super().__init__("library", "filter")
        self._store = store
        self._set_listed_folder(path, everywhere)
        self._listed_before: list[tuple[str, bool]] = []
        self._rows: list[LibraryRow] = []
        self._problem = ""  # that kept them from being listed
        self._shown: list[LibraryRow] = []
        self._marked: set[str] = set()
        self._loaded = False
        self._entered = False  # Enter came before there was a list
        self._title = Static("", id="title", markup=False)
        self._table = RowTable(self._choose)
        self._preview = Static("", id="library-preview", markup=False)
        self._previewed: tuple[str, PastQuestion | None] = "", None
        self._rest = self.set_timer(_REST_S, self._load_preview, pause=True)
        self._status = Static("looking for documents …", id="library-status", markup=False)

    def compose(self) -> Iterator[Widget]:
        yield self._title
        with Horizontal(id="library-body"):
            yield self._table
            yield self._preview
        yield self._status
        yield self.prompt
        yield Footer(compact=True, show_command_palette=False)

    # What is listed

    def _set_listed_folder(self, path: str, everywhere: bool) -> None:
        self._path = path
        self._everywhere = everywhere
        self._order = "last use" if everywhere else "name"

    def on_screen_resume(self) -> None:
        self.action_refresh_list()

    def action_refresh_list(self) -> None:
        run_in_thread(
            self,
            self._find_rows,
            lambda listed: self._take_rows(*listed),
            lambda problem: self._take_rows([], [], problem),
        )

    def _find_rows(self) -> tuple[list[LibraryRow], list[str]]:
        """(the rows, what is wrong with the history)."""
        store = self._store
        notices: list[str] = []
        recent = recent_documents(store, notices) if store else []
        known = {row.path: row for row in recent}
        wrong = remembered_problems(store)
        rows = []
        try:
            documents = list_documents(self._path)
        except (NoDocuments, MissingError):
            documents = []
        for row in documents:
            absolute = os.path.abspath(row.path)
            stored = known.pop(absolute, None)
            modified, problem = wrong.get(absolute, (None, ""))
            if stored:
                row = replace(
                    stored, name=row.name, path=row.path, size=row.size, modified=row.modified
                )
            elif modified == row.modified:
                row = replace(row, health=problem)
            rows.append(row)
        if self._everywhere and store:
            for row in known.values():
                folder, name = os.path.split(short_path(row.path))
                rows.append(_row_marked_if_gone(replace(row, name=f"{name}  ·  {folder}")))
            rows += map(_question_row, past_questions(store))
        return rows, notices

    def _take_rows(self, rows: list[LibraryRow], notices: list[str], problem: str = "") -> None:
        self._rows = rows
        self._problem = problem
        self._loaded = True
        self._previewed = "", None
        self._show_rows(self._typed_words)
        if self._entered:
            self._entered = False
            self._enter()
        for notice in notices:
            self._warn(notice)

    def _warn(self, message: str) -> None:
        self.notify(printable(message), severity="warning", markup=False)

    # Keys

    def action_sort(self) -> None:
        names = list(ORDERS)
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self._show_rows(self._typed_words)

    def action_recent(self) -> None:
        if not self._store:
            self.notify("nothing is stored in this run", markup=False)
        else:
            self._set_listed_folder(self._path, not self._everywhere)
            self.action_refresh_list()

    def action_mark(self) -> None:
        if self._current_row:
            self._marked ^= {self._current_row.path}
        row = self._table.cursor_row
        self._show_rows(self._typed_words)
        self._table.move_cursor(row=row + 1)

    def action_ask_together(self, question: str = "") -> None:
        paths = sorted(self._marked) or self._listed_paths
        narrowed = self._marked or len(self._shown) < len(self._rows) or self._everywhere
        together = paths if narrowed else [self._path]
        name = f"{os.path.abspath(self._path)} · {count_text(len(paths), 'document')}"
        if len(paths) == 1:
            name = paths[0]
            together = []
        if paths:
            self.prompt.reset()
            self.app.open_document(name, None, together, question)  # type: ignore[attr-defined]

    def action_grid(self, fields: str = "") -> None:
        """A table of the selected documents, or of all in the list."""
        self.show_grid(sorted(self._marked) or self._listed_paths, fields)

    def action_summarize(self, style: str = "") -> None:
        question = f"{SUMMARIZE} {style}".strip()
        if self._marked or not self._shown:
            self.action_ask_together(question)
        elif self._current_row:
            self._open(self._current_row, question)

    def action_reveal(self) -> None:
        if self._current_row:
            file = containing_file(self._current_row.path) or self._current_row.path
            self._open_path(os.path.dirname(file) or ".")

    def action_forget(self) -> None:
        if self._current_row and self._store:
            self.prompt.enter("forget", short_path(os.path.abspath(self._current_row.path)))
            self._status.update(
                "Enter deletes its text, questions and answers here; the file stays. Esc keeps all"
            )

    def _forget(self, path: str) -> None:
        store = self._store
        absolute = os.path.abspath(os.path.expanduser(path))
        listed = {os.path.abspath(row.path) for row in self._rows}
        if not store or absolute not in listed:
            self._warn(f"{path} is not in the list")
            return
        self.prompt.reset()
        show = partial(self._show_forgotten, absolute)
        run_in_thread(self, lambda: forget_document(store, absolute), show, show)

    def _show_forgotten(self, path: str, result: str) -> None:
        self.notify(f"{printable(path)}: {result}", markup=False)
        self.action_refresh_list()

    def action_clear(self) -> None:
        """One step out: of what is typed, of a selection, of a folder that was gone to."""
        if self.prompt.leave():
            pass
        elif self._marked:
            self._marked.clear()
        elif self._listed_before:
            self._set_listed_folder(*self._listed_before.pop())
            self.action_refresh_list()
        self._show_rows("")
        self.set_focus(self.line)

    def prompt_moved(self, mode: str, key: str) -> None:
        press(self._table, key)

    async def line_entered(self, mode: str, text: str) -> None:
        """Open the row, of those that have the words by now; or the path."""
        if mode == "path":
            self._open_path(os.path.expanduser(text))
        elif mode == "forget":
            self._forget(text)
        elif mode == "extract":
            self.action_grid(text)
        elif self._loaded and not text and not self._rows:
            self._open_path(str(files("docqa.app") / "manual"))
        else:
            self._show_rows(text)
            self._entered = not self._loaded
            self._enter()

    def _enter(self) -> None:
        """Open the row, or ask words that no name has of all documents, or of those selected."""
        if self._shown or not self._typed_words:
            self._table.action_select_cursor()
        elif self._loaded and not self.offers(self._typed_words):
            self.action_ask_together(self._typed_words)

    async def run_command(self, command: keymap.Key, argument: str) -> None:
        if command.name == "ask_together":
            self.action_ask_together(argument)
        elif command.name == "summarize":
            self.action_summarize(argument)
        else:
            await super().run_command(command, argument)

    def prompt_changed(self, mode: str, text: str) -> None:
        if mode == "filter":
            self._show_rows(text)

    # Opening

    def _open_path(self, path: str) -> None:
        if not os.path.exists(path):
            self._warn(f"{path} does not exist")
        elif os.path.isdir(path):
            self._listed_before.append((self._path, self._everywhere))
            self._set_listed_folder(path, everywhere=False)
            self.prompt.close()
            self.action_refresh_list()
        else:
            self._open(LibraryRow("", path))

    def _choose(self, row: int) -> None:
        if self._marked and not self._typed_words:
            self.action_ask_together()
        else:
            self._open(self._shown[row])

    def _open(self, row: LibraryRow, question: str = "") -> None:
        """Now: a message would let the keys after Enter run commands of the list."""
        if row.kept == _GONE:
            self._warn(f"{row.path} does not exist any more")
        else:
            self.prompt.reset()
            self.app.open_document(row.path, row.past, (), question)  # type: ignore[attr-defined]

    # The preview

    def on_data_table_row_highlighted(self, event: RowTable.RowHighlighted) -> None:
        self._rest.stop()
        self._rest = self.set_timer(_REST_S, self._load_preview)

    def _load_preview(self) -> None:
        row = self._current_row
        if not row or (row.path, row.past) == self._previewed:
            return
        self._previewed = row.path, row.past
        if row.past:
            self._preview.update(preview_of_question(row.past.turn))
            return
        if row.kept == _GONE:
            self._preview.update(f"{_GONE}: {printable(row.path)}")
            return
        self._preview.update("…")
        make = partial(preview_of, row.path, row.kept, self.app.opener, self._store)  # type: ignore[attr-defined]
        show = partial(self._show_preview, row.path)
        run_in_thread(self, make, show, lambda why: show(FilePreview(Text(why, "bold"))))

    def _show_preview(self, path: str, made: FilePreview) -> None:
        if self._previewed == (path, None):
            self._preview.update(made.text)
            if not self._is_wide:
                self._status.update(made.line)
        for number, row in enumerate(self._rows):
            if row.path == path and row.health != made.health:
                self._rows[number] = replace(row, health=made.health)
                self._show_rows(self._typed_words)

    # What is shown of the list

    @property
    def _current_row(self) -> LibraryRow | None:
        number = self._table.cursor_row
        return self._shown[number] if 0 <= number < len(self._shown) else None

    @property
    def _listed_paths(self) -> list[str]:
        """Of all rows where none is shown."""
        rows = self._shown or self._rows
        return [row.path for row in rows if not row.past and row.kept != _GONE]

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= _PREVIEW_FROM

    @property
    def _typed_words(self) -> str:
        if self.prompt.commanding or self.prompt.mode != "filter":
            return ""
        return self.prompt.line.value.strip()

    def _show_rows(self, words: str) -> None:
        """The rows that have the letters of `words`, best first, else documents and then
        questions.
        """
        before = self._current_row
        documents = [row for row in self._rows if not row.past]
        questions = [row for row in self._rows if row.past]
        rows = sorted(documents, key=ORDERS[self._order]) + questions
        if words:
            match = Matcher(words).match
            rows = [row for row in rows if match(row.shown) > 0 or _answer_has(row, words)]
            rows.sort(key=lambda row: -match(row.shown))
        self._shown = rows
        self.on_resize()
        cursor = 0
        for number, row in enumerate(rows):
            same = before and (row.path, row.past) == (before.path, before.past)
            if same and not words:
                cursor = number
                break
        self._table.move_cursor(row=cursor)
        self._status.update(self._problem or self._document_count_text() or _NOTHING)
        where = printable(os.path.abspath(self._path))
        before_this = "What you read and asked before, and " if self._everywhere else ""
        self._title.update(f"{before_this}{where}")

    def _document_count_text(self) -> str:
        """The line below the list; empty without one."""
        if not self._rows:
            return ""
        if not self._shown:
            count = count_text(len(self._marked or self._listed_paths), "document")
            return f"no name has these words; Enter asks them of {count}"
        documents = sum(row.past is None for row in self._shown)
        parts = [count_text(documents, "document")]
        if self._everywhere:
            parts.append(count_text(len(self._shown) - documents, "question"))
        parts.append(f"by {self._order}")
        if self._marked:
            parts.append(f"{len(self._marked)} of {documents} selected")
        parts.append("Enter opens")
        at_work = getattr(self.app, "at_work", ())
        return " · ".join([*parts, *(f"questions go on in {name}" for name in at_work)])

    def on_resize(self) -> None:
        """Fill the table: columns that have words, and the name in what is left of the width."""
        rows = self._shown
        self._preview.display = wide = self._is_wide
        width = self.size.width * _LISTED_OF_FIVE // 5 if wide else self.size.width
        by_use = self._order == "last use"
        used = [row.used if by_use or row.past else row.modified for row in rows]
        states = [", ".join(filter(None, (row.health, row.kept))) for row in rows]
        sized = any(row.size for row in rows) and (self._order == "size" or not wide)
        columns = [
            (
                "Last used" if by_use else "Changed",
                _DATE_CELLS * (width >= _DATE_FROM),
                [time_ago(time) if time else "" for time in used],
            ),
            (
                f"{'Size':>{_SIZE_CELLS}}",
                _SIZE_CELLS * sized,
                [f"{size_text(row.size) if row.size else '':>{_SIZE_CELLS}}" for row in rows],
            ),
            ("State", _STATE_CELLS * any(states), states),
        ]
        names = []
        for row in rows:
            mark = "✓ " if row.path in self._marked and not row.past else ""
            names.append(mark + row.shown)
        others = sum(cells for _, cells, _ in columns) + _PADDING + 2 * (width >= _DATE_FROM)
        room = max(width - others, _LEAST_NAME_CELLS)
        name_cells = min(max(map(cell_len, ("Document", *names))), room)
        shown = [column for column in columns if column[1]]
        self._table.show_columns([("Document", name_cells, names), *shown])


def _answer_has(row: LibraryRow, words: str) -> bool:
    answer = row.past.turn.answer if row.past else None
    return answer is not None and has_words(answer.answer or "", words)


def _row_marked_if_gone(row: LibraryRow) -> LibraryRow:
    return row if row.there else replace(row, kept=_GONE)


def _question_row(past: PastQuestion) -> LibraryRow:
    status = {Status.NOT_FOUND: "not found", "done": "answered"}.get(
        past.turn.status, past.turn.status
    )
    name = f"? {past.turn.question}  ·  {os.path.basename(past.path)}"
    return _row_marked_if_gone(
        LibraryRow(name, past.path, used=past.turn.asked, kept=status, past=past)
    )
