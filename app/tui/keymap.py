"""Every key of the interface, once: the bindings of the screens and the page of help are both made of this."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Key:
    """A key, what it does, and how the foot of the screen calls it (`short`, empty: not there)."""

    key: str
    action: str
    help: str
    short: str = ""
    shown: str = ""

    @property
    def name(self) -> str:
        """The key as the help writes it."""
        return self.shown or self.key


DOCUMENT = (
    Key("q", "question", "write a question", "Ask"),
    Key("n", "cite(1)", "go to the next cite of this answer", "Next cite"),
    Key("p", "cite(-1)", "go to the previous cite", "Previous"),
    *(Key(str(n), f"stop({n - 1})", "go to the cite with this number", shown="1 … 9") for n in range(1, 10)),
    Key("b", "back", "go back to where you were", "Back"),
    Key("slash", "find", "search in the document", "Find", "/"),
    Key("greater_than_sign", "hit(1)", "next place of the search", shown=">"),
    Key("less_than_sign", "hit(-1)", "previous place of the search", shown="<"),
    Key("g", "goto", "go to a page as printed, PDF 14, or a section", "Go to"),
    Key("right_square_bracket", "turn(1)", "next answer", shown="]"),
    Key("left_square_bracket", "turn(-1)", "previous answer", shown="["),
    Key("y", "copy", "copy the quote with its cite"),
    Key("e", "export", "export questions and answers as Markdown"),
    Key("r", "read", "read the document now; go on with what was stopped"),
    Key("o", "pane('outline')", "outline (Enter goes to a heading, space opens it)"),
    Key("t", "pane('page')", "text (space, page keys and arrows scroll)"),
    Key("a", "pane('answers')", "answers"),
    Key("l", "library", "back to the library"),
    Key("escape", "stop_job", "stop the answer or the read, and keep it; leave a line of input", shown="Esc"),
    Key("question_mark", "help", "this page", "Help", "?"),
)

EVERYWHERE = (
    Key("ctrl+p", "", "all commands, headings and past questions", shown="Ctrl+P"),
    Key("ctrl+q", "", "quit", shown="Ctrl+Q"),
)

LIBRARY = (
    Key("enter", "", "open the document", shown="Enter"),
    Key("r", "refresh_list", "look again", "Look again"),
    Key("question_mark", "help", "this page", "Help", "?"),
)


def bindings(keys: tuple[Key, ...]) -> list[BindingType]:
    """The bindings of a screen; a key without an action belongs to a widget or to the app."""
    return [
        Binding(key.key, key.action, key.short or key.help, show=bool(key.short), key_display=key.shown or None)
        for key in keys
        if key.action
    ]


def help_lines(keys: tuple[Key, ...]) -> list[tuple[str, str]]:
    """(key, what it does), each once."""
    return list(dict.fromkeys((key.name, key.help) for key in keys))
