"""What was read and asked before: documents above, questions below, both narrowed by words; Enter opens either."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Input, Static

from docqa.app.output.render import printable
from docqa.app.tui import keymap
from docqa.app.tui.held import settings
from docqa.app.tui.library.recents import PastQuestion, Recent, ago, past_questions, recent_documents, short_path
from docqa.app.tui.problems import problem

if TYPE_CHECKING:
    from docqa.app.storage.store import Store

_USED_CELLS = 12
_KEPT_CELLS = 20
_STATUS_CELLS = 10
_PADDING = 8
_MARKS = {"answered": "answered", "partial": "partial", "not_found": "not found", "done": "answered"}


class Found(Message):
    """What is kept, narrowed by `words`, or why nothing can be listed (`problem`)."""

    def __init__(self, words: str, recent: list[Recent], asked: list[PastQuestion], problem: str = "") -> None:
        super().__init__()
        self.words = words
        self.recent = recent
        self.asked = asked
        self.problem = problem


class RecentScreen(Screen[None]):
    """Lists what `store` keeps; posts `Chosen` for the document to open."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.RECENT)

    class Chosen(Message):
        """The reader opens the document at `path`, at the question `asked` where one is given."""

        def __init__(self, path: str, asked: PastQuestion | None) -> None:
            super().__init__()
            self.path = path
            self.asked = asked

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._recent: list[Recent] = []
        self._asked: list[PastQuestion] = []
        self._words = ""

    def compose(self) -> Iterator[Widget]:
        yield Static("Read and asked before", id="title", markup=False)
        yield DataTable(id="recent", cursor_type="row", zebra_stripes=True)
        yield Static("Questions (Tab goes there)", id="recent-heading", markup=False)
        yield DataTable(id="asked", cursor_type="row", zebra_stripes=True)
        yield Input(placeholder="words; Enter goes to the documents", id="words", compact=True)
        yield Static("looking …", id="library-status", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#words").display = False
        self.query_one("#recent").focus()

    def on_screen_resume(self) -> None:
        """Look again whenever the screen comes back: a document may have been read meanwhile."""
        self.action_refresh_list()

    def action_refresh_list(self) -> None:
        threading.Thread(target=self._look, args=(self._words,), name="docqa recent", daemon=True).start()

    def action_help(self) -> None:
        from docqa.app.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen(settings(self).held(keymap.RECENT), marks=False))

    def action_find(self) -> None:
        line = self.query_one("#words", Input)
        line.display = True
        self.set_focus(line)

    def action_clear(self) -> None:
        """Show all again, and give the line up."""
        line = self.query_one("#words", Input)
        line.value = ""
        line.display = False
        self.query_one("#recent").focus()

    def action_library(self) -> None:
        self.app.pop_screen()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._words = event.value.strip()
        self.action_refresh_list()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#recent" if self._recent else "#asked").focus()

    def on_found(self, message: Found) -> None:
        """Fill both tables; an answer to words that have changed since is dropped."""
        if message.words != self._words:
            return
        self._recent, self._asked = message.recent, message.asked
        self._fill_recent()
        self._fill_asked()
        count, questions = len(self._recent), len(self._asked)
        said = f"{count:,} document{'s' * (count != 1)}, {questions:,} question{'s' * (questions != 1)} · Enter opens"
        self.query_one("#library-status", Static).update(message.problem or said)

    def on_resize(self) -> None:
        self._fill_recent()
        self._fill_asked()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        asked = self._asked[event.cursor_row] if event.data_table.id == "asked" else None
        path = self._recent[event.cursor_row].path if asked is None else asked.path
        if Recent(path, 0.0, "").there:
            self.post_message(self.Chosen(path, asked))
        else:
            self.notify(f"{printable(path)} is not there any more", severity="warning", markup=False)

    # Parts

    def _fill_recent(self) -> None:
        room = max(self.size.width - _USED_CELLS - _KEPT_CELLS - _PADDING, 20)
        rows = []
        for recent in self._recent:
            kept = recent.kept if recent.there else "not there any more"
            folder, name = os.path.split(short_path(recent.path))
            rows.append((printable(f"{name}  ·  {folder}"), ago(recent.used), kept))
        self._fill("recent", (("Document", room), ("Last used", _USED_CELLS), ("Kept", _KEPT_CELLS)), rows)

    def _fill_asked(self) -> None:
        narrow = self.size.width < 80  # no room for when it was
        name = min(24, self.size.width // 4)
        room = max(self.size.width - name - (not narrow) * _USED_CELLS - _STATUS_CELLS - _PADDING - 2, 20)
        rows = []
        for asked in self._asked:
            file = printable(asked.path.rsplit("/", 1)[-1])
            status = _MARKS.get(asked.turn.status, asked.turn.status)
            when = () if narrow else (ago(asked.turn.asked),)
            rows.append((printable(asked.turn.question), file, *when, status))
        asked_at = () if narrow else (("Asked", _USED_CELLS),)
        columns = (("Question", room), ("Document", name), *asked_at, ("Answer", _STATUS_CELLS))
        self._fill("asked", columns, rows)

    def _fill(self, table_id: str, columns: tuple[tuple[str, int], ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Rows under columns of our own width; the cursor stays on its row."""
        table = self.query_one(f"#{table_id}", DataTable)
        at = table.cursor_row
        table.clear(columns=True)
        for name, width in columns:
            table.add_column(name, width=width)
        for row in rows:
            table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in row))
        if rows:
            table.move_cursor(row=min(max(at, 0), len(rows) - 1))

    def _look(self, words: str) -> None:
        """In a thread: the folder of what is kept may be large, or on a disk that sleeps."""
        try:
            recent = [r for r in recent_documents(self._store) if words.casefold() in r.path.casefold()]
            found = Found(words, recent, past_questions(self._store, words))
        except Exception as error:  # noqa: BLE001 - a bug costs this list, not the session that a person is in
            found = Found(words, [], [], problem(error))
        with contextlib.suppress(RuntimeError):  # the interface is gone, and its event loop with it
            self.post_message(found)
