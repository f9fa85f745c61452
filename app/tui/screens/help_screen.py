"""What opens over a screen: its keys and what the marks mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from docqa.app.tui.keymap import EVERYWHERE, help_lines, matching
from docqa.app.tui.typing_screen import TypingScreen
from docqa.app.tui.widgets.prompt import PromptLine

if TYPE_CHECKING:
    from docqa.app.tui.keymap import Key

_NAME_CELLS = 10
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


class HelpScreen(ModalScreen[None], TypingScreen):
    """Lists `keys` by topic, narrowed by what is typed, and the marks of a document where `marks`; Enter runs what is
    chosen on the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1", "dismiss", "Close", show=False)]

    def __init__(self, keys: tuple[Key, ...], *, marks: bool) -> None:
        super().__init__()
        self._keys = (*keys, *EVERYWHERE)
        self._marks = marks
        self._runs: list[Key | None] = []
        self._shown = ""
        self.line = self._words = PromptLine(self, "words of what you want to do; Enter does it", id="words")
        self._list = OptionList(id="help")

    def compose(self) -> Iterator[Widget]:
        with Vertical(id="help-box") as box:
            box.border_title, box.border_subtitle = "Keys and commands", "Esc closes"
            yield self._words
            yield self._list

    async def on_mount(self) -> None:
        self._fill("")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.value.strip() != self._shown:
            self._fill(event.value)

    def _fill(self, words: str) -> None:
        options: list[Option] = []
        self._runs, self._shown = [], words.strip()
        for topic, lines in help_lines(matching(self._keys, words)):
            options += [Option(Text(topic, "bold underline"), disabled=True)]
            options += [Option(_line(shown, key.help)) for shown, key in lines]
            self._runs += [None, *(key for _, key in lines)]
        if self._marks and not self._shown:
            options.append(Option(Text("Marks", "bold underline"), disabled=True))
            options += [Option(_line(marks, what)) for marks, what in _MARKS]
        self._list.clear_options().add_options(options)
        self._list.highlighted = 1 if self._runs else None

    def moved(self, key: str) -> None:
        """Another line of the list."""
        moves = {"up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down"}
        getattr(self._list, f"action_{moves.get(key, 'first' if key == 'home' else 'last')}")()

    async def entered(self, text: str) -> None:
        """Run what is chosen, of what matches the words by now."""
        if text != self._shown:
            self._fill(text)
        await self._run(self._list.highlighted)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        await self._run(event.option_index)

    async def _run(self, at: int | None) -> None:
        key = self._runs[at] if at is not None and at < len(self._runs) else None
        if key is not None and key.action:
            self.dismiss()
            await self.app.screen.run_action(key.action)


def _line(name: str, what: str) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, width=_NAME_CELLS, style="bold")
    table.add_column()
    table.add_row(Text(name), Text(what))
    return table
