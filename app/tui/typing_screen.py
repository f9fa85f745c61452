"""Screens on which typing goes to one line, whatever has the focus. Textual hands a key to the
widget that has it when the key comes; where one moves the focus, those after overtake it. Here
each is carried out before the next."""

from typing import Any, NamedTuple

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.screen import Screen

from .widgets.prompt import PromptLine

Typed = events.Key | events.Paste


class _AltKey(NamedTuple):
    value: str


# Without a protocol of its own a terminal sends Esc and the letter. Textual would wait for more,
# type ^ and the letter where more is another Esc, and take a digit for the sign of a Mac's
# keyboard.
ANSI_SEQUENCES_KEYS.update(  # type: ignore[attr-defined]
    {f"\x1b{sign}": (_AltKey(f"alt+{sign}"),) for sign in "0123456789acdeghijklmnopqrstuvwxyz"}
)


class TypingScreen(Screen[Any]):
    """`line` is typed into; what comes before it is there waits. None: a dialog that typing closes,
    to go on below.
    """

    line: PromptLine | None = None

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._held: list[Typed] = []
        self._ready = False

    async def on_mount(self) -> None:
        """Carry out what was typed meanwhile, here or on the screen that it led to."""
        if self.line:
            self.set_focus(self.line)
        while self._held:
            event = self._held.pop(0)
            top = self.app.screen
            await (
                top.take(event)
                if isinstance(top, TypingScreen) and top is not self
                else self._carry_out(event)
            )
        self._ready = True

    async def take(self, event: Typed) -> None:
        """Carry out a key or a paste, or keep it until the line is there."""
        if self._ready:
            await self._carry_out(event)
        else:
            self._held.append(event)

    async def _carry_out(self, event: Typed) -> None:
        # Most terminals send Alt+S as Esc and s, a key with a character to Textual.
        plain = (
            isinstance(event, events.Key)
            and event.is_printable
            and not event.key.startswith("alt+")
        )
        text = event.text if isinstance(event, events.Paste) else event.character if plain else None
        if text and not self.line:
            self.dismiss()
            below = self.app.screen
            if isinstance(below, TypingScreen):
                await below.take(event)
        elif text and self.line:
            if not (isinstance(event, events.Key) and await self.on_first_character(text)):
                self.set_focus(self.line)
                self.line.write(text)
        elif isinstance(event, events.Key):
            bound = self.active_bindings.get(event.key)
            if bound and bound.enabled:
                await self.app.run_action(bound.binding.action, bound.node)

    def action_copy_text(self) -> None:
        """Ctrl+C copies what the mouse has selected; without that it is a wish to leave."""
        if self.get_selected_text():
            super().action_copy_text()
        else:
            self.app.ask_to_leave()  # type: ignore[attr-defined]

    async def on_first_character(self, character: str) -> bool:
        """Whether a character was no word of a question, but a command by itself."""
        return False
