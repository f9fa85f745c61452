"""A question among those before it: what a follow-up is asked with, and what a model that writes is told of the turns
before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from docqa.app.answer.text import clip

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer
    from docqa.app.history.records import KeptTurn
    from docqa.app.session.session import Session
    from docqa.model.prompts.conversation import Turn

_MOST_EARLIER, _MOST_SAID = 6, 1_000  # turns that go along with a question, characters of each answer
_MOST_BEFORE, _MOST_ANSWER = 240, 120  # characters of the question before and its answer, beside a follow-up


def asked_after(session: Session, turns: Sequence[KeptTurn], question: str) -> str:
    """`question`, with the last of `turns` that did not fail and its answer in brackets behind it where it goes on from
    there: the passages are ranked and read with all of it. A model that is told the turns gets it as it is."""
    asked = question.strip()
    before = next((turn for turn in reversed(turns) if turn.state != "failed"), None)
    if before is None or session.writes or not asked or not session.goes_on(asked):
        return asked
    answer = before.answer.answer if before.answer is not None else None
    told = clip((before.understood or before.question).rstrip("?"), _MOST_BEFORE)
    return f"{asked} ({told}: {clip(answer, _MOST_ANSWER)})" if answer else f"{asked} ({told})"


def told_turns(session: Session, turns: Sequence[KeptTurn]) -> list[Turn]:
    """The last of `turns` that were answered, for a model that writes; others are told nothing."""
    if not (turns and session.writes):
        return []
    from docqa.model.prompts.conversation import Turn

    told = [(turn.question, _said(turn.answer)) for turn in turns if turn.state == "done"]
    return [Turn(asked, clip(said, _MOST_SAID)) for asked, said in told if said][-_MOST_EARLIER:]


def _said(answer: Answer | None) -> str:
    """What was answered, or written without support."""
    if answer is None:
        return ""
    return answer.answer or " ".join(statement.text for statement in answer.statements)
