"""The application: a library below, a document over it, and the thread in which documents are
read.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.binding import Binding

from docqa.app import config, report
from docqa.app.errors import ResourceError, UsageError
from docqa.app.output.render import printable

from . import keymap, settings, themes
from .bridge import Opener, SessionBridge
from .library.library import LibraryScreen
from .library.recents import PastQuestion, is_anything_stored
from .screens.choice_screen import ThemeScreen
from .settings import TuiSettings
from .typing_screen import TypingScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docqa.app.options import Options
    from docqa.app.storage.store import Store

    from .page.image import PageImages
    from .screens.document_screen import DocumentScreen

_QUIT = "ctrl+q"  # works at any moment
# xterm's window operations, which most terminals know
_KEEP_TITLE = "\x1b[22;2t"
_RESTORE_TITLE = "\x1b[23;2t"
_ASKED_AGAIN_S = 4.0
_LEAVE_WITHIN_S = 20.0
"""How long a quit waits for the block under way."""


class Interface(App[None]):
    """Shows the documents at `path`; one file opens at once, over its folder; without a path what
    was read and asked before, and the current folder."""

    BINDINGS = [Binding(_QUIT, "quit", "Quit", priority=True)]
    TITLE = "docqa"
    ENABLE_COMMAND_PALETTE = False  # the prompt offers the commands
    CSS_PATH = "docqa.tcss"

    def __init__(
        self,
        path: str | None,
        opener: Opener,
        store: Store | None,
        settings: TuiSettings | None = None,
        images: PageImages | None = None,
    ) -> None:
        gc.set_threshold(20_000, 3, 100_000)  # a look through a document takes frames
        super().__init__(
            ansi_color="NO_COLOR" in os.environ or None
        )  # no mixed colour, no background
        self.settings = settings or TuiSettings()
        self._images = images
        self.animation_level = "none"  # a view that moves by itself fights the reader
        self._path = path
        self._has_title = False  # whether the terminal's title is ours
        self._leaves_until = 0.0  # by `time.monotonic`: until then Ctrl+C quits
        self.store = store
        self._at_work: dict[
            str, DocumentScreen
        ] = {}  # left while questions go on, by absolute path
        self.opener = opener
        self.bridge = SessionBridge(opener)
        for theme in themes.themes():
            self.register_theme(theme)
        # Later all styles are read a second time.
        self.theme = self.settings.theme if self.settings.theme != themes.AUTO else themes.DARK

    async def on_mount(self) -> None:
        self.set_keymap(dict(self.settings.keys))
        path = self._path or "."
        if single := os.path.isfile(path):
            from docqa.ingest.archive import is_zip

            single = not is_zip(Path(path))
        before = self._path is None and self.store is not None and is_anything_stored(self.store)
        folder = os.path.dirname(path) or "." if single else path
        self.push_screen(LibraryScreen(folder, self.store, everywhere=before))
        if single:
            self.open_document(path)
        self.call_after_refresh(
            threading.Thread(target=_document_screen, name="import ahead", daemon=True).start
        )

    def action_change_theme(self) -> None:
        self.push_screen(ThemeScreen(self.theme))

    def action_settings(self) -> None:
        from .screens.settings_screen import SettingsScreen

        try:
            self.push_screen(SettingsScreen(config.resolve_settings()))
        except UsageError as error:
            self.notify(printable(str(error)), severity="warning", markup=False)

    def save_setting(self, name: str, value: str) -> None:
        """Write the setting `name` into config.toml and say so; what shows it takes it at once."""
        try:
            settings.save(name, value)
            self.settings = settings.load()
        except (UsageError, ResourceError, OSError) as error:
            self.notify(printable(str(error)), severity="warning", markup=False)
            return
        self.set_keymap(dict(self.settings.keys))
        used = "" if name.startswith(("tui.theme", "tui.keys")) else ", used from the next start"
        variable = f"DOCQA_{name.upper()}"
        if os.environ.get(variable):
            used = f", but {variable} of the environment takes precedence"
        self.notify(printable(f"{config.config_path()}: {name} = {value}{used}"), markup=False)

    def get_key_display(self, binding: Binding) -> str:
        return keymap.key_text(binding.key)

    async def on_event(self, event: events.Event) -> None:
        """Keys and what is pasted go to the screen, each carried out before the next one is looked
        at.
        """
        leaves = isinstance(event, events.Key) and event.key == _QUIT
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and not leaves:
            screen = self.screen
            if isinstance(screen, TypingScreen):
                self.app_focus = True
                await screen.take(event)
                return
        await super().on_event(event)

    def ask_to_leave(self) -> None:
        """Say how to leave; asked once more soon, do it."""
        if time.monotonic() < self._leaves_until:
            self.call_next(self.action_quit)
        else:
            self._leaves_until = time.monotonic() + _ASKED_AGAIN_S
            self.notify(
                f"{keymap.key_text(_QUIT)} leaves docqa, and so does Ctrl+C once more",
                timeout=_ASKED_AGAIN_S,
            )

    async def action_quit(self) -> None:
        """Leave at any moment; what was asked is kept, and what was read up to the last block."""
        for screen in [*self.screen_stack, *self._at_work.values()]:
            if isinstance(screen, _document_screen()):
                screen.questions.keep()
        self.bridge.stop()
        self._restore_title()
        self.exit()

    def open_document(
        self,
        path: str,
        past: PastQuestion | None = None,
        together: Sequence[str] = (),
        question: str = "",
    ) -> None:
        """Open the document at `path`, at the question `past` if given, or those at the paths
        `together`, named `path`; a `question` is asked at once."""
        kept = self._at_work.pop(os.path.abspath(path), None)
        if kept:
            self.uninstall_screen(kept)
            kept.come_back(past)
        made = _document_screen()
        self.push_screen(
            kept or made(path, self.bridge, self.store, self._images, past, together, question)
        )

    def open_grid(self, paths: Sequence[str], fields: str = "") -> None:
        """Show a grid of the documents at `paths`, with the `fields` of a preset or of a file.
        Raises UsageError."""
        from docqa.app.batch.fields import fields_of

        from .screens.grid_screen import GridScreen

        options = replace(self.opener.options, preview=False)  # type: ignore[attr-defined]
        asked = fields_of(fields) if fields else []
        self.push_screen(GridScreen(paths, asked, self.bridge, options))

    def open_hidden(self, screen: DocumentScreen) -> None:
        """Open the documents of `screen` again, with the text that cannot be seen."""
        self.opener.reads_hidden |= {screen.path, *screen.together}  # type: ignore[attr-defined]
        self.pop_screen()
        self.open_document(screen.path, together=screen.together)

    def leave_document(self, screen: DocumentScreen) -> None:
        """Back to the list; a document whose questions are being answered stays open below it."""
        if screen.questions.jobs.busy:
            name = os.path.abspath(screen.path)
            self.install_screen(screen, name)
            self._at_work[name] = screen
        self.pop_screen()

    def work_done(self, screen: DocumentScreen) -> None:
        """No question of `screen` waits any more: one that was left is closed."""
        name = printable(os.path.basename(screen.path))
        self.say_elsewhere(f"{name}: done")
        if not self._at_work.pop(os.path.abspath(screen.path), None):
            return
        self.notify(f"{name}: the questions are answered", markup=False)
        self.uninstall_screen(screen)
        self.call_later(screen.remove)
        if isinstance(self.screen, LibraryScreen):
            self.screen.action_refresh_list()

    def say_elsewhere(self, what: str) -> None:
        """Say `what` in the title of the terminal, with its bell if that is set, while another window has
        the keyboard.
        """
        if not self.app_focus:
            self._restore_title()
            self._has_title = True
            self.send(f"{_KEEP_TITLE}\x1b]2;{what} · docqa\x07")
            if self.settings.bell == "on":
                self.bell()

    def on_app_focus(self) -> None:
        self._restore_title()

    def _restore_title(self) -> None:
        if self._has_title:
            self._has_title = False
            self.send(_RESTORE_TITLE)

    def send(self, sequence: str) -> None:
        """Write `sequence` to the terminal now, as Textual's clipboard does."""
        if self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()

    @property
    def at_work(self) -> list[str]:
        return [printable(os.path.basename(path)) for path in self._at_work]


