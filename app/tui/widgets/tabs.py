"""The names of the three panes, on one line, where only one of them is shown."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from docqa.app.tui.settings import key

# pane: (name of the action that shows it, how the line calls it)
_PANES = {"outline": ("outline", "Outline"), "page": ("text", "Text"), "answers": ("answers", "Answers")}


class PaneTabs(Static):
    """Shows which pane is shown; a click chooses one."""

    @dataclass
    class Chosen(Message):
        """The reader wants to see `pane`."""

        pane: str

    def show(self, pane: str) -> None:
        """Mark `pane` as the one that is shown."""
        parts: list[tuple[str, Style]] = []
        for name, (action, called) in _PANES.items():
            label = f"{key(self, action)} {called}"
            link = Style.from_meta({"@click": f"choose('{name}')"})
            here = name == pane
            parts.append((f"▸{label} " if here else f" {label} ", Style(bold=here, reverse=here) + link))
        self.update(Content.assemble(*parts))

    def action_choose(self, pane: str) -> None:
        """The target of the names."""
        self.post_message(self.Chosen(pane))
