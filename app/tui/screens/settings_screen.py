"""The settings of docqa, each with its value and where that comes from; one that is chosen is
changed in config.toml.
"""

from pathlib import PurePath

from rich.text import Text

from docqa.app import config
from docqa.app.tui import settings

from .choice_screen import ChoiceScreen, Row, ThemeScreen, has_words, table_line

_NAME_CELLS = 20
_OF_TUI = "tui."


class SettingsScreen(ChoiceScreen):
    def __init__(self, others: config.Settings) -> None:
        super().__init__("Settings", "words of a setting; Enter changes it")
        self._others = others

    def rows(self, words: str) -> list[Row]:
        here = [
            (_OF_TUI + each.name, each, about)
            for each, about in settings.settings_of(self).listed()
        ]
        others = [
            (name, each, config.KNOWN[name].help) for name, each in self._others.values.items()
        ]
        rows = list[Row]()
        for name, setting, about in (*here[:3], *others, *here[3:]):
            if has_words(f"{name} {about}", words):
                value = "not set" if setting.value is None else setting.value
                said = f"{value}  [{PurePath(setting.origin).name}]  {about}"
                rows.append((table_line(setting.name, said, _NAME_CELLS), name))
        return rows

    async def chosen(self, choice: str) -> None:
        themes = choice == "tui.theme"
        self.app.push_screen(ThemeScreen(self.app.theme) if themes else ValueScreen(choice))


class ValueScreen(ChoiceScreen):
    """The values that the setting `name` can have; any other is typed."""

    def __init__(self, name: str) -> None:
        super().__init__(name.removeprefix(_OF_TUI), "its value; Enter writes it into config.toml")
        self._setting = name

    def rows(self, words: str) -> list[Row]:
        known = settings.choices(self._setting)
        values = [value for value in known if has_words(value, words)]
        if words and not values:
            values = [words]
        rows: list[Row] = [(Text(value), value) for value in values]
        return rows if words else [*rows, (Text("the default"), "")]

    async def chosen(self, choice: str) -> None:
        self.app.save_setting(self._setting, choice)  # type: ignore[attr-defined]
