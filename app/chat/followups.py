"""A question among those before it, as it is asked of the documents."""

from collections.abc import Sequence

from docqa.app.answer.confidence import FOLLOWUP_LEAD
from docqa.app.answer.text import clip
from docqa.app.history.records import StoredTurn
from docqa.app.session.session import Session

# of the question before and of its answer, in brackets after a follow-up
_QUESTION_CHARACTERS = 240
_ANSWER_CHARACTERS = 120
_LONGEST_QUESTION = 1_000  # characters that are also asked without the brackets


def complete_question(session: Session, turns: Sequence[StoredTurn], question: str) -> str:
    """`question`; a follow-up with the last question that did not fail and its answer in brackets,
    unless it has a surer answer alone."""
    asked = question.strip()
    answered = [turn for turn in turns if turn.state != "failed"]
    if not answered or not asked or not session.is_follow_up(asked):
        return asked
    before = answered[-1]
    context = clip((before.understood or before.question).rstrip("?"), _QUESTION_CHARACTERS)
    answer = before.answer.answer if before.answer else None
    if answer:
        context = f"{context}: {clip(answer, _ANSWER_CHARACTERS)}"
    joined = f"{asked} ({context})"
    if not session.has_begun or len(joined) > _LONGEST_QUESTION:
        return joined
    # what cuts answers from the documents writes nothing
    ask = session.writing.evidence.own.preview if session.writing else session.answer
    alone = ask(asked)
    both = ask(joined)
    surer = both.refused or alone.confidence > both.confidence + FOLLOWUP_LEAD
    return asked if surer and not alone.refused else joined
