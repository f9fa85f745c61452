"""The memory that the model uses, over the document: closed by any of its keys, renewed while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

_RENEW_S = 0.5


class MemoryScreen(ModalScreen[None]):
    """Shows what `lines` returns for bars of so many cells, again and again."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,m,q", "dismiss", "Close", show=False)]

    def __init__(self, lines: Callable[[int], list[str]]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> Iterator[Widget]:
        box = Static(self._text(), id="memory", markup=False)
        box.border_title = "Memory of the model"
        box.border_subtitle = "Esc closes"
        yield box

    def on_mount(self) -> None:
        self.set_interval(_RENEW_S, self._renew)

    def _renew(self) -> None:
        self.query_one("#memory", Static).update(self._text())

    def _text(self) -> str:
        width = self.app.size.width
        return "\n".join(self._lines(24 if width >= 100 else 10 if width >= 70 else 6))
