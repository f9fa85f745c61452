"""The documents of a folder or an archive, by name: what can be opened, and what is kept of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from docqa.app.output.progress import size
from docqa.app.output.render import printable
from docqa.app.tui import keymap
from docqa.app.tui.background import run_in_thread
from docqa.app.tui.library.opener import LibraryDocument, find
from docqa.app.tui.library.recents import counted, recent_documents
from docqa.app.tui.library.table import RowTable

if TYPE_CHECKING:
    from docqa.app.storage.store import Store

_SIZE_CELLS = 10
_KEPT_CELLS = 26


@dataclass
class LibraryListed(Message):
    """The documents, and what is kept of each, by absolute path; or the `problem` that kept them from being listed."""

    documents: list[LibraryDocument]
    kept: dict[str, str]
    notices: list[str]
    problem: str = ""


class LibraryScreen(Screen[None]):
    """Lists `path`; names come from the folder alone, nothing is parsed. Posts `Chosen` for the document to open."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.LIBRARY)

    @dataclass
    class Chosen(Message):
        """The reader opens the document at `path`."""

        path: str

    def __init__(self, path: str, store: Store | None) -> None:
        super().__init__()
        self._path = path
        self._store = store
        self._documents: list[LibraryDocument] = []
        self._table = RowTable(id="library")
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
        from docqa.app.tui.library.recent_screen import RecentScreen

        if self._store is None:
            self.notify("with --no-store nothing is kept", markup=False)
        else:
            self.app.push_screen(RecentScreen(self._store))

    def on_library_listed(self, message: LibraryListed) -> None:
        """Fill the table; the cursor stays on its document."""
        chosen = self._documents[self._table.cursor_row].path if self._documents else ""
        self._documents = message.documents
        self._fill(message.kept)
        paths = [document.path for document in message.documents]
        if chosen in paths:
            self._table.move_cursor(row=paths.index(chosen))
        self._status.update(message.problem or f"{counted(len(paths), 'document')} · Enter opens")
        for notice in message.notices:
            self.notify(printable(notice), severity="warning", markup=False)
        self._table.focus()

    def on_data_table_row_selected(self, event: RowTable.RowSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._documents[event.cursor_row].path))

    def _fill(self, kept: dict[str, str]) -> None:
        longest = max((cell_len(printable(document.name)) for document in self._documents), default=0)
        room = max(self.size.width - _SIZE_CELLS - _KEPT_CELLS - 8, 20)
        name = max(min(longest, room), len("Document"))
        self._table.fill(
            (("Document", name), (Text("Size", justify="right"), _SIZE_CELLS), ("Kept", _KEPT_CELLS)),
            [
                (printable(one.name), Text(size(one.size), justify="right"), kept.get(os.path.abspath(one.path), ""))
                for one in self._documents
            ],
        )

    def _look(self) -> LibraryListed:
        """In a thread: a folder may be large, or on a disk that sleeps."""
        notices: list[str] = []
        recent = recent_documents(self._store, notices) if self._store is not None else []
        return LibraryListed(find(self._path), {document.path: document.kept for document in recent}, notices)
