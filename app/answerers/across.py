"""One answer out of those of several documents."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import PurePath

import numpy as np

from docqa.app.answer.answer import Answer, Quote, Statement, Usage
from docqa.app.answer.events import DocumentAnswered, Event, Finished, ReadProgress
from docqa.app.answer.grades import Status, Support
from docqa.app.answerers.compose import Draft, Stated, answer_of
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.extractive import ExtractiveAnswerer
from docqa.app.context.provenance import documents_hash
from docqa.app.facts.facts import FactKind, read, sort_key
from docqa.app.reading.answerability import agreement, log_odds
from docqa.app.reading.wording.across import AcrossQuestion
from docqa.model.heads.question_heads import QuestionKind
from docqa.model.protocol import NamedLogistic

NOT_STATED = "not stated"
# log-odds from which on what is asked holds: of others' files 85 % of those named are right
AGREEING = 0.5
# the chance that a file is rightly named or left out, their geometric mean, below which it is open
LEAST_SURE = 0.7
FRONT_PASSAGES = 3  # of a document, which say what it is about
UNNAMED = 0.05  # the chance that another value is meant by the one that a question names
_COMPARED = FactKind.DATE, FactKind.PERIOD, FactKind.AMOUNT, FactKind.NUMBER


@dataclass(frozen=True)
class DocumentAnswer:
    """What the document at `path` answers; `agrees`: how likely what is asked holds for it."""

    path: str
    answer: Answer
    agrees: float


def ask_across(
    asked: AcrossQuestion,
    question: str,
    corpus: Corpus,
    alone: Sequence[ExtractiveAnswerer],
    numbers: Sequence[int],
) -> Iterator[Event]:
    """Ask each document of `numbers` by itself, by its answerer in `alone`, the likeliest by its
    words first. Progress is of reading all."""
    started = time.monotonic()
    found: dict[int, DocumentAnswer] = {}
    signals: dict[int, Mapping[str, float]] = {}
    words = corpus.index.scores(question) if asked.kind.picks else np.zeros(0)
    best = (corpus.context.passages[item.index].document for item in corpus.rank(question))
    order = [
        number
        for number in dict.fromkeys([*best, *range(len(corpus.documents))])
        if number in numbers
    ]
    for number in order:
        before = sum(each.answer.coverage.tokens for each in found.values())
        for event in alone[number].ask(
            asked.question, wanted=asked.wanted, doubtful=asked.kind.picks
        ):
            if isinstance(event, Finished):
                found[number] = DocumentAnswer(corpus.documents[number].path, event.answer, 0.0)
                if (
                    asked.kind.picks and asked.wanted.kind
                ):  # is it the value that the question names?
                    value = (
                        str(event.answer.answer or "").partition(",")[0].casefold()
                    )  # "New York, United States"
                    agrees = (
                        event.answer.confidence
                        if value and value in question.casefold()
                        else UNNAMED
                    )
                    found[number] = replace(found[number], agrees=agrees)
                elif asked.kind.picks:
                    signals[number] = alone[number].signals(asked.question)
                    at = [
                        place
                        for place, each in enumerate(corpus.context.passages)
                        if each.document == number
                    ]
                    if (
                        signals[number] and at
                    ):  # it was read: how well it, and its beginning, have the words asked for
                        front = words[at[:FRONT_PASSAGES]].max()
                        signals[number] = {
                            **signals[number],
                            "words": words[at].max(),
                            "front_words": front,
                        }
                    fitted = alone[number].model.calibration.get("agrees")
                    for each, agrees in _agreements(signals, fitted).items():
                        found[each] = replace(found[each], agrees=agrees)
                if _counts(asked, found[number]) and len(found) < len(order):
                    yield DocumentAnswered(found[number].path, event.answer)
            elif isinstance(event, ReadProgress):
                total = len(corpus.context)
                speed = event.tokens_per_second
                ends = event.done == event.total and number == order[-1]  # only the last one does
                done = total if ends else min(before + event.done, total - 1)
                yield replace(
                    event,
                    done=done,
                    total=total,
                    eta_seconds=(total - done) / speed if speed else None,
                )
            else:
                yield event
    inside = [found[number] for number in numbers]
    yield Finished(_joined(asked, question, corpus, inside, round(time.monotonic() - started, 3)))


def _agreements(
    signals: Mapping[int, Mapping[str, float]], calibration: NamedLogistic | None
) -> Mapping[int, float]:
    """How likely what is asked holds for each document: by its signals, and by how far each is
    behind the best one.
    """
    names = set().union(*signals.values())
    most = {name: max(each.get(name, 0.0) for each in signals.values()) for name in names}
    return {
        number: agreement(
            {**each, **{f"{n}_behind": value - most[n] for n, value in each.items()}}, calibration
        )
        for number, each in signals.items()
    }


def _counts(asked: AcrossQuestion, each: DocumentAnswer) -> bool:
    """Whether what a document says is part of the answer."""
    return not each.answer.refused and (not asked.kind.picks or log_odds(each.agrees) >= AGREEING)


def _joined(
    asked: AcrossQuestion,
    question: str,
    corpus: Corpus,
    found: Sequence[DocumentAnswer],
    seconds: float,
) -> Answer:
    stated = _stated(asked, found)
    lines: list[str] = []
    statements: list[Statement] = []
    quotes: list[Quote] = []
    ordered = asked.kind in (QuestionKind.LEAST, QuestionKind.MOST)
    silent_too = [*stated, *(each for each in found if each not in stated)] if ordered else found
    for each in stated if asked.kind.picks or not stated else silent_too:
        said = NOT_STATED
        chosen = each.answer.quotes[:0]
        if each in stated:  # in words of the document, where it is picked without a verdict
            parts = (statement.text for statement in each.answer.statements)
            said = "; ".join(parts) if asked.kind.picks else str(each.answer.answer)
            chosen = each.answer.quotes[: 1 if len(each.answer.statements) < 2 else None]
        lines.append(f"{PurePath(each.path).name}: {said}")
        numbers = tuple(range(len(quotes), len(quotes) + len(chosen)))
        support = Support.QUOTED if chosen else Support.UNSUPPORTED
        statements.append(Statement(said, support, numbers, each.path))
        quotes += chosen
    shown = "; ".join(lines)
    if stated and asked.kind is QuestionKind.COUNT:
        shown = f"{len(stated)} of {len(found)}: {shown}"
    took = [each.answer.usage for each in found]
    tokens = sum(each.tokens_read for each in took), sum(each.tokens_reused for each in took)
    usage = Usage(*tokens, seconds, all(each.cached for each in took))
    possible = [
        each for each in found if each.answer.status is Status.POSSIBLE or not each.answer.refused
    ]
    status = Status.ANSWERED if stated else Status.POSSIBLE if possible else Status.NOT_FOUND
    first = found[0].answer
    if first.status is Status.PARTIAL:  # nothing was read
        status = Status.PARTIAL
    coverage = corpus.coverage(0 if status is Status.PARTIAL else len(corpus.context))
    provenance = {**first.provenance, "document": documents_hash(corpus.documents)}
    draft = Draft(
        question=question, ranked=(), coverage=coverage, usage=usage, provenance=provenance
    )
    likely = {
        each.path: each.agrees if asked.kind.picks else each.answer.confidence for each in found
    }
    sure = (
        _all_right(asked, stated, found)
        if stated
        else max((likely[each.path] for each in possible), default=0.0)
    )
    made = answer_of(
        draft, Stated(shown or None, tuple(statements), tuple(quotes)), status, sure, corpus.context
    )
    # The passages of all in turn, the likeliest first, as many as one answer lists.
    order = sorted(found, key=lambda each: (each.answer.refused, -likely[each.path]))
    rows = [
        row
        for turn in zip_longest(*(each.answer.evidence for each in order))
        for row in turn
        if row is not None
    ]
    return replace(made, evidence=tuple(rows[: max(len(each.answer.evidence) for each in found)]))


def _stated(asked: AcrossQuestion, found: Sequence[DocumentAnswer]) -> list[DocumentAnswer]:
    """Those of the answer, in its order: of a comparison the one that was asked for first, where
    values decide.
    """
    said = [each for each in found if _counts(asked, each)]
    if asked.kind.picks and _all_right(asked, said, found) < LEAST_SURE ** len(found):
        return []
    if asked.kind in (QuestionKind.LEAST, QuestionKind.MOST):
        for kind in _COMPARED:
            values = [
                (sort_key(fact), each)
                for each in said
                if (fact := read(kind, str(each.answer.answer)))
            ]
            if len(values) > 1:
                values.sort(key=lambda item: item[0], reverse=asked.kind is QuestionKind.MOST)
                return [each for _, each in values]
    return said


def _all_right(
    asked: AcrossQuestion, stated: Sequence[DocumentAnswer], found: Sequence[DocumentAnswer]
) -> float:
    """The chance that every part of the answer is right, and of picked documents that none is
    missing.
    """
    if asked.kind.picks:
        return math.prod(each.agrees if each in stated else 1 - each.agrees for each in found)
    return math.prod(each.answer.confidence for each in stated)
