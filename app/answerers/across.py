"""One answer out of those of several documents."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from docqa.app.answer.answer import Answer, EvidenceItem, Quote, Statement, Usage
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
AGREEING = 0.5  # log-odds from which on what is asked holds: of others' files 85 % of those named are right
LEAST_SURE = 0.7  # the chance that a file is rightly named or left out, their geometric mean, below which it is open
FRONT_PASSAGES = 3  # of a document, which say what it is about
UNNAMED = 0.05  # the chance that another value is meant by the one that a question names
_COMPARED = FactKind.DATE, FactKind.PERIOD, FactKind.AMOUNT, FactKind.NUMBER


@dataclass(frozen=True)
class DocumentAnswer:
    """What the document at `path` answers; `agrees`: how likely what is asked holds for it."""

    path: str
    answer: Answer
    agrees: float

    @property
    def said(self) -> str:
        """In words of the document, without a verdict."""
        return "; ".join(statement.text for statement in self.answer.statements)


def ask_across(
    asked: AcrossQuestion, question: str, corpus: Corpus, alone: Sequence[ExtractiveAnswerer], numbers: Sequence[int]
) -> Iterator[Event]:
    """Ask each document of `numbers` by itself, by its answerer in `alone`, the likeliest by its words first. Progress
    is of reading all."""
    started = time.monotonic()
    found: dict[int, DocumentAnswer] = {}
    signals: dict[int, Mapping[str, float]] = {}
    words = corpus.index.scores(question) if asked.kind.picks else np.zeros(0)
    order = [number for number in _most_promising_first(question, corpus) if number in numbers]
    for number in order:
        before = sum(each.answer.coverage.tokens for each in found.values())
        for event in alone[number].ask(asked.question, wanted=asked.wanted, doubtful=asked.kind.picks):
            if isinstance(event, Finished):
                found[number] = DocumentAnswer(corpus.documents[number].path, event.answer, 0.0)
                if asked.kind.picks and asked.wanted.kind:
                    found[number] = replace(found[number], agrees=_named(event.answer, question))
                elif asked.kind.picks:
                    signals[number] = _with_words(alone[number].signals(asked.question), words, corpus, number)
                    fitted = alone[number].model.calibration.get("agrees")
                    for each, agrees in _agreements(signals, fitted).items():
                        found[each] = replace(found[each], agrees=agrees)
                if _counts(asked, found[number]) and len(found) < len(order):
                    yield DocumentAnswered(found[number].path, event.answer)
            elif isinstance(event, ReadProgress):
                ends = event.done == event.total and number == order[-1]
                yield _of_all(event, before, len(corpus.context), ends=ends)
            else:
                yield event
    inside = [found[number] for number in numbers]
    yield Finished(_joined(asked, question, corpus, inside, round(time.monotonic() - started, 3)))


def _named(answer: Answer, question: str) -> float:
    """How likely it is that the value of a document is the one that the question names."""
    value = str(answer.answer or "").partition(",")[0].casefold()  # "New York, United States of America"
    return answer.confidence if value and value in question.casefold() else UNNAMED


def _with_words(signals: Mapping[str, float], scores: np.ndarray, corpus: Corpus, number: int) -> Mapping[str, float]:
    """The signals of a document that was read, and how well its passages, and its first ones, have the words asked
    for."""
    at = [place for place, each in enumerate(corpus.context.passages) if each.document == number]
    if not signals or not at:
        return {}
    return {**signals, "words": scores[at].max(), "front_words": scores[at[:FRONT_PASSAGES]].max()}


def _agreements(
    signals: Mapping[int, Mapping[str, float]], calibration: NamedLogistic | None
) -> Mapping[int, float]:
    """How likely what is asked holds for each document: by its signals, and by how far each is behind the best one."""
    names = set().union(*signals.values())
    most = {name: max(each.get(name, 0.0) for each in signals.values()) for name in names}
    return {
        number: agreement({**each, **{f"{n}_behind": value - most[n] for n, value in each.items()}}, calibration)
        for number, each in signals.items()
    }


def _most_promising_first(question: str, corpus: Corpus) -> list[int]:
    """The numbers of the documents by their best passage for the question's words."""
    passages = corpus.context.passages
    ranked = dict.fromkeys(passages[item.index].document for item in corpus.rank(question))
    return [*ranked, *(number for number in range(len(corpus.documents)) if number not in ranked)]


