"""A screen with the prompt at its foot, which has the keyboard from its first frame to its last."""

import os
from collections.abc import Sequence
from pathlib import PurePath

from docqa.app.errors import UsageError
from docqa.app.output.render import printable
from docqa.app.tui import keymap
from docqa.app.tui.settings import settings_of
from docqa.app.tui.typing_screen import TypingScreen
from docqa.app.tui.widgets.prompt import TALKING, Prompt

from .choice_screen import HelpScreen

WIDE = 100  # columns for panes side by side
TALL = 22  # lines for a framed prompt


class PromptScreen(TypingScreen):
    """A screen with a prompt at its foot, which runs the commands of `screen`, one of
    keymap.SCREENS.
    """

    EXPORTED: tuple[str, ...] = ()  # suffixes of the files that `write_export` can write
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]

    def __init__(self, screen: str, mode: str = "ask") -> None:
        super().__init__()
        self._keys = keymap.SCREENS[screen]
        self._marks = screen == "document"
        self.prompt = Prompt(self, (*self._keys, *keymap.EVERYWHERE), mode)
        self.line = self.prompt.line
        self._offered = ""  # words for which a key was named
        self._confirmed = ""  # the path of an export, shown whole before it is written

    async def on_first_character(self, character: str) -> bool:
        if character != "?" or self.prompt.line.value or self.prompt.mode not in TALKING:
            return False
        self.action_help()
        return True

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(settings_of(self).apply(self._keys), marks=self._marks))

    async def line_entered(self, mode: str, text: str) -> None:
        """`text` was entered in a mode of the prompt."""

    def prompt_changed(self, mode: str, text: str) -> None:
        """The line has `text` now, in a mode of the prompt."""

    def prompt_moved(self, mode: str, key: str) -> None:
        """An arrow or page key came that the line has no use for."""

    async def run_command(self, command: keymap.Key, argument: str) -> None:
        """What is typed after a command that asks for something is entered at once."""
        await self.run_action(command.action)
        if argument and command.action.startswith("line("):
            await self.line_entered(self.prompt.mode, argument)

    def action_line(self, mode: str) -> None:
        self.prompt.enter(mode)

    def offers(self, text: str) -> bool:
        """Whether `text` asks for what a key does, which is said: entered again it is a question."""
        command = keymap.requested_key(settings_of(self).apply(self._keys), text)
        new = command is not None and text != self._offered
        self._offered = text if new else ""
        if command and new:
            self.notify(f"{command.shown}: {command.help}. Enter again asks it as a question")
        return new

    def show_grid(self, paths: Sequence[str], fields: str) -> None:
        """Show a table of the documents at `paths`, with the `fields` of a preset or of a file."""
        try:
            self.app.open_grid(paths, fields)  # type: ignore[attr-defined]
        except UsageError as error:
            self.notify(printable(str(error)), severity="warning", markup=False)
        else:
            self.prompt.reset()

    def begin_export(self, path: str) -> None:
        self._confirmed = ""
        self.prompt.enter("export", path)

    def export(self, path: str) -> None:
        """Write after the whole path was confirmed, and never over another file."""
        whole = os.path.abspath(path)
        if os.path.exists(whole):
            self._refuse_export(path, "there is such a file already")
        elif PurePath(path).suffix.lower() not in self.EXPORTED:
            self._refuse_export(path, f"it has to end in one of {', '.join(self.EXPORTED)}")
        elif path != self._confirmed:
            self._confirmed = whole
            self.prompt.enter("export", whole)
            self.notify(f"Enter writes {printable(whole)}", markup=False)
        else:
            try:
                self.write_export(path)
            except OSError as error:
                self._refuse_export(path, error.strerror or str(error))
            except ValueError as error:  # no file can have that name
                self._refuse_export(path, str(error))
            else:
                self.prompt.close()
                self.notify(f"written: {printable(path)}", markup=False)

    def write_export(self, path: str) -> None:
        """Write what the screen shows into a new file. Raises OSError and ValueError."""
        raise NotImplementedError

    def _refuse_export(self, path: str, reason: str) -> None:
        self.notify(printable(f"cannot write {path}: {reason}"), severity="error", markup=False)
