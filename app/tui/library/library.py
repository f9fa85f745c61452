"""What to open: the documents of a folder or an archive, and what was read and asked before; Enter opens a row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Input, Static

from docqa.app.answer.grades import Status
from docqa.app.output.progress import size
from docqa.app.output.render import printable
from docqa.app.tui import keymap
from docqa.app.tui.bridge import run_in_thread
from docqa.app.tui.library.opener import LibraryDocument, find
from docqa.app.tui.library.recents import (
    PastQuestion,
    RecentDocument,
    ago,
    counted,
    past_questions,
    recent_documents,
    short_path,
)

if TYPE_CHECKING:
    from docqa.app.storage.store import Store

_SIZE_CELLS, _KEPT_CELLS = 10, 20
_USED_CELLS = 12
_STATUS_CELLS = 10
_PADDING = 8
Cell = str | Text


class RowTable(DataTable[Text]):
    """A table of rows to choose from with Enter, under columns of our own width."""

    def __init__(self, chosen: Callable[[RowTable, int], None], *, id: str) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True)
        self.chosen = chosen

    def action_select_cursor(self) -> None:
        """Enter opens the row at once, not by a message: what is typed behind it belongs to the document."""
        if self.row_count:
            self.chosen(self, self.cursor_row)

    def on_data_table_row_selected(self, event: RowTable.RowSelected) -> None:
        event.stop()
        self.chosen(self, event.cursor_row)

    def fill(self, columns: Sequence[tuple[Cell, int]], rows: Sequence[Sequence[Cell]]) -> None:
        """Show `rows` under `columns` (title, cells); the cursor stays on its row.

        The widths are given because a table measures its cells only after they are drawn.
        """
        at = self.cursor_row
        self.clear(columns=True)
        for title, width in columns:
            self.add_column(title, width=width)
        for row in rows:
            cells = (Text(cell, overflow="ellipsis", no_wrap=True) if isinstance(cell, str) else cell for cell in row)
            self.add_row(*cells)
        if rows:
            self.move_cursor(row=min(max(at, 0), len(rows) - 1))


def _right(words: str) -> Text:
    return Text(words, justify="right", no_wrap=True)


def _open(screen: Screen[None], path: str, past: PastQuestion | None = None) -> None:
    """Open what was chosen, now: a message would let the keys behind Enter run commands of the list."""
    screen.app.open_document(path, past)  # type: ignore[attr-defined]


@dataclass
class LibraryListed(Message):
    """The documents, and what is kept of each by its path; or the `problem` that kept them from being listed."""

    documents: list[LibraryDocument]
    kept: dict[str, str]
    notices: list[str]
    problem: str = ""


class LibraryScreen(Screen[None]):
    """Lists `path`; names come from the folder alone, nothing is parsed."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.LIBRARY)

    def __init__(self, path: str, store: Store | None) -> None:
        super().__init__()
        self._path = path
        self._store = store
        self._listed = LibraryListed([], {}, [])
        self._table = RowTable(self._choose, id="library")
        self._status = Static("looking for documents …", id="library-status", markup=False)

    def compose(self) -> Iterator[Widget]:
        yield Static(printable(os.path.abspath(self._path)), id="title", markup=False)
        yield self._table
        yield self._status
        yield Footer(compact=True, show_command_palette=False)

    def on_screen_resume(self) -> None:
        """Look again whenever the screen comes back: a document may have been read meanwhile."""
        self.action_refresh_list()

    def action_refresh_list(self) -> None:
        run_in_thread(self, self._look, lambda problem: LibraryListed([], {}, [], problem))

    def action_recent(self) -> None:
        """Recent documents and questions, of this folder or another."""
        if self._store is None:
            self.notify("with --no-store nothing is kept", markup=False)
        else:
            self.app.push_screen(RecentScreen(self._store))

    def on_library_listed(self, message: LibraryListed) -> None:
        """Fill the table; the cursor stays on its document."""
        chosen = self._listed.documents[self._table.cursor_row].path if self._listed.documents else ""
        self._listed = message
        self._fill()
        paths = [document.path for document in message.documents]
        if chosen in paths:
            self._table.move_cursor(row=paths.index(chosen))
        going_on = [f"questions go on in {name}" for name in getattr(self.app, "at_work", ())]
        listed = " · ".join([counted(len(paths), "document"), "Enter opens", *going_on])
        self._status.update(message.problem or listed)
        for notice in message.notices:
            self.notify(printable(notice), severity="warning", markup=False)
        self._table.focus()

    def _choose(self, _: RowTable, row: int) -> None:
        _open(self, self._listed.documents[row].path)

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        """A row a document: its name, its size, and what is kept of it."""
        rows = [
            (printable(document.name), _right(size(document.size)), self._listed.kept.get(document.path, ""))
            for document in self._listed.documents
        ]
        longest = max((cell_len(name) for name, _, _ in rows), default=0)
        name_cells = min(max(longest, len("Document")), self.size.width - _SIZE_CELLS - _KEPT_CELLS - _PADDING)
        self._table.fill((("Document", name_cells), (_right("Size"), _SIZE_CELLS), ("Kept", _KEPT_CELLS)), rows)

    def _look(self) -> LibraryListed:
        """In a thread: a folder may be large, or on a disk that sleeps."""
        notices: list[str] = []
        recent = recent_documents(self._store, notices) if self._store is not None else []
        by_path = {document.path: document.kept for document in recent}
        listed = find(self._path)
        kept = {each.path: by_path[path] for each in listed if (path := os.path.abspath(each.path)) in by_path}
        return LibraryListed(listed, kept, notices)


