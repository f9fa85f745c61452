"""The foot of a screen: its keys, as many as fit whole; `?`, the first of them, lists all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget

_AROUND = 3  # cells: between a key and what it does, and behind that


class KeyFooter(Footer):
    """A compact footer without a key that is cut at the edge."""

    DEFAULT_CSS = "KeyFooter.-compact FooterKey { margin-right: 2; }"

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._composed_for = 0

    def compose(self) -> Iterator[Widget]:
        """The keys from the left while there is room."""
        self._composed_for = room = self.app.size.width
        for widget in super().compose():
            if isinstance(widget, FooterKey):
                room -= cell_len(widget.key_display) + cell_len(widget.description) + _AROUND
                if room < -2:  # behind the last one nothing need stand
                    return
            yield widget

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._composed_for:
            self.refresh(recompose=True)
