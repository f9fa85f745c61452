"""Every key of the interface, from keys.toml: bindings, commands and help are made of this. Imports
no Textual.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.binding import BindingType


@dataclass(frozen=True)
class Key:
    """A key, what it does, and how the foot of the screen calls it (`short`, empty: not there).
    `topic`: its heading in the help; the others as in keys.toml."""

    name: str
    key: str
    action: str
    help: str
    short: str = ""
    group: str = ""
    topic: str = ""

    @property
    def shown(self) -> str:
        return key_text(self.key)

    @property
    def command(self) -> str:
        """What is typed after `/` for it."""
        return self.name.replace("_", "-")


def _load_keys(screen: str) -> tuple[Key, ...]:
    return tuple(
        replace(Key(*row), topic=part["topic"]) for part in _FILE[screen] for row in part["keys"]
    )


_FILE = tomllib.loads(Path(__file__).with_name("keys.toml").read_text(encoding="utf-8"))
DOCUMENT, LIBRARY, GRID, EVERYWHERE = map(_load_keys, ("document", "library", "grid", "everywhere"))
TOPICS = (
    "Questions and answers",
    "Moving in the text",
    "Notes and copying",
    "Panes",
    "Documents",
    "General",
)

SCREENS = {"document": DOCUMENT, "library": LIBRARY, "grid": GRID}
"""The keys at work together."""

_SHOWN = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}


def bindings(keys: tuple[Key, ...]) -> "list[BindingType]":
    """The bindings of a screen, under the names by which a keymap replaces them."""
    from textual.binding import Binding

    return [
        Binding(key.key, key.action, key.short or key.help, show=bool(key.short), id=key.name)
        for key in keys
        if key.action
    ]


def keys_by_name() -> dict[str, Key]:
    """Every action that another key can be given to, by name; of one in several screens that of the
    first.
    """
    found: dict[str, Key] = {}
    for key in (key for keys in SCREENS.values() for key in keys if key.action):
        found.setdefault(key.name, key)
    return found


def with_chosen(keys: Iterable[Key], chosen: Mapping[str, str]) -> tuple[Key, ...]:
    return tuple(
        replace(key, key=chosen[key.name]) if key.action and key.name in chosen else key
        for key in keys
    )


def matching_keys(keys: Iterable[Key], words: str) -> list[Key]:
    """The keys whose name or help has all of `words`; those first whose name begins with them."""
    wanted = words.casefold().replace("-", "_").replace("/", "").split()
    found = [
        key
        for key in keys
        if all(word in f"{key.name} {key.help} {key.topic}".casefold() for word in wanted)
    ]
    return sorted(found, key=lambda key: not all(key.name.startswith(word) for word in wanted[:1]))


def requested_key(keys: Iterable[Key], text: str) -> Key | None:
    """The key that does what `text` asks for in words."""
    words = f"{text.casefold()} ".removeprefix("please ")
    for name, beginnings in _FILE["requests"].items():
        if words.startswith(tuple(f"{beginning} " for beginning in beginnings)):
            return next((key for key in keys if key.name == name), None)
    return None


def help_lines(keys: Iterable[Key]) -> list[tuple[str, list[tuple[str, Key]]]]:
    """For every topic its keys as shown, each once; the nine keys of the cites are one line while
    none was replaced.
    """
    listed = list(keys)
    grouped = all(key.key == f"alt+{key.name[-1]}" for key in listed if key.group)
    found: dict[str, dict[tuple[str, str], Key]] = {topic: {} for topic in TOPICS}
    for key in listed:
        shown_as = key.group if key.group and grouped else key.shown
        found[key.topic].setdefault((shown_as, key.help), key)
    return [
        (topic, [(each[0], key) for each, key in lines.items()])
        for topic, lines in found.items()
        if lines
    ]


def key_text(key: str) -> str:
    """A key as people write it: `/`, `Ctrl+P`, `Esc`."""
    *modifiers, last = key.split("+") if len(key) > 1 else (key,)
    last = _SHOWN.get(last, last.capitalize() if len(last) > 1 else last)
    last = last.upper() if modifiers and len(last) == 1 else last
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])
