"""One answer out of those of several documents."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from docqa.app.answer.answer import Answer, EvidenceItem, Quote, Statement, Usage
from docqa.app.answer.events import Event, Finished, ReadProgress
from docqa.app.answer.grades import Status, Support, Verdict
from docqa.app.answerers.compose import Draft, Stated, answer_of
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.extractive import ExtractiveAnswerer
from docqa.app.context.provenance import documents_hash
from docqa.app.evidence.terms import terms
from docqa.app.facts.facts import FactKind, read, sort_key
from docqa.app.reading.wording.across import Across, AcrossQuestion

NOT_STATED = "not stated"
_LEAST_SHARED = 1 / 3
"""Of a question's words: 23 of 25 files so named were right, 36 of 53 without."""
_COMPARED = FactKind.DATE, FactKind.PERIOD, FactKind.AMOUNT, FactKind.NUMBER


@dataclass(frozen=True)
class DocumentAnswer:
    """What the document at `path` answers."""

    path: str
    answer: Answer

    @property
    def agrees(self) -> bool:
        """Whether it answers in words of the question, and not with no."""
        if self.answer.refused or self.answer.verdict is Verdict.NO:
            return False
        asked, said = set(terms(self.answer.question)), terms(self.answer.quotes[0].text)
        return len(asked.intersection(said)) >= _LEAST_SHARED * len(asked)


def ask_across(
    asked: AcrossQuestion, question: str, corpus: Corpus, alone: Sequence[ExtractiveAnswerer]
) -> Iterator[Event]:
    """Ask every document of `corpus` by itself, by one answerer each of `alone`; progress is of reading all."""
    started = time.monotonic()
    found: list[DocumentAnswer] = []
    for document, answerer in zip(corpus.documents, alone, strict=True):
        before = sum(each.answer.coverage.tokens for each in found)
        for event in answerer.ask(asked.question, wanted=asked.wanted):
            if isinstance(event, Finished):
                found.append(DocumentAnswer(document.path, event.answer))
            elif isinstance(event, ReadProgress):
                ends = event.done == event.total and document is corpus.documents[-1]
                yield _of_all(event, before, len(corpus.context), ends=ends)
            else:
                yield event
    yield Finished(_joined(asked, question, corpus, found, round(time.monotonic() - started, 3)))


def _of_all(event: ReadProgress, before: int, total: int, *, ends: bool) -> ReadProgress:
    """Progress in one document as that of all; only the last one ends."""
    done = total if ends else min(before + event.done, total - 1)
    speed = event.tokens_per_second
    return replace(event, done=done, total=total, eta_seconds=(total - done) / speed if speed else None)


def _joined(
    asked: AcrossQuestion, question: str, corpus: Corpus, found: Sequence[DocumentAnswer], seconds: float
) -> Answer:
    stated = _stated(asked, found)
    first = found[0].answer
    lines: list[str] = []
    statements: list[Statement] = []
    quotes: list[Quote] = []
    for each in found if stated and asked.kind is Across.EACH else stated:
        said = NOT_STATED if each.answer.refused else str(each.answer.answer)
        lines.append(f"{PurePath(each.path).name}: {said}")
        chosen = each.answer.quotes[:1] if len(each.answer.statements) < 2 else each.answer.quotes
        numbers = tuple(range(len(quotes), len(quotes) + len(chosen)))
        support = Support.QUOTED if chosen else Support.UNSUPPORTED
        statements.append(Statement(said, support, numbers, each.path))
        quotes += chosen
    shown = "; ".join(lines)
    if stated and asked.kind is Across.COUNT:
        shown = f"{len(stated)} of {len(found)}: {shown}"
    took = [each.answer.usage for each in found]
    tokens = sum(each.tokens_read for each in took), sum(each.tokens_reused for each in took)
    usage = Usage(*tokens, seconds, all(each.cached for each in took))
    certain = [each.answer.confidence for each in stated]
    possible = [each.answer.confidence for each in found if each.answer.quotes or each.answer.status is Status.POSSIBLE]
    status = Status.ANSWERED if stated else Status.POSSIBLE if possible else Status.NOT_FOUND
    if first.status is Status.PARTIAL:  # nothing was read
        status = Status.PARTIAL
    coverage = corpus.coverage(0 if status is Status.PARTIAL else len(corpus.context))
    provenance = {**first.provenance, "document": documents_hash(corpus.documents)}
    draft = Draft(question=question, ranked=(), coverage=coverage, usage=usage, provenance=provenance)
    sure = sum(certain) / len(certain) if certain else max(possible, default=0.0)
    made = answer_of(draft, Stated(shown or None, tuple(statements), tuple(quotes)), status, sure, corpus.context)
    return replace(made, evidence=_evidence(found, max(len(each.answer.evidence) for each in found)))


def _stated(asked: AcrossQuestion, found: Sequence[DocumentAnswer]) -> list[DocumentAnswer]:
    """Those of the answer, in its order."""
    if asked.kind in (Across.WHICH, Across.COUNT):
        return [each for each in found if each.agrees]
    said = [each for each in found if not each.answer.refused]
    if asked.kind is Across.EACH:
        return said
    for kind in _COMPARED:
        values = [(sort_key(fact), each) for each in said if (fact := read(kind, str(each.answer.answer))) is not None]
        if len(values) > 1:
            return [each for _, each in sorted(values, key=lambda item: item[0], reverse=asked.sign > 0)]
    return []


def _evidence(found: Sequence[DocumentAnswer], most: int) -> tuple[EvidenceItem, ...]:
    """The passages of all in turn, the likeliest first."""
    likely = sorted(found, key=lambda each: (each.answer.refused, -each.answer.confidence))
    rows = (each.answer.evidence[at] for at in range(most) for each in likely if at < len(each.answer.evidence))
    return tuple(rows)[:most]