def _document_screen() -> type[DocumentScreen]:
    from .screens.document_screen import DocumentScreen

    return DocumentScreen


def run(path: str | None, options: Options) -> int:
    """Run the interface in this terminal; returns the exit code. Raises MissingError for the path,
    UsageError for `[tui]` of config.toml and without a terminal."""
    from rich.console import Console

    from docqa.app.storage.store import store_of
    from docqa.ingest.errors import MissingError

    from .library.opener import SessionOpener
    from .page.graphics import detect

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the terminal interface needs a terminal", hint='in a pipe: docqa ask FILE "QUESTION"'
        )
    if path is not None and not os.path.exists(path):
        raise MissingError("no such file or folder", where=path, hint="Check the path")
    chosen = settings.load()
    opener = SessionOpener(options)
    store = store_of(options)
    colours = Console().color_system
    light = themes.is_light() if chosen.theme == themes.AUTO else False
    theme = themes.choose(chosen.theme, light=light, colours=colours)
    chosen = replace(chosen, theme=theme)
    shown_by = detect(chosen.pictures, colours=colours)
    images = None
    if shown_by:
        from .page.image import PageImages

        images = PageImages(shown_by, opener.image)
    app = Interface(path, opener, store, chosen, images)
    app.run()
    code = app.return_code or report.ANSWERED
    if not app.bridge.close(0.3):
        report.note("docqa: saving what was read …")
        if not app.bridge.close(_LEAVE_WITHIN_S):
            # A thread in torch cannot be ended; the interpreter must not tidy up below it.
            report.flush_stdout_quietly()
            os._exit(code)
    return code
