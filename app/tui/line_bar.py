"""The line at the bottom: a question by default, else what to search, where to go, or where to export to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

# mode: (label, what the empty line says)
MODES = {
    "ask": ("Ask", "a question about this document, then Enter"),
    "find": ("Find", "words to look for; Enter goes to the next place"),
    "goto": ("Go to", "a page as printed, PDF 14, or the number of a section"),
    "export": ("Export to", "the file to write"),
}


class _Line(Input):
    """The input itself."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        # Textual does not know that the key called "slash" is typed, and would offer its command here.
        return key == "slash" or super().check_consume_key(key, character)


class LineBar(Horizontal):
    """One line of input with a label that says what it is for."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave this line", key_display="Esc")]

    class Entered(Message):
        """Enter was pressed in `mode`."""

        def __init__(self, mode: str, text: str) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Left(Message):
        """The reader is done with the line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.mode = "ask"
        self._question = ""

    def compose(self) -> Iterator[Widget]:
        yield Label("Ask", id="line-label")
        yield _Line(placeholder=MODES["ask"][1], id="line", compact=True)

    @property
    def input(self) -> Input:
        """The line itself."""
        return self.query_one("#line", Input)

    def enter(self, mode: str, text: str = "") -> None:
        """Ask for what `mode` says, with `text` to begin with. A question that was begun comes back later."""
        if self.mode == "ask":
            self._question = self.input.value
        self._set(mode, self._question if mode == "ask" else text)
        self.input.focus()

    def reset(self) -> None:
        """Back to an empty question."""
        self._question = ""
        self._set("ask", "")

    def action_leave(self) -> None:
        """Give the line up; the screen decides what has the focus then."""
        if self.mode != "ask":
            self._set("ask", self._question)
        self.post_message(self.Left())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Entered(self.mode, event.value.strip()))

    def _set(self, mode: str, text: str) -> None:
        self.mode = mode
        label, placeholder = MODES[mode]
        self.query_one("#line-label", Label).update(label)
        self.input.placeholder = placeholder
        self.input.value = text
        self.input.cursor_position = len(text)
