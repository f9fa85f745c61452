"""`[tui]` of config.toml: theme and images, checked before anything is drawn.

    [tui]
    theme = "docqa-light"
    pictures = "off"

What is not set there has its default.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from docqa.app import config, report
from docqa.app.config import nearest
from docqa.app.errors import UsageError
from docqa.app.tui import themes

IMAGES = ("auto", "off", "kitty", "iterm")
_KEYS = "keys"  # which earlier versions read


@dataclass(frozen=True)
class TuiSettings:
    """`present`: all that config.toml sets; `origin`: its path."""

    theme: str = themes.AUTO
    pictures: str = "auto"
    present: frozenset[str] = frozenset()
    origin: str = ""

    def lines(self) -> list[str]:
        """Every setting with its value and origin, for `docqa doctor`."""
        lines = []
        for name in ("theme", "pictures"):
            origin = self.origin if name in self.present else "default"
            lines.append(f"{name} = {getattr(self, name)}  [{origin}]")
        return lines


def from_table(table: Mapping[str, object], origin: str) -> TuiSettings:
    """The settings of the table `[tui]` in the file `origin`. Raises UsageError, naming it, for
    what it does not know."""
    known = {"theme": themes.names(), "pictures": IMAGES}
    chosen = {}
    for name, value in table.items():
        if name == _KEYS:
            report.warn(f"{origin}: [tui.keys] is not read any more; / runs every command by name")
            continue
        if name not in known:
            raise UsageError(
                f"unknown key 'tui.{name}'", where=origin, hint=nearest(name, tuple(known))
            )
        if value not in known[name]:
            what = f"tui.{name} {value!r} is not known"
            raise UsageError(what, where=origin, hint=nearest(str(value), known[name]))
        chosen[name] = str(value)
    return TuiSettings(**chosen, present=frozenset(chosen), origin=origin)


def load() -> TuiSettings:
    """The settings of this user. Raises UsageError."""
    return from_table(config.table("tui"), str(config.config_path()))
