"""What an event of the session changes in the question that it belongs to. No Textual here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.answer import events

if TYPE_CHECKING:
    from docqa.app.tui.kept_turns import Turn


def take(event: events.Event, turn: Turn) -> None:
    """Change `turn` as `event` says: an answer that replaces a preliminary one takes its place."""
    if isinstance(event, events.ReadProgress):
        turn.state = "preview" if turn.answer is not None else "reading"
    elif isinstance(event, events.Preview):
        turn.answer, turn.state = event.answer, "preview"
    elif isinstance(event, events.Finished):
        turn.answer, turn.state, turn.note = event.answer, "done", ""


def begin_again(turn: Turn) -> None:
    """Forget what an earlier attempt left."""
    turn.state, turn.answer, turn.note, turn.scores = "waiting", None, "", []
