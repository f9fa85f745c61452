"""Whether a statement answers the question that was asked, and which sentences say so: the reader's signals, weighed.

A statement may be borne out word for word and answer something else. The reader tells whether the statement, read in
the place of a text, answers the question, and whether a text does; its judge, whether the text bears the statement out;
and what it would answer itself is compared with the statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from docqa.app.answer.grades import Support, Verdict
from docqa.app.answerers.writing.literal import Differences
from docqa.app.answerers.writing.refusals import starts_with_verdict
from docqa.app.answerers.writing.support import Judge
from docqa.app.evidence.terms import terms
from docqa.app.quotes.verifier import Located
from docqa.app.reading.answerability import chance_of, log_odds
from docqa.app.reading.candidates import Form
from docqa.app.reading.rereading import ReadAlone

ANSWERS = 0.42
"""The chance from which a statement counts as an answer."""
_BIAS = -1.99
_WEIGHTS = {
    "borne_out": 0.1, "borne_out_as_answer": 0.13, "text_answers": 0.12, "statement_answers": 0.45, "share": 1.49,
    "like_the_readers": 1.29, "in_the_readers": 1.0, "other_verdict": 0.25, "reasoned_verdict": -0.45,
    "no_verdict_asked": -0.7, "readers_place": 0.89, "differs": -0.84,
}  # fmt: skip
"""Fitted on what people answered to questions over documents that nothing was trained on, and on their answers to other
questions of the same document (model/training/NOTES.md). `share`: of the statement's words, by their weight."""
_SURE_VERDICT, _LEAST_BELIEVED = 2.0, 0.001
_SHARP = 2.0  # how much more a text counts for yes or no that rather answers


@dataclass(frozen=True)
class ReadQuestion:
    """A question and the `form` of its answer; `words` and `places` of what the reader would answer, best first;
    `read`: what the reader makes of places, or of a text in the place of one."""

    question: str
    form: Form
    words: tuple[str, ...]
    places: tuple[Located, ...]
    read: Callable[[Sequence[Sequence[Located] | str]], list[ReadAlone]]


@dataclass(frozen=True)
class Run:
    """Sentences that may bear a statement out: their text, the share of the statement's words there, what differs, and
    whether the reader would answer from one of them."""

    places: tuple[Located, ...]
    text: str
    share: float
    differs: Differences
    near: bool


def claim_of(statement: str, question: str) -> tuple[str, bool]:
    """(what a statement claims behind a yes or no, whether it has no words beside that and the question's)."""
    verdict, behind = starts_with_verdict(statement)
    bare = verdict is not None and set(terms(behind)) <= set(terms(question))
    return (behind if verdict is not None and not bare else statement), bare


def best_answer(asked: ReadQuestion, judge: Judge, statement: str, runs: Sequence[Run]) -> tuple[float, Run | None]:
    """The chance that `statement` answers the question and some of `runs` say so, and the shortest that does.

    A bare yes or no has to be what the reader reads there.
    """
    verdict, (claim, bare) = starts_with_verdict(statement)[0], claim_of(statement, asked.question)
    alone, *read = asked.read([statement, *(run.places for run in runs)])
    texts, said, agrees = [run.text for run in runs], terms(claim), _agreement(verdict, read)
    anywhere = _BIAS + _weighed(
        statement_answers=alone.answers,
        like_the_readers=max((_likeness(said, terms(words)) for words in asked.words), default=0.0),
        in_the_readers=max((_share(said, terms(words)) for words in asked.words), default=0.0),
        other_verdict=min(agrees, 0.0),
        reasoned_verdict=verdict is not None,
        no_verdict_asked=verdict is not None and asked.form is not Form.YES_NO,
    )
    found = [(0.0, 0, 0)]
    judged = judge([claim] * len(runs), texts)
    as_answer = judge([f"{asked.question.rstrip('?')}: {claim}"] * len(runs), texts)
    for at, (run, text, one, other) in enumerate(zip(runs, read, judged, as_answer, strict=True)):
        odds = anywhere + _weighed(
            text_answers=text.answers, borne_out=_believed(one), borne_out_as_answer=_believed(other), share=run.share,
            differs=bool(run.differs), readers_place=run.near,
        )  # fmt: skip
        chance = text.chance * chance_of(agrees) if bare else chance_of(odds)
        if not run.differs.decisive:
            found.append((chance, -len(run.places), at))
    best = max(found)[0]
    shortest = max((length, chance, at) for chance, length, at in found if chance >= min(best, ANSWERS))
    return best, runs[shortest[2]] if best else None


def _weighed(**signals: float) -> float:
    return sum(_WEIGHTS[name] * value for name, value in signals.items())


def _believed(chances: Mapping[Support, float]) -> float:
    """The log-odds, in bounds, that it is supported."""
    return log_odds(min(max(chances.get(Support.SUPPORTED, 0.0), _LEAST_BELIEVED), 1.0 - _LEAST_BELIEVED))


def _agreement(verdict: Verdict | None, read: Sequence[ReadAlone]) -> float:
    """The log-odds of the verdict, in bounds, by the texts that rather answer; 0 without one."""
    if verdict is None or not read:
        return 0.0
    most = max(text.answers for text in read)
    weights = [exp(_SHARP * (text.answers - most)) for text in read]
    yes = sum(weight * text.yes for weight, text in zip(weights, read, strict=True)) / sum(weights)
    return max(min(yes, _SURE_VERDICT), -_SURE_VERDICT) * (1 if verdict is Verdict.YES else -1)


def _likeness(said: Sequence[str], words: Sequence[str]) -> float:
    """The share, 0 to 1, of the words of both that they have in common."""
    shared = sum((Counter(said) & Counter(words)).values())
    return 2 * shared / (len(said) + len(words)) if shared else 0.0


def _share(said: Sequence[str], words: Sequence[str]) -> float:
    """The share of the different words of `said` that are among `words`."""
    return len(set(said) & set(words)) / max(len(set(said)), 1)