@dataclass
class RecentListed(Message):
    """What is kept, narrowed by `words`, or why nothing can be listed (`problem`)."""

    words: str
    documents: list[RecentDocument]
    questions: list[PastQuestion]
    problem: str = ""


class RecentScreen(Screen[None]):
    """Recent documents above, recent questions below, both of `store` and narrowed by words."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.RECENT)

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._listed = RecentListed("", [], [])
        self._documents, self._questions = RowTable(self._choose, id="recent"), RowTable(self._choose, id="asked")
        self._words = Input(placeholder="words to look for; Enter goes to the documents", id="words", compact=True)
        self._status = Static("looking …", id="library-status", markup=False)

    def compose(self) -> Iterator[Widget]:
        yield Static("Recent documents", id="title", markup=False)
        yield self._documents
        yield Static("Recent questions (Tab goes there)", id="recent-heading", markup=False)
        yield self._questions
        yield self._words
        yield self._status
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._words.display = False
        self._documents.focus()

    def on_screen_resume(self) -> None:
        """Look again whenever the screen comes back: a document may have been read meanwhile."""
        self.action_refresh_list()

    def action_refresh_list(self) -> None:
        words = self._words.value.strip()
        run_in_thread(self, lambda: self._look(words), lambda problem: RecentListed(words, [], [], problem))

    def action_find(self) -> None:
        self._words.display = True
        self.set_focus(self._words)

    def action_clear(self) -> None:
        """Show all again, and hide the line of words."""
        self._words.value = ""
        self._words.display = False
        self._documents.focus()

    def action_library(self) -> None:
        self.app.pop_screen()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.action_refresh_list()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        (self._documents if self._listed.documents else self._questions).focus()

    def on_recent_listed(self, message: RecentListed) -> None:
        """Fill both tables; an answer to words that have changed since is dropped."""
        if message.words != self._words.value.strip():
            return
        self._listed = message
        self.on_resize()
        found = f"{counted(len(message.documents), 'document')}, {counted(len(message.questions), 'question')}"
        self._status.update(message.problem or f"{found} · Enter opens")

    def on_resize(self) -> None:
        self._fill_documents()
        self._fill_questions()

    def _choose(self, table: RowTable, row: int) -> None:
        past = self._listed.questions[row] if table is self._questions else None
        path = self._listed.documents[row].path if past is None else past.path
        if RecentDocument(path, 0.0, "").there:
            _open(self, path, past)
        else:
            self.notify(f"{printable(path)} does not exist any more", severity="warning", markup=False)

    def _fill_documents(self) -> None:
        room = max(self.size.width - _USED_CELLS - _KEPT_CELLS - _PADDING, 20)
        rows = []
        for document in self._listed.documents:
            kept = document.kept if document.there else "file not found"
            folder, name = os.path.split(short_path(document.path))
            rows.append((printable(f"{name}  ·  {folder}"), ago(document.used), kept))
        self._documents.fill((("Document", room), ("Last used", _USED_CELLS), ("Kept", _KEPT_CELLS)), rows)

    def _fill_questions(self) -> None:
        narrow = self.size.width < 80  # no room for when it was
        name = min(24, self.size.width // 4)
        room = max(self.size.width - name - (not narrow) * _USED_CELLS - _STATUS_CELLS - _PADDING - 2, 20)
        rows = []
        for past in self._listed.questions:
            file = printable(past.path.rsplit("/", 1)[-1])
            status = {Status.NOT_FOUND: "not found", "done": "answered"}.get(past.turn.status, past.turn.status)
            when = () if narrow else (ago(past.turn.asked),)
            rows.append((printable(past.turn.question), file, *when, status))
        asked_at = () if narrow else (("Asked", _USED_CELLS),)
        self._questions.fill((("Question", room), ("Document", name), *asked_at, ("Answer", _STATUS_CELLS)), rows)

    def _look(self, words: str) -> RecentListed:
        """In a thread: the folder of what is kept may be large, or on a disk that sleeps."""
        documents = [one for one in recent_documents(self._store) if words.casefold() in one.path.casefold()]
        return RecentListed(words, documents, past_questions(self._store, words))
