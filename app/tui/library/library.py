"""The documents of a folder or an archive, by name: what can be opened, and what is kept of it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Static

from docqa.app.output.progress import size
from docqa.app.output.render import printable
from docqa.app.tui import kept_turns, keymap
from docqa.app.tui.held import settings
from docqa.app.tui.library.opener import Found, find
from docqa.app.tui.problems import problem

if TYPE_CHECKING:
    from docqa.app.storage.store import Store


_SIZE_CELLS = 10
_KEPT_CELLS = 26


class Listed(Message):
    """What was found, or why nothing was (`problem`); `notices`: what of the history was damaged."""

    def __init__(
        self, found: list[Found], kept: dict[str, str], problem: str = "", notices: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.notices = notices
        self.found = found
        self.kept = kept
        self.problem = problem


class LibraryScreen(Screen[None]):
    """Lists `path`; names come from the folder alone, nothing is parsed. Posts `Chosen` for the document to open."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.LIBRARY)

    class Chosen(Message):
        """The reader opens the document at `path`."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, path: str, store: Store | None) -> None:
        super().__init__()
        self._path = path
        self._store = store
        self._found: list[Found] = []

    def compose(self) -> Iterator[Widget]:
        yield Static(printable(os.path.abspath(self._path)), id="title", markup=False)
        yield DataTable(id="library", cursor_type="row", zebra_stripes=True)
        yield Static("looking for documents …", id="library-status", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_screen_resume(self) -> None:
        """Look again whenever the screen comes back: a document may have been read meanwhile."""
        self.action_refresh_list()

    def action_refresh_list(self) -> None:
        threading.Thread(target=self._look, name="docqa library", daemon=True).start()

    def action_help(self) -> None:
        from docqa.app.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen(settings(self).held(keymap.LIBRARY), marks=False))

    def action_recent(self) -> None:
        """What was read and asked before, here or elsewhere."""
        from docqa.app.tui.library.recent_screen import RecentScreen

        if self._store is None:
            self.notify("nothing is kept: --no-store", markup=False)
        else:
            self.app.push_screen(RecentScreen(self._store))

    def on_listed(self, message: Listed) -> None:
        """Fill the table; the cursor stays on its document."""
        chosen = self._found[self._table.cursor_row].path if self._found else ""
        self._found = message.found
        self._fill(message.kept)
        table = self._table
        paths = [found.path for found in message.found]
        if chosen in paths:
            table.move_cursor(row=paths.index(chosen))
        count = len(message.found)
        said = message.problem or f"{count:,} document{'s' if count != 1 else ''} · Enter opens"
        self.query_one("#library-status", Static).update(said)
        for notice in message.notices:
            self.notify(printable(notice), severity="warning", markup=False)
        table.focus()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._found[event.cursor_row].path))

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one("#library", DataTable)

    def _fill(self, kept: dict[str, str]) -> None:
        """Rows under columns of our own width: the table would measure its cells only after they are drawn."""
        table = self._table
        table.clear(columns=True)
        longest = max((cell_len(printable(found.name)) for found in self._found), default=0)
        room = max(self.size.width - _SIZE_CELLS - _KEPT_CELLS - 8, 20)
        table.add_column("Document", width=max(min(longest, room), len("Document")))
        table.add_column(Text("Size", justify="right"), width=_SIZE_CELLS)
        table.add_column("Kept", width=_KEPT_CELLS)
        for found in self._found:
            name = Text(printable(found.name), overflow="ellipsis", no_wrap=True)
            said = kept.get(os.path.abspath(found.path), "")
            table.add_row(name, Text(size(found.size), justify="right"), Text(said))

    def _look(self) -> None:
        """In a thread: a folder may be large, or on a disk that sleeps."""
        try:
            notices: list[str] = []
            listed = Listed(find(self._path), kept_by_path(self._store, notices), notices=tuple(notices))
        except Exception as error:  # noqa: BLE001 - a bug costs this list, not the session that a person is in
            listed = Listed([], {}, problem(error))
        with contextlib.suppress(RuntimeError):  # the interface is gone, and its event loop with it
            self.post_message(listed)


def kept_by_path(store: Store | None, notices: list[str] | None = None) -> dict[str, str]:
    """What is kept of each document, in words, by its absolute path: `read, 3 questions`; `notices`: of damage."""
    if store is None:
        return {}
    said: dict[str, list[str]] = {}
    for entry in store.entries():
        details = entry.details
        if entry.kind == "state" and entry.status == "kept" and len(details.get("paths", [])) == 1:
            whole = details.get("position") == details.get("total")
            said.setdefault(details["paths"][0], ["read" if whole else "partly read"])
    for path, count in kept_turns.questions_by_path(store, notices).items():
        words = said.setdefault(path, [])
        words += [f"{count} question{'s' if count != 1 else ''}"] if count else []
    return {path: ", ".join(words) or "opened" for path, words in said.items()}
