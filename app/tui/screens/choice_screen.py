"""Lists over a screen, narrowed by what is typed, of which Enter takes one: themes, keys, places."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from docqa.app.tui import themes
from docqa.app.tui.keymap import EVERYWHERE, Key, help_lines, matching_keys
from docqa.app.tui.typing_screen import TypingScreen
from docqa.app.tui.widgets.prompt import PromptLine, press

_NAME_CELLS = 10
_MARKS = (
    (
        "●  ◐  ○",
        "an answer; a passage that may answer; not found. The bar next to it is the chance that it is right",
    ),
    ("≈  ~", "the quote has other signs between its words; or some of its words differ"),
    ("✗  ?", "the quote was found nowhere; or its place has no usable text"),
    ("▌  ┃", "next to the text: the cite you follow, and a passage that was looked at"),
    ("│  ·", "next to the text: another quote of the answer, a search hit"),
    ("▒  ✎", "next to the text: your highlight, and one with a note"),
    ("→", "next to the text: the selected reference, and where one led; references are underlined"),
)

Row = tuple[RenderableType, Any]
"""(what is shown; what is chosen by it, None for a heading)."""


class ChoiceScreen(ModalScreen[None], TypingScreen):
    """Shows the `rows` of what is typed; Enter or a click hands one to `chosen`."""

    BINDINGS = [Binding("escape,f1", "leave", "Close", show=False)]

    def __init__(self, title: str, placeholder: str) -> None:
        super().__init__()
        self._title = title
        self._rows = list[Row]()
        self._shown = ""
        self.line = self._words = PromptLine(self, placeholder, id="words")
        self._list = OptionList(id="choices")

    def rows(self, words: str) -> list[Row]:
        """The rows that have `words`, best first."""
        raise NotImplementedError

    async def chosen(self, choice: Any) -> None:
        """Carry out what was chosen; the screen is gone."""

    def looked_at(self, choice: Any) -> None:
        """The cursor is at `choice`."""

    def compose(self) -> Iterator[Widget]:
        with Vertical(id="choice-box") as box:
            box.border_title = self._title
            box.border_subtitle = "Esc closes"
            yield self._words
            yield self._list

    async def on_mount(self) -> None:
        self.fill("")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.value.strip() != self._shown:
            self.fill(event.value)

    def fill(self, words: str) -> None:
        """Show the rows of `words`, the cursor near where it was."""
        at = self._list.highlighted or 0 if words.strip() == self._shown else 0
        self._shown = words.strip()
        self._rows = self.rows(self._shown)
        self._list.clear_options()
        self._list.add_options(
            [Option(shown, disabled=choice is None) for shown, choice in self._rows]
        )
        places = [number for number, (_, choice) in enumerate(self._rows) if choice is not None]
        self._list.highlighted = next(
            (number for number in places if number >= at), places[-1] if places else None
        )

    @property
    def choice(self) -> Any:
        at = self._list.highlighted
        return self._rows[at][1] if at is not None else None

    def moved(self, key: str) -> None:
        press(self._list, key)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self.is_current and self._list.highlighted == event.option_index:
            self.looked_at(self.choice)

    async def entered(self, text: str) -> None:
        if text != self._shown:
            self.fill(text)
        await self._take()

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._list.highlighted = event.option_index
        await self._take()

    async def _take(self) -> None:
        choice = self.choice
        if choice is not None:
            self.dismiss()
            await self.chosen(choice)

    def action_leave(self) -> None:
        self.dismiss()


class ThemeScreen(ChoiceScreen):
    """The themes, those first that are as dark as this one; each is shown while the cursor is at
    it.
    """

    def __init__(self, now: str) -> None:
        super().__init__("Colours", "words of a name; Enter keeps what is shown")
        self._before = now

    def rows(self, words: str) -> list[Row]:
        known = self.app.available_themes
        now = self.app.available_themes[self._before]
        found = [each for each in known.values() if has_words(each.name, words)]
        found.sort(
            key=lambda it: (
                it is not now,
                it.ansi != now.ansi,
                it.dark != now.dark,
                it.name not in (themes.DARK, themes.LIGHT),
            )
        )
        return [(each.name, each.name) for each in found]

    def looked_at(self, choice: str) -> None:
        self.app.theme = choice

    async def chosen(self, choice: str) -> None:
        self.app.theme = choice
        self.app.save_setting("tui.theme", choice)  # type: ignore[attr-defined]

    def action_leave(self) -> None:
        self.app.theme = self._before
        self.dismiss()


class PlaceScreen(ChoiceScreen):
    """Lists `places`, each as (its words, itself); `go` gets the one that is chosen."""

    def __init__(
        self, title: str, places: Sequence[tuple[str, Any]], go: Callable[[Any], None]
    ) -> None:
        super().__init__(title, "words of one; Enter goes there")
        self._places = places
        self._go = go

    def rows(self, words: str) -> list[Row]:
        return [(Text(shown), place) for shown, place in self._places if has_words(shown, words)]

    async def chosen(self, choice: Any) -> None:
        self._go(choice)


class HelpScreen(ChoiceScreen):
    """Lists `keys` by topic, narrowed by what is typed, and where `marks` those of a document;
    Enter runs what is chosen below."""

    def __init__(self, keys: tuple[Key, ...], *, marks: bool) -> None:
        super().__init__("Keys and commands", "words of what you want to do; Enter does it")
        self._keys = (*keys, *EVERYWHERE)
        self._marks = marks

    def rows(self, words: str) -> list[Row]:
        found: list[Row] = []
        for topic, lines in help_lines(matching_keys(self._keys, words)):
            found += [
                (Text(topic, "bold underline"), None),
                *((table_line(shown, key.help), key) for shown, key in lines),
            ]
        if not found:
            return [(Text("nothing here has these words; fewer or other ones may find it"), None)]
        if self._marks and not words:
            found += [
                (Text("Marks", "bold underline"), None),
                *((table_line(marks, what), None) for marks, what in _MARKS),
            ]
        return found

    async def chosen(self, choice: Key) -> None:
        if choice.action:
            await self.app.screen.run_action(choice.action)


def has_words(text: str, words: str) -> bool:
    """Whether `text` has all of `words`, in any case and order."""
    return all(word in text.casefold() for word in words.casefold().split())


def table_line(name: str, what: str, name_cells: int = _NAME_CELLS) -> Table:
    """`what`, next to `name` in a column of so many cells."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, width=name_cells, style="bold")
    table.add_column()
    table.add_row(Text(name), Text(what))
    return table
