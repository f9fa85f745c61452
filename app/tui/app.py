"""The application: a library below, a document over it, and the thread in which documents are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from docqa.app import report
from docqa.app.tui.bridge import SessionBridge
from docqa.app.tui.document_screen import DocumentScreen
from docqa.app.tui.library import LibraryScreen

if TYPE_CHECKING:
    from docqa.app.engine import Options
    from docqa.app.store import Store
    from docqa.app.tui.bridge import Opener

_LEAVE_WITHIN_S = 20.0
"""How long a quit waits for the block under way, so that what was read is kept."""


class Interface(App[None]):
    """Shows the documents at `path`; one file opens at once, with its folder as the library behind it."""

    TITLE = "docqa"
    CSS_PATH = "docqa.tcss"
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, path: str, opener: Opener, store: Store | None) -> None:
        super().__init__()
        self.animation_level = "none"  # a view that moves by itself fights the reader
        self._path = path
        self._store = store
        self.bridge = SessionBridge(opener)

    def on_mount(self) -> None:
        single = os.path.isfile(self._path) and not _is_archive(self._path)
        self.push_screen(LibraryScreen(os.path.dirname(self._path) or "." if single else self._path, self._store))
        if single:
            self._open(self._path)

    def on_library_screen_chosen(self, message: LibraryScreen.Chosen) -> None:
        self._open(message.path)

    async def action_quit(self) -> None:
        """Leave at any moment; what was asked is kept, and what was read up to the last block."""
        for screen in self.screen_stack:
            if isinstance(screen, DocumentScreen):
                screen.keep()
        self.bridge.stop()
        self.exit()

    def _open(self, path: str) -> None:
        self.push_screen(DocumentScreen(path, self.bridge, self._store))


def run(path: str, options: Options) -> int:
    """Run the interface in this terminal; returns the exit code. Raises Missing for a path that is not there."""
    from docqa.app.engine import open_store
    from docqa.app.tui.opener import SessionOpener
    from docqa.ingest.errors import Missing

    if not os.path.exists(path):
        raise Missing("no such file or folder", path, "Check the path")
    app = Interface(path, SessionOpener(options), open_store(options) if options.store else None)
    app.run()
    code = app.return_code or report.ANSWERED
    if not app.bridge.close(0.3):
        report.note("docqa: keeping what was read …")
        if not app.bridge.close(_LEAVE_WITHIN_S):
            # A thread inside torch cannot be ended, and the interpreter must not tidy up below it.
            report.settle_stdout()
            os._exit(code)
    return code


def _is_archive(path: str) -> bool:
    from docqa.ingest.archive import is_zip

    return is_zip(Path(path))
