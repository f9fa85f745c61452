"""The prompt at the foot: a question by default, else what to search, where to go, a note, a file,
or a command.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from textual import events
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from docqa.app.tui import keymap
from docqa.app.tui.settings import settings_of

# mode: (label, what the empty line says)
MODES = {
    "ask": ("Ask", "a question about this document, or / for commands"),
    "filter": ("Find", "words of a name or a question; Enter opens, / for commands"),
    "each": ("Ask each", "a question to every document, a column more; or / for commands"),
    "extract": ("Extract", "contract, paper, opinion, report or the path of a TOML file"),
    "path": ("Open", "the path of a document or a folder"),
    "forget": ("Forget", "the path of a document of the list"),
    "find": ("Find", "words to look for, found as you type"),
    "goto": ("Go to", "a printed page number, PDF 14, a section's number or words of a heading"),
    "export": ("Export to", "the file to write: .md, or .html for one page with all of it"),
    "note": ("Note", "your note on these words, then Enter"),
    "password": ("Password", "of this document; it is stored nowhere"),
}
TALKING = ("ask", "filter", "each")
"""Modes whose empty line takes `?` and `/`."""
_OFFERED = 7  # commands above the line


def press(widget: Widget, key: str) -> None:
    """Do what `key` does where `widget` has the focus."""
    (binding,) = widget._bindings.get_bindings_for_key(key)
    getattr(widget, f"action_{binding.action}")()


class PromptLine(Input, inherit_bindings=False):
    """The line itself. Enter, and the arrow and page keys that it has no use for, are its
    owner's.
    """

    BINDINGS = [
        *(Binding(key, f"cursor_{key}", show=False) for key in ("left", "right")),
        *(Binding(f"ctrl+{key}", f"cursor_{key}_word", show=False) for key in ("left", "right")),
        *(
            Binding(key, f"move('{key}')", show=False)
            for key in ("up", "down", "pageup", "pagedown", "home", "end")
        ),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("ctrl+w", "delete_left_word", show=False),
        Binding("ctrl+u", "delete_left_all", show=False),
        Binding("enter,ctrl+j", "submit", show=False),
    ]

    def __init__(self, owner: Any, placeholder: str, *, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self._owner = owner
        self.cursor_blink = False  # what moves fights the reader

    def write(self, text: str) -> None:
        """Put `text`, as one line, where the cursor is: words copied out of a document are often
        several.
        """
        self.replace(text if len(text) == 1 else " ".join(text.split()), *self.selection)

    async def action_submit(self) -> None:
        """Enter what is in the line, now: a message would let the keys after Enter be typed into
        it.
        """
        await self._owner.entered(self.value.strip())

    def action_move(self, key: str) -> None:
        """Home and End are the ends of what is typed; all else, and those of an empty line, is the
        owner's.
        """
        if self.value and key in ("home", "end"):
            self.cursor_position = len(self.value) if key == "end" else 0
        else:
            self._owner.moved(key)


class Prompt(Vertical):
    """A framed line, labelled by what it is for, below those of `commands` that may be typed.
    `mode`: the usual one of MODES."""

    BINDINGS = [Binding("tab", "complete", show=False)]

    def __init__(self, owner: Any, commands: tuple[keymap.Key, ...], mode: str) -> None:
        super().__init__(id="bar")
        self._owner = owner
        self.mode = self._usual = mode
        self._commands = commands
        self._chosen = 0
        self._question = ""
        self._recalled = 0  # how far back among earlier questions
        self.line = PromptLine(self, MODES[mode][1], id="line")
        self._label = Label(MODES[mode][0], id="line-label")
        self._offer = Static("", id="offer", markup=False)
        self._offer.display = False

    def compose(self) -> Iterator[Widget]:
        yield self._offer
        with Horizontal(id="prompt"):
            yield self._label
            yield self.line

    async def on_click(self, event: events.Click) -> None:
        if event.widget is self._label and self.line.value.strip():
            await self.line.action_submit()
        else:
            self.screen.set_focus(self.line)

    async def entered(self, text: str) -> None:
        if not self.commanding:
            await self._owner.line_entered(self.mode, text)
            return
        command, argument = self.command
        if not command:
            self.notify(f"there is no command {text.split()[0]}", severity="warning", markup=False)
        else:
            self.reset()
            await self._owner.run_command(command, argument)

    def moved(self, key: str) -> None:
        if self.commanding and key in ("up", "down"):
            self.choose(1 if key == "down" else -1)
        else:
            self._owner.prompt_moved(self.mode, key)

    @property
    def commanding(self) -> bool:
        return self.mode in TALKING and self.line.value.startswith(("/", ":"))

    @property
    def matching(self) -> list[keymap.Key]:
        word = self.line.value[1:].partition(" ")[0]
        commands = settings_of(self).apply(self._commands)
        return keymap.matching_keys([key for key in commands if key.action and not key.group], word)

    @property
    def command(self) -> tuple[keymap.Key | None, str]:
        """(the command that Enter runs, what is typed after it)."""
        found = self.matching
        argument = self.line.value.partition(" ")[2].strip()
        return found[min(self._chosen, len(found) - 1)] if found else None, argument

    def choose(self, step: int) -> None:
        self._chosen = min(max(self._chosen + step, 0), max(len(self.matching) - 1, 0))
        self._show_commands()

    def action_complete(self) -> None:
        command = self.command[0] if self.commanding else None
        if not command:
            self.screen.focus_next()
        else:
            self.line.value = f"/{command.command} "
            self.line.cursor_position = len(self.line.value)

    def _show_commands(self) -> None:
        found = self.matching if self.commanding else []
        self._offer.display = bool(found)
        first = max(min(self._chosen - _OFFERED // 2, len(found) - _OFFERED), 0)
        lines = [
            Content.styled(
                f"/{key.command:<16} {key.help}  ({key.shown})",
                "reverse" if at == self._chosen else "",
            )
            for at, key in enumerate(found[first : first + _OFFERED], start=first)
        ]
        self._offer.update(Content("\n").join(lines))

    def enter(self, mode: str, text: str = "") -> None:
        """Ask for what `mode` says, with `text` to begin with. A question that was begun comes back
        later.
        """
        if self.mode == self._usual:
            self._question = "" if self.commanding else self.line.value
        self._set(mode, self._question if mode == self._usual else text)
        self.screen.set_focus(self.line)  # at once, which `focus` is not

    def recall(self, questions: Sequence[str], step: int) -> None:
        """Bring back the question `step` (-1 earlier) from the one shown; after the last is what
        was begun.
        """
        if self._recalled == 0:
            self._question = self.line.value
        self._recalled = min(max(self._recalled - step, 0), len(questions))
        self.line.value = [self._question, *reversed(questions)][self._recalled]
        self.line.cursor_position = len(self.line.value)

    def reset(self) -> None:
        self._question = ""
        self._set(self._usual, "")

    def close(self) -> None:
        """Back to the question that was begun, if any."""
        if self.mode != self._usual:
            self._set(self._usual, self._question)

    def leave(self) -> str:
        """One step out: the mode that was left, "" where nothing is left; a question that is begun
        stays.
        """
        left = self.mode
        if self.mode != self._usual:
            self.close()
        elif self.line.value and (self.commanding or self.mode == "filter"):
            self.reset()
        else:
            left = ""
        return left

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value == self.line.value:
            self._chosen = 0
            self._show_commands()
            self._owner.prompt_changed(self.mode, "" if self.commanding else event.value.strip())

    def _set(self, mode: str, text: str) -> None:
        self.mode = mode
        self._recalled = 0
        label, self.line.placeholder = MODES[mode]
        self._label.update(label)
        self.line.password = mode == "password"
        self.line.value = text
        self.line.cursor_position = len(text)
