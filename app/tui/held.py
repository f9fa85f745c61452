"""The keys as they hold in the running interface, for texts that name one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.tui import keymap
from docqa.app.tui.settings import TuiSettings

if TYPE_CHECKING:
    from textual.dom import DOMNode


def settings(node: DOMNode) -> TuiSettings:
    """The settings of the interface that `node` belongs to."""
    found = getattr(node.app, "settings", None)
    return found if isinstance(found, TuiSettings) else TuiSettings()


def key(node: DOMNode, name: str) -> str:
    """The key of the action `name`, as people write it."""
    (held,) = settings(node).held((keymap.names()[name],))
    return held.shown
