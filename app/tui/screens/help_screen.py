"""The keys and commands of a screen, and what its marks mean."""

from rich.table import Table
from rich.text import Text

from docqa.app.tui.keymap import EVERYWHERE, Key, help_lines, matching
from docqa.app.tui.screens.choice_screen import ChoiceScreen, Row

_NAME_CELLS = 10
_MARKS = (
    (
        "●  ◐  ○",
        "an answer; a passage that may answer; not found. The bar beside it is the chance that it is right",
    ),
    ("≈  ~", "the quote has other signs between its words; or some of its words differ"),
    ("✗  ?", "the quote was found nowhere; or its place has no usable text"),
    ("▌  ┃", "beside the text: the cite you follow, and a passage that was looked at"),
    ("│  ·", "beside the text: another quote of the answer, a search hit"),
    ("▒  ✎", "beside the text: your highlight, and one with a note"),
    ("→", "beside the text: the selected reference, and where one led; references are underlined"),
    ("▁▃▆█", "the strip: how well each part of the document matches the question"),
    ("▲  ◆  │", "below it: a cite, the one you follow, where you are"),
)


class HelpScreen(ChoiceScreen):
    """Lists `keys` by topic, narrowed by what is typed, and where `marks` those of a document;
    Enter runs what is chosen below."""

    def __init__(self, keys: tuple[Key, ...], *, marks: bool) -> None:
        super().__init__("Keys and commands", "words of what you want to do; Enter does it")
        self._keys = (*keys, *EVERYWHERE)
        self._marks = marks

    def rows(self, words: str) -> list[Row]:
        found: list[Row] = []
        for topic, lines in help_lines(matching(self._keys, words)):
            found += [
                (Text(topic, "bold underline"), None),
                *((_line(shown, key.help), key) for shown, key in lines),
            ]
        if self._marks and not words:
            found += [
                (Text("Marks", "bold underline"), None),
                *((_line(marks, what), None) for marks, what in _MARKS),
            ]
        return found

    async def chosen(self, choice: Key) -> None:
        if choice.action:
            await self.app.screen.run_action(choice.action)


def _line(name: str, what: str) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, width=_NAME_CELLS, style="bold")
    table.add_column()
    table.add_row(Text(name), Text(what))
    return table
