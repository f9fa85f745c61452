"""Every key of the interface, once: the bindings of the screens and the page of help are both made of this.

An action has a name, under which `[tui.keys]` of config.toml gives it another key. Imports no Textual.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.binding import BindingType


@dataclass(frozen=True)
class Key:
    """A key, what it does, and how the foot of the screen calls it (`short`, empty: not there).

    `name` is what config.toml calls the action, `action` what Textual runs (`go` names a move of Navigation, `mark` a
    method of Annotations); empty, the key belongs to a widget or to Textual itself and stays as it is. `topic` is the
    heading above it in the help.
    """

    name: str
    key: str
    action: str
    help: str
    short: str = ""
    group: str = ""
    topic: str = ""

    @property
    def shown(self) -> str:
        """The key as people write it: `/`, `Ctrl+P`, `Esc`."""
        return shown(self.key)


def _about(topic: str, *keys: Key) -> tuple[Key, ...]:
    """`keys` under the heading `topic` in the help."""
    return tuple(replace(key, topic=topic) for key in keys)


_CITE = "go to the cite with this number; before any question, ask the suggested one"
_CITES = tuple(Key(f"cite_{n}", str(n), f"go('follow_cite', {n - 1})", _CITE, group="1 … 9") for n in range(1, 10))
DOCUMENT = (
    *_about("General", Key("help", "?", "app.help('document')", "this page", "Help")),
    *_about(
        "Questions and answers",
        Key("question", "q", "line('ask')", "write a question", "Ask"),
        Key("read", "r", "read", "read the document now; continue what was stopped"),
        Key("stop", "escape", "stop_job", "stop the answer or the read, and keep it; leave the input line"),
        Key("next_cite", "n", "go('next_cite', 1)", "go to the next cite of this answer", "Next cite"),
        Key("previous_cite", "p", "go('next_cite', -1)", "go to the previous cite"),
        *_CITES,
        Key("looked_at", "v", "go('unfold')", "show or fold what else was looked at"),
        Key("next_answer", "]", "go('next_answer', 1)", "next answer"),
        Key("previous_answer", "[", "go('next_answer', -1)", "previous answer"),
    ),
    *_about(
        "Moving in the text",
        Key("back", "b", "go('back')", "go back to where you were", "Back"),
        Key("find", "/", "line('find')", "search in the document", "Find"),
        Key("next_hit", ">", "go('next_hit', 1)", "next search hit"),
        Key("previous_hit", "<", "go('next_hit', -1)", "previous search hit"),
        Key("go_to", "g", "line('goto')", "go to a printed page number, PDF 14, or a section", "Go to"),
        Key("follow", "f", "go('next_link', 1)", "select the next reference or footnote mark in the text"),
        Key("follow_previous", "F", "go('next_link', -1)", "select the previous one"),
        Key("go_there", "enter", "go('follow_selected_link')", "in the text: go where the selected reference points"),
    ),
    *_about(
        "Notes and copying",
        Key("select", "s", "mark('select')", "select a sentence of the text, then the next one"),
        Key("select_more", "S", "mark('select', True)", "make the selection a sentence longer"),
        Key("highlight", "h", "mark('highlight')", "highlight the selected words, or what you follow; again: no more"),
        Key("note", "w", "mark('begin_note')", "write a note on the selected words, or on what you follow"),
        Key("notes", "N", "notes", "your notes and highlights: go there, change, delete"),
        Key("copy", "y", "go('copy')", "copy the selected words, or the quote, with its cite"),
    ),
    *_about(
        "Panes",
        Key("outline", "o", "pane('outline')", "outline (Enter goes to a heading, Space opens it)"),
        Key("text", "t", "pane('page')", "text (page keys and arrows scroll)"),
        Key("answers", "a", "pane('answers')", "answers"),
        Key("picture", "i", "picture", "the page's own picture beside its text, where the terminal can show one"),
    ),
    *_about(
        "General",
        Key("export", "e", "export", "export questions, answers and notes as Markdown or HTML"),
        Key("library", "l", "library", "back to the list of documents", "Documents"),
    ),
)

# Keys of the text alone, while it has the focus.
PAGE = _about(
    "Moving in the text",
    Key("page_down", "space", "page_down", "a page of text down"),
    Key("line_down", "j", "scroll_down", "a line of text down"),
    Key("line_up", "k", "scroll_up", "a line of text up"),
)

LIBRARY = _about(
    "Documents",
    Key("help", "?", "app.help('library')", "this page", "Help"),
    Key("open", "enter", "", "open the document"),
    Key("recent", "h", "recent", "recent documents and questions", "Recent"),
    Key("refresh", "r", "refresh_list", "look for documents again", "Refresh"),
)

RECENT = _about(
    "Documents and questions",
    Key("help", "?", "app.help('recent')", "this page", "Help"),
    Key("open", "enter", "", "open the document, at the question where one is chosen"),
    Key("find", "/", "find", "show only documents and questions with these words", "Find"),
    Key("library", "l", "library", "the documents of this folder", "This folder"),
    Key("refresh", "r", "refresh_list", "look for documents again", "Refresh"),
    Key("stop", "escape", "clear", "show all again"),
)

EVERYWHERE = _about(
    "General",
    Key("commands", "ctrl+p", "", "all commands, headings and past questions"),
    Key("quit", "ctrl+q", "", "quit"),
)

TOPICS = (
    "Questions and answers", "Moving in the text", "Notes and copying", "Panes", "Documents",
    "Documents and questions", "General",
)  # fmt: skip
"""The headings of the help, in their order."""

SCREENS = {"document": (*DOCUMENT, *PAGE), "library": LIBRARY, "recent": RECENT}
"""The keys that are at work together, by the screen they belong to."""

_SHOWN = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}


def bindings(keys: tuple[Key, ...]) -> list[BindingType]:
    """The bindings of a screen, under the names by which a keymap replaces them."""
    from textual.binding import Binding

    return [
        Binding(key.key, key.action, key.short or key.help, show=bool(key.short), key_display=key.shown, id=key.name)
        for key in keys
        if key.action
    ]


def names() -> dict[str, Key]:
    """Every action that another key can be given to, by name; of one in several screens that of the first."""
    found: dict[str, Key] = {}
    for key in (key for keys in SCREENS.values() for key in keys if key.action):
        found.setdefault(key.name, key)
    return found


def with_chosen(keys: Iterable[Key], chosen: Mapping[str, str]) -> tuple[Key, ...]:
    """`keys` with those that `chosen` (name: key) replaces."""
    return tuple(replace(key, key=chosen[key.name]) if key.action and key.name in chosen else key for key in keys)


def help_lines(keys: Iterable[Key]) -> list[tuple[str, list[tuple[str, Key]]]]:
    """For every topic its keys, as they are shown, each once.

    The nine keys of the cites are one line while none of them was replaced.
    """
    listed = list(keys)
    grouped = all(key.key == key.name[-1] for key in listed if key.group)
    found: dict[str, dict[tuple[str, str], Key]] = {topic: {} for topic in TOPICS}
    for key in listed:
        shown_as = key.group if key.group and grouped else key.shown
        found[key.topic].setdefault((shown_as, key.help), key)
    return [(topic, [(each[0], key) for each, key in lines.items()]) for topic, lines in found.items() if lines]


def shown(key: str) -> str:
    """A key as people write it: `/`, `Ctrl+P`, `Esc`."""
    *modifiers, last = key.split("+") if len(key) > 1 else (key,)
    last = _SHOWN.get(last, last.capitalize() if len(last) > 1 else last)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last.upper() if modifiers else last])
