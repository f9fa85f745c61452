"""The application: a library below, a document over it, and the thread in which documents are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.widgets import Input

from docqa.app import report
from docqa.app.tui import keymap
from docqa.app.tui.bridge import SessionBridge
from docqa.app.tui.library.library import DocumentChosen, LibraryScreen, RecentScreen
from docqa.app.tui.library.recents import anything_kept
from docqa.app.tui.screens.document_screen import DocumentScreen
from docqa.app.tui.screens.help_screen import HelpScreen
from docqa.app.tui.settings import TuiSettings
from docqa.ingest.archive import is_zip

if TYPE_CHECKING:
    from textual import events
    from textual.binding import Binding

    from docqa.app.options import Options
    from docqa.app.storage.store import Store
    from docqa.app.tui.bridge import Opener
    from docqa.app.tui.library.recents import PastQuestion
    from docqa.app.tui.page.picture import Pictures

_LEAVE_WITHIN_S = 20.0
"""How long a quit waits for the block under way, so that what was read is kept."""


class Interface(App[None]):
    """Shows the documents at `path`; one file opens at once, with its folder as the library behind it.

    Without a path it shows what was read and asked before, over the current folder. `pictures` is None where the
    terminal shows none.
    """

    TITLE = "docqa"
    CSS_PATH = "docqa.tcss"

    def __init__(
        self,
        path: str | None,
        opener: Opener,
        store: Store | None,
        settings: TuiSettings | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or TuiSettings()
        self._pictures = pictures
        self.animation_level = "none"  # a view that moves by itself fights the reader
        self._path = path
        self.store = store
        self.bridge = SessionBridge(opener)

    def on_mount(self) -> None:
        self.theme = self.settings.theme
        self.set_keymap(dict(self.settings.keys))
        path = self._path or "."
        single = os.path.isfile(path) and not is_zip(Path(path))
        self.push_screen(LibraryScreen(os.path.dirname(path) or "." if single else path, self.store))
        if single:
            self._open(path)
        elif self._path is None and self.store is not None and anything_kept(self.store):
            self.push_screen(RecentScreen(self.store))

    def on_document_chosen(self, message: DocumentChosen) -> None:
        self._open(message.path, message.past)

    def get_key_display(self, binding: Binding) -> str:
        """A key that config.toml gives, as the help writes it, too."""
        chosen = self.settings.keys.get(binding.id or "")
        return keymap.shown(chosen) if chosen else super().get_key_display(binding)

    def on_key(self, event: events.Key) -> None:
        """Letters typed right behind the key that opens a line of input belong to that line.

        They were on their way to what had the focus before, and come here only because it was no longer theirs.
        """
        line = self.focused
        if isinstance(line, Input) and event.character is not None and event.is_printable:
            event.stop()
            event.prevent_default()
            line.replace(event.character, *line.selection)

    def action_help(self, screen: str) -> None:
        """The keys of `screen`, one of keymap.SCREENS; over a document the marks, too."""
        self.push_screen(HelpScreen(self.settings.apply(keymap.SCREENS[screen]), marks=screen == "document"))

    async def action_quit(self) -> None:
        """Leave at any moment; what was asked is kept, and what was read up to the last block."""
        for screen in self.screen_stack:
            if isinstance(screen, DocumentScreen):
                screen.questions.keep()
        self.bridge.stop()
        self.exit()

    def _open(self, path: str, past: PastQuestion | None = None) -> None:
        self.push_screen(DocumentScreen(path, self.bridge, self.store, pictures=self._pictures, past=past))


def run(path: str | None, options: Options) -> int:
    """Run the interface in this terminal; returns the exit code.

    Raises MissingError for a path that is not there, UsageError for what `[tui]` of config.toml cannot mean.
    """
    from docqa.app.session.engine import open_store
    from docqa.app.tui import settings
    from docqa.app.tui.library.opener import SessionOpener
    from docqa.app.tui.page.graphics import detect
    from docqa.app.tui.page.picture import Pictures
    from docqa.ingest.errors import MissingError

    if path is not None and not os.path.exists(path):
        raise MissingError("no such file or folder", where=path, hint="Check the path")
    chosen, opener = settings.load(), SessionOpener(options)
    shown_by = detect(chosen.pictures)
    pictures = Pictures(shown_by, opener.picture) if shown_by is not None else None
    app = Interface(path, opener, open_store(options) if options.store else None, chosen, pictures)
    app.run()
    code = app.return_code or report.ANSWERED
    if not app.bridge.close(0.3):
        report.note("docqa: saving what was read …")
        if not app.bridge.close(_LEAVE_WITHIN_S):
            # A thread inside torch cannot be ended, and the interpreter must not tidy up below it.
            report.settle_stdout()
            os._exit(code)
    return code
