"""A reply that is checked, and mended once: the model is shown what no quote bears out, to cite or to withdraw it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from docqa.app.answer.events import Event, Notice
from docqa.app.answerers.generator import Reply
from docqa.app.answerers.remote.stream import RemoteError
from docqa.app.answerers.writing.checking import CheckedText
from docqa.app.answerers.writing.replies import STOPPED

MENDING = "the model is asked to cite or withdraw what no quote supports"
Checked = tuple[CheckedText | None, tuple[str, ...]]
"""(the statements of a reply with what bears them out, None where it has none; what to say of it)."""


def checked_and_mended(
    reply: Reply, check: Callable[[Reply], Checked],
    again: Callable[[str, Sequence[str]], Generator[Event, None, Reply]], stopped: Callable[[], bool] = bool,
) -> Generator[Event, None, Checked]:  # fmt: skip
    """The better of `reply` and what the model makes of it, shown what nothing bears out. `again`: has it write again,
    told its weak sentences. Nothing is mended once `stopped`."""
    checked, notes = check(reply)
    if checked is None or stopped() or not (weak := checked.weak if checked.good else checked.statements):
        return checked, notes
    try:
        second_reply = yield from again(reply.text, [item.written.plain for item in weak])
    except RemoteError as error:  # the first reply is there, whatever becomes of the second
        yield Notice(f"{error}; its first answer is kept")
        return checked, notes
    if stopped():  # half of a second reply says less than the whole first one
        return checked, (*notes, STOPPED)
    second, more = check(second_reply)
    return (second, more) if better(second, checked) else (checked, notes)


def better(second: CheckedText | None, first: CheckedText) -> bool:
    """Whether the second reply is to be taken: it states something that is borne out where the first does not, or no
    less of that and less that is not. None: the model withdrew all, which counts where nothing of the first was borne
    out."""
    if second is None:
        return not first.good
    if not first.good:
        return bool(second.good)
    return len(second.good) >= len(first.good) and len(second.weak) < len(first.weak)
