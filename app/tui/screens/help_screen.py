"""What opens over a screen: its keys and what the marks mean, and the memory that the model uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from docqa.app.tui.keymap import EVERYWHERE, help_lines

if TYPE_CHECKING:
    from docqa.app.tui.keymap import Key

_RENEW_S = 0.5
_MARKS = (
    ("●  ◐  ○", "an answer; a passage that may answer; not found. The bar beside it is the chance that it is right"),
    ("≈  ~", "the quote has other signs between its words; or some of its words differ"),
    ("✗  ?", "the quote was found nowhere; or its place has no usable text"),
    ("▌  ┃", "beside the text: the cite you follow, and a passage that was looked at"),
    ("│  ·", "beside the text: another quote of the answer, a search hit"),
    ("→", "beside the text: the selected reference, and where one led; references are underlined"),
    ("▁▃▆█", "the strip: how well each part of the document matches the question"),
    ("▲  ◆  │", "below it: a cite, the one you follow, where you are"),
)


class HelpScreen(ModalScreen[None]):
    """Lists `keys`, and the marks of a document where `marks`. Closed with Esc, `?` or Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,enter,q", "dismiss", "Close", show=False)]

    def __init__(self, keys: tuple[Key, ...], *, marks: bool) -> None:
        super().__init__()
        self._keys = keys
        self._marks = marks

    def compose(self) -> Iterator[Widget]:
        parts: list[Text | Table] = [Text("Keys", "bold"), _table(help_lines((*self._keys, *EVERYWHERE)))]
        if self._marks:
            parts += [Text("\nMarks", "bold"), _table(_MARKS)]
        with VerticalScroll(id="help"):
            yield Static(Group(*parts))


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


def _table(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=10, style="bold")
    table.add_column()
    for name, what in rows:
        table.add_row(Text(name), Text(what))
    return table
