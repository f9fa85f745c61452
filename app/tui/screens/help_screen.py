"""What opens over a screen: its keys and what the marks mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from docqa.app.tui.keymap import EVERYWHERE, help_lines

if TYPE_CHECKING:
    from docqa.app.tui.keymap import Key

_NAME_CELLS = 7
_MARKS = (
    ("●  ◐  ○", "an answer; a passage that may answer; not found. The bar beside it is the chance that it is right"),
    ("≈  ~", "the quote has other signs between its words; or some of its words differ"),
    ("✗  ?", "the quote was found nowhere; or its place has no usable text"),
    ("▌  ┃", "beside the text: the cite you follow, and a passage that was looked at"),
    ("│  ·", "beside the text: another quote of the answer, a search hit"),
    ("▒  ✎", "beside the text: your highlight, and one with a note"),
    ("→", "beside the text: the selected reference, and where one led; references are underlined"),
    ("▁▃▆█", "the strip: how well each part of the document matches the question"),
    ("▲  ◆  │", "below it: a cite, the one you follow, where you are"),
)


class HelpScreen(ModalScreen[None]):
    """Lists `keys` by topic, and the marks of a document where `marks`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss", "Close", show=False)]

    def __init__(self, keys: tuple[Key, ...], *, marks: bool) -> None:
        super().__init__()
        self._keys = {key.name: key for key in (*keys, *EVERYWHERE)}
        self._marks = marks

    def compose(self) -> Iterator[Widget]:
        options: list[Option] = []
        for topic, lines in help_lines(self._keys.values()):
            options.append(Option(Text(topic, "bold underline"), disabled=True))
            options += [Option(_line(shown, key.help)) for shown, key in lines]
        if self._marks:
            options.append(Option(Text("Marks", "bold underline"), disabled=True))
            options += [Option(_line(marks, what)) for marks, what in _MARKS]
        shown = OptionList(*options, id="help")
        shown.border_title, shown.border_subtitle = "Keys", "Esc closes"
        yield shown


def _line(name: str, what: str) -> Table:
    """`name` and beside it `what`, on as many lines as it takes."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, width=_NAME_CELLS, style="bold")
    table.add_column()
    table.add_row(Text(name), Text(what))
    return table
