"""A question among those before it, as it is asked of the documents."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from docqa.app.answer.events import Event, Finished, Preview
from docqa.app.answer.text import clip
from docqa.model.prompts.written_prompt import Turn

if TYPE_CHECKING:
    from docqa.app.history.records import KeptTurn
    from docqa.app.session.session import Session

# turns that a model is told, characters of each answer
_MOST_EARLIER = 4
_MOST_SAID = 240
_UNSAID = "not stated"
# characters of the question before and its answer, beside a follow-up
_MOST_BEFORE = 240
_MOST_ANSWER = 120
# characters of what is asked alone, too; how much surer
_LONGEST = 1_000
_CLEARLY = 0.05
_GOING_ON = 0.87
"""Of answers to follow-ups the confidence is taken so many times: of 15 with at least 0.8 without
it 10 were right.
"""


def asked_after(session: "Session", turns: "Sequence[KeptTurn]", question: str) -> str:
    """`question` made whole by a model that writes; where none does, and it goes on from the last
    of `turns` that did not fail, with that and its answer in brackets behind it, unless it has a
    surer answer without them."""
    asked = question.strip()
    before = next((turn for turn in reversed(turns) if turn.state != "failed"), None)
    if before is None or not asked:
        return asked
    if session.writes and (whole := session.completed(asked, told_turns(turns))) != asked:
        return whole
    if not session.goes_on(asked):
        return asked
    answer = before.answer.answer if before.answer is not None else None
    told = clip((before.understood or before.question).rstrip("?"), _MOST_BEFORE)
    joined = f"{asked} ({told}: {clip(answer, _MOST_ANSWER)})" if answer else f"{asked} ({told})"
    if not session.has_begun or len(joined) > _LONGEST:
        return joined
    ask = (
        session.answer if session.writing is None else session.writing.evidence.own.preview
    )  # which writes nothing
    alone = ask(asked)
    both = ask(joined)
    surer = not alone.refused and (both.refused or alone.confidence > both.confidence + _CLEARLY)
    return asked if surer else joined


def answered_after(
    session: "Session", turns: "Sequence[KeptTurn]", question: str, understood: str
) -> Iterator[Event]:
    """The events of the session for `understood`; the answers less sure where `question` goes on
    from `turns`.
    """
    less = _GOING_ON if turns and session.goes_on(question) else 1.0
    for event in session.ask(understood):
        if isinstance(event, Preview | Finished) and not event.answer.refused:
            event = replace(
                event,
                answer=replace(event.answer, confidence=round(event.answer.confidence * less, 4)),
            )
        yield event


def told_turns(turns: "Sequence[KeptTurn]") -> list[Turn]:
    """The last of `turns`, as a model is told them; of an answer also what was written without
    support.
    """
    told = []
    for turn in (turn for turn in turns if turn.state != "failed"):
        statements = turn.answer.statements if turn.answer is not None else ()
        said = (turn.answer and turn.answer.answer) or " ".join(each.text for each in statements)
        told.append(Turn(turn.understood or turn.question, clip(said or _UNSAID, _MOST_SAID)))
    return told[-_MOST_EARLIER:]
