"""What to open: the documents of a folder or an archive, those that were read elsewhere, and past
questions.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.fuzzy import Matcher
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Static

from docqa.app.answer.grades import Status
from docqa.app.batch.items import containing_file
from docqa.app.output.progress import size
from docqa.app.output.render import printable
from docqa.app.storage.store import Store
from docqa.app.tui import keymap
from docqa.app.tui.bridge import run_in_thread
from docqa.app.tui.library.opener import find
from docqa.app.tui.library.preview import PROBLEMS, FilePreview, forgotten, preview, problems
from docqa.app.tui.library.recents import (
    LibraryRow,
    PastQuestion,
    ago,
    counted,
    past_questions,
    recent_documents,
    short_path,
)
from docqa.app.tui.screens.prompt_screen import PromptScreen
from docqa.app.tui.widgets.prompt import CURSOR_MOVES
from docqa.ingest.errors import MissingError, NoDocuments

_SIZE_CELLS = 10
_WHEN_CELLS = 12
_KEPT_CELLS = 20
_HEALTH_CELLS = 12
_PADDING = 8
# columns for a preview; seconds that the cursor rests first
_WIDE = 110
_REST_S = 0.4
_GONE = "file not found"
ORDERS: dict[str, Callable[[LibraryRow], tuple[object, ...]]] = {
    "name": lambda each: (each.name.casefold(),),
    "date": lambda each: (-each.modified, each.name),
    "size": lambda each: (-each.size, each.name),
    "last use": lambda each: (-each.used, each.name),
}
_NOTHING = (
    "no documents here; /open takes the path of a PDF, DOCX, EPUB, HTML, Markdown, text, e-mail or folder, "
    "Enter opens docqa's manual, to try it"
)


class RowTable(DataTable[Text]):
    def __init__(self, chosen: Callable[[int], None]) -> None:
        super().__init__(id="library", cursor_type="row", zebra_stripes=True)
        self.chosen = chosen

    def action_select_cursor(self) -> None:
        """Enter opens the row at once, not by a message: what is typed behind it belongs to the
        document.
        """
        if self.row_count:
            self.chosen(self.cursor_row)

    def on_data_table_row_selected(self, event: "RowTable.RowSelected") -> None:
        event.stop()
        self.chosen(event.cursor_row)

    def fill(self, columns: Sequence[tuple[str, int, Sequence[str]]]) -> None:
        """Show `columns`: title, width in cells, and what stands below it in each row. Sizes stand
        at the right.
        """
        at = self.cursor_row
        self.clear(columns=True)
        for title, width, _ in columns:
            self.add_column(_cell(title, title), width=width)
        for row in zip(*(cells for *_, cells in columns)):
            self.add_row(*(_cell(title, cell) for (title, *_), cell in zip(columns, row)))
        self.move_cursor(row=at)


def _cell(title: str, words: str) -> Text:
    return Text(
        words, justify="right" if title == "Size" else None, overflow="ellipsis", no_wrap=True
    )


class LibraryList(NamedTuple):
    """The rows, and what is wrong with the history; or the `problem` that kept them from being
    listed.
    """

    entries: list[LibraryRow]
    notices: Sequence[str] = ()
    problem: str = ""


class LibraryScreen(PromptScreen):
    """Lists `path` and, where `everywhere`, what was read and asked before, beside what the
    document at the cursor is."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.LIBRARY)

    def __init__(self, path: str, store: Store | None, *, everywhere: bool = False) -> None:
        super().__init__("library", "filter")
        self._path = path
        self._store = store
        self._everywhere = everywhere
        self._order = "last use" if everywhere else "name"
        self._listed = LibraryList([])
        self._shown: list[LibraryRow] = []
        self._marked: set[str] = set()
        self._loaded = self._entered = False  # a list is there; Enter came before it
        self._title = Static("", id="title", markup=False)
        self._table = RowTable(self._choose)
        self._preview = Static("", id="library-preview", markup=False)
        self._previewed, self._rest = "", self.set_timer(_REST_S, self._look_at, pause=True)
        self._status = Static("looking for documents …", id="library-status", markup=False)

    def compose(self) -> Iterator[Widget]:
        yield self._title
        with Horizontal(id="library-body"):
            yield self._table
            yield self._preview
        yield self._status
        yield self.prompt
        yield Footer(compact=True, show_command_palette=False)

    def on_screen_resume(self) -> None:
        self.action_refresh_list()

    def action_refresh_list(self) -> None:
        run_in_thread(
            self, self._look, self._take, lambda problem: self._take(LibraryList([], (), problem))
        )

    def action_sort(self) -> None:
        names = list(ORDERS)
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self._show(self._words)

    def action_recent(self) -> None:
        if self._store is None:
            self.notify("nothing is kept in this run", markup=False)
            return
        self._everywhere = not self._everywhere
        self._order = "last use" if self._everywhere else "name"
        self.action_refresh_list()

    def action_mark(self) -> None:
        at = self._table.cursor_row
        self._marked ^= {each.path for each in self._shown[at : at + 1]}
        self._show(self._words)
        self._table.move_cursor(row=at + 1)

    def action_ask_together(self, question: str = "") -> None:
        listed = [each.path for each in self._shown if each.past is None and each.kept != _GONE]
        listed = sorted(self._marked) or listed
        together = listed if self._marked or self._words or self._everywhere else [self._path]
        name = f"{os.path.abspath(self._path)} · {counted(len(listed), 'document')}"
        if len(listed) == 1:
            name = listed[0]
            together = []
        self.prompt.reset()
        if listed:
            self.app.open_document(name, None, together, question)  # type: ignore[attr-defined]

    def action_reveal(self) -> None:
        if self._current is not None:
            self._open_path(
                os.path.dirname(containing_file(self._current.path) or self._current.path) or "."
            )

    def action_forget(self) -> None:
        if self._current is not None and self._store is not None:
            self.prompt.enter("forget", short_path(os.path.abspath(self._current.path)))
            self._status.update(
                "Enter deletes its text, questions and answers here; the file stays. Esc keeps all"
            )

    def _forget(self, path: str) -> None:
        store = self._store
        whole = os.path.abspath(os.path.expanduser(path))
        if store is not None and any(
            os.path.abspath(each.path) == whole for each in self._listed.entries
        ):
            self.prompt.reset()
            told = partial(self._show_forgotten, whole)
            run_in_thread(self, lambda: forgotten(store, whole), told, told)
        else:
            self.notify(f"{printable(path)} is not in the list", severity="warning", markup=False)

    def _show_forgotten(self, path: str, said: str) -> None:
        self.notify(f"{printable(path)}: {said}", markup=False)
        self.action_refresh_list()

    def action_clear(self) -> None:
        self.prompt.leave()
        self._show("")
        self.set_focus(self.line)

    def prompt_moved(self, mode: str, key: str) -> None:
        getattr(
            self._table,
            f"action_{CURSOR_MOVES.get(key, 'scroll_top' if key == 'home' else 'scroll_bottom')}",
        )()

    async def line_entered(self, mode: str, text: str) -> None:
        """Open the row, of those that have the words by now; or the path."""
        if mode == "path":
            self._open_path(os.path.expanduser(text))
        elif mode == "forget":
            self._forget(text)
        elif self._loaded and not text and not self._listed.entries:
            self._open_path(str(files("docqa.app") / "manual"))
        else:
            self._show(text)
            self._entered = not self._loaded
            self._table.action_select_cursor()

    async def run_command(self, command: keymap.Key, argument: str) -> None:
        if command.name == "ask_together":
            self.action_ask_together(argument)
        else:
            await super().run_command(command, argument)

    def prompt_changed(self, mode: str, text: str) -> None:
        if mode == "filter":
            self._show(text)

    def on_resize(self) -> None:
        self._fill()

    def on_data_table_row_highlighted(self, event: RowTable.RowHighlighted) -> None:
        self._rest.stop()
        self._rest = self.set_timer(_REST_S, self._look_at)

    def _look_at(self) -> None:
        entry = self._current
        if entry is None or entry.past is not None or entry.path == self._previewed:
            return
        path = self._previewed = entry.path
        self._preview.update("…" if entry.kept != _GONE else f"{_GONE}: {printable(path)}")
        if entry.kept != _GONE:
            make = partial(preview, path, entry.kept, self.app.opener, self._store)  # type: ignore[attr-defined]
            told = partial(self._show_preview, path)
            run_in_thread(self, make, told, lambda why: told(FilePreview(Text(why, "bold"))))

    def _show_preview(self, path: str, made: FilePreview) -> None:
        if path == self._previewed:
            self._preview.update(made.text)
            if not self._wide:
                self._status.update(made.told)
        known = [
            replace(each, health=made.health) if each.path == path else each
            for each in self._listed.entries
        ]
        if known != self._listed.entries:
            self._listed.entries[:] = known
            self._show(self._words)

    @property
    def _current(self) -> LibraryRow | None:
        at = self._table.cursor_row
        return self._shown[at] if 0 <= at < len(self._shown) else None

    @property
    def _wide(self) -> bool:
        return self.size.width >= _WIDE

    def _open_path(self, path: str) -> None:
        if not os.path.exists(path):
            self.notify(f"{printable(path)} does not exist", severity="warning", markup=False)
        elif os.path.isdir(path):
            self._path = path
            self._everywhere = False
            self._order = "name"
            self.prompt.close()
            self.action_refresh_list()
        else:
            self._open(LibraryRow("", path))

    def _choose(self, row: int) -> None:
        if self._marked:
            self.action_ask_together()
        else:
            self._open(self._shown[row])

    def _open(self, entry: LibraryRow) -> None:
        """Now: a message would let the keys behind Enter run commands of the list."""
        if entry.kept == _GONE:
            self.notify(
                f"{printable(entry.path)} does not exist any more", severity="warning", markup=False
            )
            return
        self.prompt.reset()
        self.app.open_document(entry.path, entry.past)  # type: ignore[attr-defined]

    def _take(self, listed: LibraryList) -> None:
        self._listed = listed
        self._loaded = True
        self._previewed = ""
        self._show(self._words)
        if self._entered:
            self._entered = False
            self._table.action_select_cursor()
        for notice in listed.notices:
            self.notify(printable(notice), severity="warning", markup=False)

    @property
    def _words(self) -> str:
        return (
            ""
            if self.prompt.commanding or self.prompt.mode != "filter"
            else self.prompt.line.value.strip()
        )

    def _show(self, words: str) -> None:
        """The rows that have the letters of `words`, best first, else documents and then
        questions.
        """
        chosen = self._current
        every = sorted(
            (each for each in self._listed.entries if each.past is None), key=ORDERS[self._order]
        )
        every += [each for each in self._listed.entries if each.past is not None]
        if words:
            match = Matcher(words).match
            every = sorted(
                (each for each in every if match(each.name) > 0), key=lambda each: -match(each.name)
            )
        self._shown = every
        self._fill()
        same = [
            n
            for n, each in enumerate(every)
            if chosen and (each.path, each.past) == (chosen.path, chosen.past)
        ]
        self._table.move_cursor(row=same[0] if same and not words else 0)
        documents = sum(each.past is None for each in every)
        selected = [f"{len(self._marked)} of {documents} selected"] if self._marked else []
        listed = [
            counted(documents, "document"),
            counted(len(every) - documents, "question"),
            f"by {self._order}",
        ]
        going_on = [f"questions go on in {name}" for name in getattr(self.app, "at_work", ())]
        said = " · ".join(
            [*(listed if self._everywhere else listed[::2]), *selected, "Enter opens", *going_on]
        )
        self._status.update(self._listed.problem or (said if self._listed.entries else _NOTHING))
        where = printable(os.path.abspath(self._path))
        self._title.update(
            f"What you read and asked before, and {where}" if self._everywhere else where
        )

    def _fill(self) -> None:
        width = self.size.width
        kept = _KEPT_CELLS
        if self._wide:
            width = width // 2
            kept = _HEALTH_CELLS * any(each.health for each in self._shown)
        self._preview.display = self._wide
        shown = self._shown
        by_use = self._order == "last use"
        when = width >= 60
        sized = any(each.size for each in shown)
        others = sized * _SIZE_CELLS + kept + _PADDING + when * (_WHEN_CELLS + 2)
        names = [
            "✓ " * (each.path in self._marked and each.past is None) + printable(each.name)
            for each in shown
        ]
        name_cells = min(max(map(cell_len, ("Document", *names))), max(width - others, 12))
        used = [each.used if by_use or each.past else each.modified for each in shown]
        about = [
            each.health if self._wide else ", ".join(filter(None, (each.health, each.kept)))
            for each in shown
        ]
        columns = [
            ("Document", name_cells, names),
            (
                "Last used" if by_use else "Changed",
                when * _WHEN_CELLS,
                [ago(each) if each else "" for each in used],
            ),
            ("Size", sized * _SIZE_CELLS, [size(each.size) if each.size else "" for each in shown]),
            ("Health" if self._wide else "Kept", kept, about),
        ]
        self._table.fill([column for column in columns if column[1]])

    def _look(self) -> LibraryList:
        notices: list[str] = []
        kept = (
            {row.path: row for row in recent_documents(self._store, notices)}
            if self._store is not None
            else {}
        )
        wrong = problems(self._store)
        entries = []
        for each in self._documents():
            whole = os.path.abspath(each.path)
            if known := kept.pop(whole, None):
                each = replace(each, used=known.used, kept=known.kept, health=known.health)
            else:
                told = (
                    word for word in PROBLEMS.values() if wrong.get(whole) == [each.modified, word]
                )
                each = replace(each, health=next(told, ""))
            entries.append(each)
        if self._everywhere and self._store is not None:
            for row in kept.values():
                folder, name = os.path.split(short_path(row.path))
                entries.append(
                    replace(row, name=f"{name}  ·  {folder}", kept=row.kept if row.there else _GONE)
                )
            entries += [_asked(past) for past in past_questions(self._store)]
        return LibraryList(entries, notices)

    def _documents(self) -> list[LibraryRow]:
        try:
            return find(self._path)
        except (NoDocuments, MissingError):
            return []


def _asked(past: PastQuestion) -> LibraryRow:
    status = {Status.NOT_FOUND: "not found", "done": "answered"}.get(
        past.turn.status, past.turn.status
    )
    name = f"? {past.turn.question}  ·  {os.path.basename(past.path)}"
    row = LibraryRow(name, past.path, used=past.turn.asked, kept=status, past=past)
    return row if row.there else replace(row, kept=_GONE)
