"""A screen with the prompt at its foot, which has the keyboard from its first frame to its last."""

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

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]

    def __init__(self, screen: str, mode: str = "ask") -> None:
        super().__init__()
        self._keys = keymap.SCREENS[screen]
        self._marks = screen == "document"
        self.prompt = Prompt(self, (*self._keys, *keymap.EVERYWHERE), mode)
        self.line = self.prompt.line

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
