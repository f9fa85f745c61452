"""Recent documents above, recent questions below, both narrowed by words; Enter opens either."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Input, Static

from docqa.app.answer.grades import Status
from docqa.app.output.render import printable
from docqa.app.tui import keymap
from docqa.app.tui.background import run_in_thread
from docqa.app.tui.library.recents import (
    PastQuestion,
    RecentDocument,
    ago,
    counted,
    past_questions,
    recent_documents,
    short_path,
)
from docqa.app.tui.library.table import RowTable

if TYPE_CHECKING:
    from docqa.app.storage.store import Store

_USED_CELLS = 12
_KEPT_CELLS = 20
_STATUS_CELLS = 10
_PADDING = 8


@dataclass
class RecentListed(Message):
    """What is kept, narrowed by `words`, or why nothing can be listed (`problem`)."""

    words: str
    documents: list[RecentDocument]
    questions: list[PastQuestion]
    problem: str = ""


class RecentScreen(Screen[None]):
    """Lists what `store` keeps; posts `Chosen` for the document to open."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.RECENT)

    @dataclass
    class Chosen(Message):
        """The reader opens the document at `path`, at the question `past` where one is given."""

        path: str
        past: PastQuestion | None

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._listed = RecentListed("", [], [])
        self._documents, self._questions = RowTable(id="recent"), RowTable(id="asked")
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

    def on_data_table_row_selected(self, event: RowTable.RowSelected) -> None:
        event.stop()
        past = self._listed.questions[event.cursor_row] if event.data_table is self._questions else None
        path = self._listed.documents[event.cursor_row].path if past is None else past.path
        if RecentDocument(path, 0.0, "").there:
            self.post_message(self.Chosen(path, past))
        else:
            self.notify(f"{printable(path)} does not exist any more", severity="warning", markup=False)

    # Parts

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
