"""Every key of the interface, once: bindings, commands and help are made of this. Imports no Textual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.binding import BindingType


@dataclass(frozen=True)
class Key:
    """A key, what it does, and how the foot of the screen calls it (`short`, empty: not there). `name`: of the action
    in config.toml; `action`: what Textual runs (`go` a move of Navigation, `mark` a method of Annotations). `topic`:
    its heading in the help."""

    name: str
    key: str
    action: str
    help: str
    short: str = ""
    group: str = ""
    topic: str = ""

    @property
    def shown(self) -> str:
        return shown(self.key)

    @property
    def command(self) -> str:
        """What is typed behind `/` for it."""
        return self.name.replace("_", "-")


def _about(topic: str, *keys: Key) -> tuple[Key, ...]:
    return tuple(replace(key, topic=topic) for key in keys)


_CITE = "go to the cite with this number"
_CITES = tuple(
    Key(f"cite_{n}", f"alt+{n}", f"go('follow_cite', {n - 1})", _CITE, group="Alt+1-9") for n in range(1, 10)
)
DOCUMENT = (
    *_about("General", Key("help", "f1", "help", "keys, commands and marks; also ? in an empty line", "Help")),
    *_about(
        "Questions and answers",
        Key("read", "ctrl+r", "read", "go on with all that was stopped; read the document now"),
        Key("stop", "escape", "stop_job", "one step out: of a search, an answer under way, a pane"),
        Key("next_cite", "alt+n", "go('next_cite', 1)", "go to the next cite of this answer", "Next cite"),
        Key("previous_cite", "alt+p", "go('next_cite', -1)", "go to the previous cite"),
        *_CITES,
        Key("next_best", "ctrl+t", "next_best", "the next best answer to this question"),
        Key("looked_at", "alt+v", "go('unfold')", "show or fold what else was looked at"),
        Key("next_answer", "alt+down", "go('next_answer', 1)", "next answer"),
        Key("previous_answer", "alt+up", "go('next_answer', -1)", "previous answer"),
    ),
    *_about(
        "Moving in the text",
        Key("back", "alt+left", "go('back')", "go back to where you were", "Back"),
        Key("find", "ctrl+f", "line('find')", "search in the document", "Find"),
        Key("next_hit", "f3", "go('next_hit', 1)", "next search hit"),
        Key("previous_hit", "f2", "go('next_hit', -1)", "previous search hit"),
        Key("go_to", "ctrl+g", "line('goto')", "go to a printed page number, PDF 14, or a section", "Go to"),
        Key("follow", "f7", "go('next_link', 1)", "select the next reference or footnote mark in the text"),
        Key("follow_previous", "shift+f7", "go('next_link', -1)", "select the previous one"),
        Key("go_there", "alt+right", "go('follow_selected_link')", "go where the selected reference points"),
    ),
    *_about(
        "Notes and copying",
        Key("select", "alt+s", "mark('select')", "select a sentence of the text, then the next one"),
        Key("select_more", "alt+m", "mark('select', True)", "make the selection a sentence longer"),
        Key("highlight", "alt+h", "mark('highlight')", "highlight the selected words, or what you follow; or no more"),
        Key("note", "alt+w", "mark('begin_note')", "write a note on the selected words, or on what you follow"),
        Key("notes", "alt+l", "notes", "your notes and highlights: go there, change, delete"),
        Key("copy", "ctrl+y", "go('copy')", "copy the selected words, or the quote, with its cite"),
    ),
    *_about(
        "Panes",
        Key("outline", "alt+o", "pane('outline')", "outline (Enter goes to a heading, left and right open it)"),
        Key("text", "alt+t", "pane('page')", "text (arrows scroll it; page keys always do)"),
        Key("answers", "alt+a", "pane('answers')", "answers"),
        Key("picture", "alt+i", "picture", "the page's own picture beside its text, where the terminal can show one"),
        Key("zoom", "alt+z", "picture('enlarge')", "the picture twice, three times as large, then whole again"),
    ),
    *_about(
        "General",
        Key("export", "ctrl+s", "export", "export questions, answers and notes as Markdown or HTML"),
        Key("hidden", "f4", "hidden", "open it again with its hidden text, which a reader of the page cannot see"),
        Key("scans", "f8", "scans", "what was recognised on scanned pages, or what that takes (OCR)"),
        Key("library", "ctrl+l", "library", "back to the list of documents", "Documents"),
        Key("theme", "f9", "app.change_theme", "choose the colours"),
    ),
)

LIBRARY = _about(
    "Documents",
    Key("help", "f1", "help", "this page; also ? in an empty line", "Help"),
    Key("open", "enter", "", "open the document, or the question; letters of its name filter the list"),
    Key("select", "alt+s", "mark", "select the document, or no more; Enter opens all that are selected", "Select"),
    Key("ask_together", "alt+a", "ask_together", "ask all in the list together, or the selected ones", "Ask all"),
    Key("open_path", "ctrl+p", "line('path')", "open the document or folder at a path"),
    Key("sort", "f6", "sort", "order by name, date, size, or when it was last used", "Sort"),
    Key("recent", "ctrl+o", "recent", "what you read and asked before, too; or this folder alone", "Recent"),
    Key("reveal", "alt+r", "reveal", "list the folder that the document is in"),
    Key("forget", "alt+d", "forget", "delete what docqa keeps of the document: its text, questions and answers"),
    Key("refresh", "f5", "refresh_list", "look for documents again", "Refresh"),
    Key("stop", "escape", "clear", "show all again"),
    Key("theme", "f9", "app.change_theme", "choose the colours"),
)

EVERYWHERE = _about(
    "General",
    Key("ask", "enter", "", "ask what is typed; a letter typed anywhere goes to the line at the foot"),
    Key("commands", "/", "", "in an empty line: all commands, by their names"),
    Key("earlier", "up", "", "in the line: earlier questions; Tab goes from pane to pane"),
    Key("quit", "ctrl+q", "app.quit", "quit"),
)

TOPICS = (
    "Questions and answers", "Moving in the text", "Notes and copying", "Panes", "Documents", "General",
)  # fmt: skip

SCREENS = {"document": DOCUMENT, "library": LIBRARY}
"""The keys at work together."""

_SHOWN = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}


def bindings(keys: tuple[Key, ...]) -> list[BindingType]:
    """The bindings of a screen, under the names by which a keymap replaces them."""
    from textual.binding import Binding

    return [
        Binding(key.key, key.action, key.short or key.help, show=bool(key.short), id=key.name)
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
    return tuple(replace(key, key=chosen[key.name]) if key.action and key.name in chosen else key for key in keys)


def matching(keys: Iterable[Key], words: str) -> list[Key]:
    """The keys whose name or help has all of `words`; those first whose name begins with them."""
    wanted = words.casefold().replace("-", "_").replace("/", "").split()
    found = [key for key in keys if all(word in f"{key.name} {key.help} {key.topic}".casefold() for word in wanted)]
    return sorted(found, key=lambda key: not all(key.name.startswith(word) for word in wanted[:1]))


def help_lines(keys: Iterable[Key]) -> list[tuple[str, list[tuple[str, Key]]]]:
    """For every topic its keys as shown, each once; the nine keys of the cites are one line while none was replaced."""
    listed = list(keys)
    grouped = all(key.key == f"alt+{key.name[-1]}" for key in listed if key.group)
    found: dict[str, dict[tuple[str, str], Key]] = {topic: {} for topic in TOPICS}
    for key in listed:
        shown_as = key.group if key.group and grouped else key.shown
        found[key.topic].setdefault((shown_as, key.help), key)
    return [(topic, [(each[0], key) for each, key in lines.items()]) for topic, lines in found.items() if lines]


def shown(key: str) -> str:
    """A key as people write it: `/`, `Ctrl+P`, `Esc`."""
    *modifiers, last = key.split("+") if len(key) > 1 else (key,)
    last = _SHOWN.get(last, last.capitalize() if len(last) > 1 else last)
    last = last.upper() if modifiers and len(last) == 1 else last
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])