def _of_all(event: ReadProgress, before: int, total: int, *, ends: bool) -> ReadProgress:
    """Progress in one document as that of all; only the last one ends."""
    done = total if ends else min(before + event.done, total - 1)
    speed = event.tokens_per_second
    return replace(event, done=done, total=total, eta_seconds=(total - done) / speed if speed else None)


def _counts(asked: AcrossQuestion, each: DocumentAnswer) -> bool:
    """Whether what a document says is part of the answer."""
    return not each.answer.refused and (not asked.kind.picks or log_odds(each.agrees) >= AGREEING)


def _joined(
    asked: AcrossQuestion, question: str, corpus: Corpus, found: Sequence[DocumentAnswer], seconds: float
) -> Answer:
    stated = _stated(asked, found)
    lines: list[str] = []
    statements: list[Statement] = []
    quotes: list[Quote] = []
    ordered = asked.kind in (QuestionKind.LEAST, QuestionKind.MOST)
    silent_too = [*stated, *(each for each in found if each not in stated)] if ordered else found
    for each in stated if asked.kind.picks or not stated else silent_too:
        silent = each not in stated
        said = NOT_STATED if silent else each.said if asked.kind.picks else str(each.answer.answer)
        lines.append(f"{PurePath(each.path).name}: {said}")
        chosen = each.answer.quotes[: 0 if silent else 1 if len(each.answer.statements) < 2 else None]
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
    possible = [each for each in found if each.answer.status is Status.POSSIBLE or not each.answer.refused]
    status = Status.ANSWERED if stated else Status.POSSIBLE if possible else Status.NOT_FOUND
    first = found[0].answer
    if first.status is Status.PARTIAL:  # nothing was read
        status = Status.PARTIAL
    coverage = corpus.coverage(0 if status is Status.PARTIAL else len(corpus.context))
    provenance = {**first.provenance, "document": documents_hash(corpus.documents)}
    draft = Draft(question=question, ranked=(), coverage=coverage, usage=usage, provenance=provenance)
    sure = _all_right(asked, stated, found) if stated else max((_likely(asked, e) for e in possible), default=0.0)
    made = answer_of(draft, Stated(shown or None, tuple(statements), tuple(quotes)), status, sure, corpus.context)
    return replace(made, evidence=_evidence(asked, found, max(len(each.answer.evidence) for each in found)))


def _stated(asked: AcrossQuestion, found: Sequence[DocumentAnswer]) -> list[DocumentAnswer]:
    """Those of the answer, in its order: of a comparison the one that was asked for first, where values decide."""
    said = [each for each in found if _counts(asked, each)]
    if asked.kind.picks and _all_right(asked, said, found) < LEAST_SURE ** len(found):
        return []
    if asked.kind in (QuestionKind.LEAST, QuestionKind.MOST):
        for kind in _COMPARED:
            values = [(sort_key(fact), each) for each in said if (fact := read(kind, str(each.answer.answer)))]
            if len(values) > 1:
                values.sort(key=lambda item: item[0], reverse=asked.kind is QuestionKind.MOST)
                return [each for _, each in values]
    return said


def _likely(asked: AcrossQuestion, each: DocumentAnswer) -> float:
    return each.agrees if asked.kind.picks else each.answer.confidence


def _all_right(asked: AcrossQuestion, stated: Sequence[DocumentAnswer], found: Sequence[DocumentAnswer]) -> float:
    """The chance that every part of the answer is right, and of picked documents that none is missing."""
    if asked.kind.picks:
        return math.prod(each.agrees if each in stated else 1 - each.agrees for each in found)
    return math.prod(each.answer.confidence for each in stated)


def _evidence(asked: AcrossQuestion, found: Sequence[DocumentAnswer], most: int) -> tuple[EvidenceItem, ...]:
    """The passages of all in turn, the likeliest first."""
    likely = sorted(found, key=lambda each: (each.answer.refused, -_likely(asked, each)))
    rows = (each.answer.evidence[at] for at in range(most) for each in likely if at < len(each.answer.evidence))
    return tuple(rows)[:most]
