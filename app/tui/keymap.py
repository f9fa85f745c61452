"""Every key of the interface, from keys.toml: bindings, commands and help are made of this. Imports
no Textual.
"""

import tomllib
from collections.abc import Iterable
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
DOCUMENT, LIBRARY, EVERYWHERE = map(_load_keys, ("document", "library", "everywhere"))
TOPICS = (
    "Questions and answers",
    "Moving in the text",
    "Notes and copying",
    "Panes",
    "Documents",
    "General",
)

SCREENS = {"document": DOCUMENT, "library": LIBRARY}
"""The keys at work together."""

_SHOWN = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}


def bindings(keys: tuple[Key, ...]) -> "list[BindingType]":
    """The bindings of a screen."""
    from textual.binding import Binding

    return [
        Binding(key.key, key.action, key.short or key.help, show=bool(key.short))
        for key in keys
        if key.action
    ]


def shown_key(name: str) -> str:
    """The key of the action `name`, as people write it."""
    return next(key.shown for keys in SCREENS.values() for key in keys if key.name == name)


def matching_keys(keys: Iterable[Key], words: str) -> list[Key]:
    """The keys whose name or help has all of `words`; those first whose name begins with them."""
    wanted = words.casefold().replace("-", "_").replace("/", "").split()
    found = [
        key
        for key in keys
        if all(word in f"{key.name} {key.help} {key.topic}".casefold() for word in wanted)
    ]
    return sorted(found, key=lambda key: not all(key.name.startswith(word) for word in wanted[:1]))


def help_lines(keys: Iterable[Key]) -> list[tuple[str, list[tuple[str, Key]]]]:
    """For every topic its keys as shown, each once; the nine keys of the cites are one line."""
    found: dict[str, dict[tuple[str, str], Key]] = {topic: {} for topic in TOPICS}
    for key in keys:
        found[key.topic].setdefault((key.group or key.shown, key.help), key)
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
