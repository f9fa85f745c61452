"""Whether a statement answers the question that was asked, and which sentences say so: the reader's
signals, weighed.

A statement may be borne out word for word and answer something else. The reader tells whether the
statement, read in the place of a text, answers the question, and whether a text does; what it would
answer itself is compared with the statement, in words and in the kind of value.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp

from docqa.app.answer.confidence import (
    SMALL_STATEMENT_BIAS,
    SMALL_STATEMENT_CHANCE,
    SMALL_STATEMENT_WEIGHTS,
    STATEMENT_BIAS,
    STATEMENT_CHANCE,
    STATEMENT_WEIGHTS,
    Signals,
    chance_from_log_odds,
)
from docqa.app.answer.grades import Verdict
from docqa.app.evidence.terms import terms
from docqa.app.facts.facts import kinds_of_values_in
from docqa.app.quotes.verifier import Located, LocatedSpans
from docqa.app.reading.rereading import SentenceOdds
from docqa.app.reading.wording.forms import fits_type_asked_for

from .candidates import words_and_values
from .literal import Differences
from .statements import starts_with_verdict

_SURE_VERDICT = 2.0
_SHARP = 2.0  # how much more a text counts for yes or no that rather answers


@dataclass(frozen=True)
class ReadQuestion:
    """A question; `words` and `places` of what the reader would answer, best first; `read`: what
    the reader makes of places, or of a text in the place of one; `passage_answers`: log-odds that
    the first passage does; `small`: a small model, as runs here, wrote what is judged."""

    question: str
    words: tuple[str, ...]
    places: LocatedSpans
    read: Callable[[Sequence[Sequence[Located] | str]], list[SentenceOdds]]
    passage_answers: float
    small: bool = False

    @property
    def least_chance_of_answer(self) -> float:
        """The chance from which a statement counts as an answer."""
        return SMALL_STATEMENT_CHANCE if self.small else STATEMENT_CHANCE


@dataclass(frozen=True)
class SentenceRun:
    """Sentences that may bear a statement out: their text, the share of the statement's words
    there, what differs.
    """

    places: LocatedSpans
    text: str
    share: float
    differs: Differences


def claim_after_verdict(statement: str, question: str) -> tuple[str, bool]:
    """(what a statement claims after a yes or no, whether it has no words beside that and the
    question's).
    """
    verdict, behind = starts_with_verdict(statement)
    bare = verdict is not None and set(terms(behind)) <= set(terms(question))
    return (behind if verdict and not bare else statement), bare


def chance_and_runs_that_answer(
    asked: ReadQuestion, statement: str, runs: Sequence[SentenceRun]
) -> tuple[float, list[tuple[float, SentenceRun]], list[Signals]]:
    """(the chance that `statement` answers and some of `runs` say so, those that do with the chance
    of each, and the signals of each that differs in nothing). A bare yes or no has to be what the
    reader reads there."""
    verdict, (claim, bare) = (
        starts_with_verdict(statement)[0],
        claim_after_verdict(statement, asked.question),
    )
    alone, *read = asked.read([statement, *(run.places for run in runs)])
    said = words_and_values(claim)
    agrees = _verdict_log_odds(verdict, read)
    most = max((text.answers for text in read), default=0.0)
    anywhere = dict[str, float](
        statement_answers=alone.answers,
        like_the_readers=max(
            (_share_of_words_in_both(said, words_and_values(words)) for words in asked.words),
            default=0.0,
        ),
        kinds_of_the_readers=_share_of_words_of_same_kind(claim, asked.words),
        wrong_type=float(not fits_type_asked_for(asked.question, claim)),
        other_verdict=min(agrees, 0.0),
        passage_answers=asked.passage_answers,
    )
    bias = SMALL_STATEMENT_BIAS if asked.small else STATEMENT_BIAS
    weights = SMALL_STATEMENT_WEIGHTS if asked.small else STATEMENT_WEIGHTS
    found: list[tuple[float, SentenceRun]] = []
    signals: list[Signals] = []
    for run, text in zip(runs, read, strict=True):
        each = {**anywhere, "share": run.share, "behind_the_best": text.answers - most}
        odds = bias + sum(weights[name] * value for name, value in each.items())
        if not run.differs:
            found.append(
                (
                    text.chance * chance_from_log_odds(agrees)
                    if bare
                    else chance_from_log_odds(odds),
                    run,
                )
            )
            signals.append(each)
    best = max((chance for chance, _ in found), default=0.0)
    saying = [
        (chance, run) for chance, run in found if chance >= min(best, asked.least_chance_of_answer)
    ]
    return best, saying, [] if bare else signals


def _verdict_log_odds(verdict: Verdict | None, read: Sequence[SentenceOdds]) -> float:
    """The log-odds of the verdict, in bounds, by the texts that rather answer; 0 without one."""
    if not verdict or not read:
        return 0.0
    most = max(text.answers for text in read)
    weights = [exp(_SHARP * (text.answers - most)) for text in read]
    yes = sum(weight * text.yes for weight, text in zip(weights, read, strict=True)) / sum(weights)
    return max(min(yes, _SURE_VERDICT), -_SURE_VERDICT) * (1 if verdict is Verdict.YES else -1)


def _share_of_words_in_both(said: Sequence[str], words: Sequence[str]) -> float:
    """The share, 0 to 1, of the words of both that they have in common."""
    shared = sum((Counter(said) & Counter(words)).values())
    return 2 * shared / (len(said) + len(words)) if shared else 0.0


def _share_of_words_of_same_kind(claim: str, words: Sequence[str]) -> float:
    """The share of `words`, which the reader would answer with, that have a value of a kind which
    `claim` has, or none as that: the reader's telling of what is asked for."""
    kinds = kinds_of_values_in(claim)
    alike = [not kinds.isdisjoint(each) or kinds == each for each in map(kinds_of_values_in, words)]
    return sum(alike) / max(len(alike), 1)
