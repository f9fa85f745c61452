"""The line at the bottom: a question by default, else what to search, where to go, or where to export to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

if TYPE_CHECKING:
    from textual import events

# mode: (label, what the empty line says)
MODES = {
    "ask": ("Ask", "a question about this document, then Enter"),
    "find": ("Find", "words to look for, found as you type"),
    "goto": ("Go to", "a printed page number, PDF 14, or the number of a section"),
    "export": ("Export to", "the file to write: .md, or .html for one page with all of it"),
    "note": ("Note", "your note on these words, then Enter"),
}


class _Line(Input):
    """The input itself. What is pasted becomes one line: words copied out of a document are often several."""

    async def on_key(self, event: events.Key) -> None:
        """Enter is carried out before the keys behind it, and those are no longer typed here when it left the line."""
        if self.screen.focused is not self:
            event.stop()
            event.prevent_default()
            bound = self.screen.active_bindings.get(event.key)
            if bound is not None and bound.enabled:
                await self.app.run_action(bound.binding.action, default_namespace=bound.node)
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            await self.action_submit()

    async def action_submit(self) -> None:
        """Enter what is in the line, now: a message would let the keys behind Enter be typed into it."""
        bar = self.parent
        assert isinstance(bar, LineBar)
        self.screen.line_entered(bar.mode, self.value.strip())  # type: ignore[attr-defined]

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.replace(" ".join(event.text.split()), *self.selection)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        # Textual does not know that the key called "slash" is typed, and would offer its command here.
        return key == "slash" or super().check_consume_key(key, character)


class LineBar(Horizontal):
    """One line of input with a label that says what it is for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave this line", key_display="Esc"),
        Binding("up", "move(-1)", "Previous", show=False),
        Binding("down", "move(1)", "Next", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Something was typed in `mode`."""

        mode: str
        text: str

    @dataclass
    class Moved(Message):
        """An arrow key was pressed in `mode`, for what is one `step` further."""

        mode: str
        step: int

    @dataclass
    class Left(Message):
        """The reader left the line in `mode`."""

        mode: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.mode = "ask"
        self._question = ""
        self._recalled = 0  # how far back among the earlier questions the line is

    def compose(self) -> Iterator[Widget]:
        yield Label("Ask", id="line-label")
        yield _Line(placeholder=MODES["ask"][1], id="line", compact=True)

    def on_descendant_focus(self) -> None:
        """Show that keys go here; Textual does not renew what stands in a widget whose `:focus-within` changes."""
        self.add_class("typing")

    def on_descendant_blur(self) -> None:
        self.remove_class("typing")

    async def on_click(self, event: events.Click) -> None:
        """A click on the label does what Enter does, so that a mouse alone will do; it writes where nothing is yet."""
        if event.widget is not self.query_one("#line-label"):
            return
        if self.input.value.strip():
            await self.query_one(_Line).action_submit()
        else:
            self.screen.set_focus(self.input)

    @property
    def input(self) -> Input:
        """The line itself."""
        return self.query_one("#line", Input)

    def enter(self, mode: str, text: str = "") -> None:
        """Ask for what `mode` says, with `text` to begin with. A question that was begun comes back later."""
        if self.mode == "ask":
            self._question = self.input.value
        self._set(mode, self._question if mode == "ask" else text)
        self.input.select_on_focus = mode == "export"  # what is typed replaces a name, and goes on with all else
        self.screen.set_focus(self.input)  # at once, which `focus` is not: what is typed meanwhile belongs here

    def recall(self, questions: Sequence[str], step: int) -> None:
        """Bring back the question `step` (-1 earlier) from the one shown; behind the last is what was begun."""
        if self._recalled == 0:
            self._question = self.input.value
        self._recalled = min(max(self._recalled - step, 0), len(questions))
        self.input.value = [self._question, *reversed(questions)][self._recalled]
        self.input.cursor_position = len(self.input.value)

    def reset(self) -> None:
        """Back to an empty question."""
        self._question = ""
        self._set("ask", "")

    def close(self) -> None:
        """Back to the question that was begun, if any."""
        if self.mode != "ask":
            self._set("ask", self._question)

    def action_leave(self) -> None:
        """Leave the line; the screen decides what has the focus then."""
        mode = self.mode
        self.close()
        self.post_message(self.Left(mode))

    def action_move(self, step: int) -> None:
        """The earlier or later question or hit; the screen knows it."""
        self.post_message(self.Moved(self.mode, step))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value == self.input.value:
            self.post_message(self.Changed(self.mode, event.value.strip()))

    def _set(self, mode: str, text: str) -> None:
        self.mode, self._recalled = mode, 0
        label, placeholder = MODES[mode]
        self.query_one("#line-label", Label).update(label)
        self.input.placeholder = placeholder
        self.input.value = text
        self.input.cursor_position = len(text)
