"""A question of the interface itself before it writes a file: Enter or a click says yes, anything else no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Static

from docqa.app.tui.typing_screen import TypingScreen


class ConfirmScreen(ModalScreen[bool], TypingScreen):
    """Asks `question`, with `yes` on the button; its result is whether it was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "No", show=False)]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question, self._yes = question, yes

    def compose(self) -> Iterator[Widget]:
        with Vertical(id="confirm"):
            yield Static(self._question, markup=False)
            with Horizontal():
                yield Button(self._yes, id="yes", compact=True)
                yield Button("Not now (Esc)", id="no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
