"""`[tui]` of config.toml: theme, pictures and keys, checked before anything is drawn.

    [tui]
    theme = "docqa-light"
    pictures = "off"

    [tui.keys]
    next_cite = "f6"

What is not set there has its default.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Any

from docqa.app import config
from docqa.app.config import Setting, nearest_name_hint
from docqa.app.errors import UsageError

from . import keymap, themes

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from .keymap import Key

IMAGES = ("auto", "off", "kitty", "iterm", "sixel", "blocks")

_NAMED = (
    "escape",
    "space",
    "backspace",
    "delete",
    "insert",
    "home",
    "end",
    "pageup",
    "pagedown",
    "up",
    "down",
    "left",
    "right",
    "enter",
    "tab",
    *(f"f{number}" for number in range(1, 25)),
)
_PLAIN_KEYS = frozenset(ascii_lowercase + digits)
_MODIFIED = re.compile(r"((?:ctrl|shift|alt)\+)+(.+)")
# Without these keys nobody could move in lists, text and input, or leave.
_FIXED = {
    **dict.fromkeys(
        ("up", "down", "left", "right", "pageup", "pagedown", "home", "end"),
        "moves in lists and text",
    ),
    **dict.fromkeys(("enter", "tab", "shift+tab"), "chooses in lists and moves between panes"),
    **dict.fromkeys(("backspace", "delete", "space", "left", "right"), "edits what is typed"),
    "ctrl+q": "quits",
    "ctrl+c": "is the terminal's own",
}


@dataclass(frozen=True)
class TuiSettings:
    """`keys`: those that config.toml changes, by action; `present`: all that it sets; `origin`: its
    path.
    """

    theme: str = themes.AUTO
    pictures: str = "auto"
    bell: str = "off"
    keys: Mapping[str, str] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    origin: str = ""

    def apply(self, keys: "tuple[Key, ...]") -> "tuple[Key, ...]":
        return keymap.with_chosen(keys, self.keys)

    def listed(self) -> list[tuple[Setting, str]]:
        """Every setting of `[tui]` with its origin, and what it is for."""
        found = [
            (self._setting("theme", self.theme, self.present), "the colours"),
            (self._setting("pictures", self.pictures, self.present), "how images are shown"),
            (self._setting("bell", self.bell, self.present), "sound when a question is answered"),
        ]
        for name, key in keymap.keys_by_name().items():
            value = self.keys.get(name, key.key)
            found.append((self._setting(name, value, self.keys, "keys."), key.help))
        return found

    def _setting(self, name: str, value: str, present: Collection[str], table: str = "") -> Setting:
        return Setting(f"{table}{name}", value, self.origin if name in present else "default")

    def lines(self) -> list[str]:
        """Every setting with its value and origin, for `docqa doctor`."""
        return [
            f"{each.name} = {each.value}  [{each.origin}]  {about}" for each, about in self.listed()
        ]


def from_table(table: Mapping[str, object], origin: str) -> TuiSettings:
    """The settings of the table `[tui]` in the file `origin`. Raises UsageError, naming it, for
    what it does not know, and a key used twice."""
    known = _choices() | {"keys": ()}
    for name, value in table.items():
        if name not in known:
            raise UsageError(
                f"unknown key 'tui.{name}'",
                where=origin,
                hint=nearest_name_hint(name, tuple(known)),
            )
        if name != "keys" and value not in known[name]:
            what = f"tui.{name} {value!r} is not known"
            raise UsageError(what, where=origin, hint=nearest_name_hint(str(value), known[name]))
    keys = table.get("keys", {})
    if not isinstance(keys, Mapping):
        raise UsageError('tui.keys must have lines of the form action = "key"', where=origin)
    for name, value in keys.items():
        _check_key(name, value, origin)
    for screen, of_screen in keymap.SCREENS.items():
        _check_once(screen, keymap.with_chosen(of_screen, keys), origin)
    chosen = {name: str(value) for name, value in table.items() if name != "keys"}
    return TuiSettings(**chosen, keys=keys, present=frozenset(table), origin=origin)


def choices(name: str) -> tuple[str, ...]:
    """The values that a setting may have, one of `[tui]` as `tui.theme`; none where any text may be
    one.
    """
    return _choices().get(name.removeprefix("tui."), ())


def _choices() -> dict[str, tuple[str, ...]]:
    return {"theme": themes.names(), "pictures": IMAGES, "bell": ("off", "on")}


def save(name: str, words: str) -> None:
    """Set `name` in config.toml, in a table as `tui.theme`, to what `words` say; without words it
    gets its default. Raises UsageError for what it cannot be, ResourceError, OSError."""
    from docqa.app.models.choose import set_values

    path = config.config_path()
    value: object = words or None
    if name in config.KNOWN:
        value = config.make_setting(name, words, str(path)).value if words else None
    else:
        of_tui = dict(config.load_table("tui"))
        *_, table, key_name = name.split(".")
        part: Any = of_tui
        if table == "keys":
            part = of_tui["keys"] = dict(part.get("keys", {}))
        part[key_name] = words
        if not words:
            del part[key_name]
        from_table(of_tui, str(path))
    set_values(path, {name: value})


def load() -> TuiSettings:
    """The settings of this user. Raises UsageError."""
    return from_table(config.load_table("tui"), str(config.config_path()))


def settings_of(node: "DOMNode") -> TuiSettings:
    return node.app.settings  # type: ignore[attr-defined, no-any-return]


def key(node: "DOMNode", name: str) -> str:
    """The key of the action `name` in the interface of `node`, as people write it."""
    return settings_of(node).apply((keymap.keys_by_name()[name],))[0].shown


def _check_key(name: str, value: object, origin: str) -> None:
    known = keymap.keys_by_name()
    if name not in known:
        raise UsageError(
            f"tui.keys: unknown action {name!r}",
            where=origin,
            hint=nearest_name_hint(name, tuple(known)),
        )
    if not isinstance(value, str) or not _is_key(value):
        hint = 'a name such as "f5", "ctrl+n" or "alt+left"; a plain letter is part of a question'
        raise UsageError(f"tui.keys.{name}: {value!r} is not a key", where=origin, hint=hint)
    if value in _FIXED:
        what = f"tui.keys.{name}: {value} {_FIXED[value]} and cannot be reassigned"
        raise UsageError(what, where=origin, hint="choose another key")


def _is_key(value: str) -> bool:
    modified = _MODIFIED.fullmatch(value)
    named = modified[2] if modified else value
    # A terminal sends A for shift+a, and something else for ctrl+?.
    plain = modified is not None and "shift+" not in value and named in _PLAIN_KEYS
    return plain or named in _NAMED


def _check_once(screen: str, keys: "tuple[Key, ...]", origin: str) -> None:
    taken: dict[str, str] = {}
    for key in keys:
        other = taken.setdefault(key.key, key.name)
        if other != key.name:
            what = f"tui.keys: {key.key!r} is both {other} and {key.name} on the {screen} screen"
            raise UsageError(what, where=origin, hint=f"give {key.name} or {other} another key")
