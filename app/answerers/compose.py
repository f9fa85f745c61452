"""The Answer out of what was found: status, words, statements, quotes, evidence, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docqa.app.answer.answer import Answer, CoverageReport, EvidenceItem, Quote, Statement, Usage
from docqa.app.answer.grades import Status, Support, Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.quoting import cut_quote, label_of, make_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading.answerability import counts_line, word_counts
from docqa.app.reading.candidates import Candidate, Candidates, Form
from docqa.app.reading.tables.units import unit_of

_SUPPORT = 2
"""Further quotes that say the same words elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one question brought to light, whatever answers it: `ranked` are the passages to list."""

    question: str
    ranked: Sequence[Ranked]
    coverage: CoverageReport
    usage: Usage
    provenance: Mapping[str, Any]
    preliminary: bool = False


@dataclass(frozen=True, kw_only=True)
class AnswerDraft(Draft):
    """`probability`: that the answer is right, or where it is `refused`, that the first of `ranked` answers;
    `possible`: whether that is worth saying."""

    reading: Candidates | None
    probability: float
    refused: bool
    possible: bool = False


@dataclass(frozen=True)
class Stated:
    """The words that answer, what they state one by one, and the quotes that bear them out."""

    answer: str | None = None
    statements: tuple[Statement, ...] = ()
    quotes: tuple[Quote, ...] = ()
    verdict: Verdict | None = None


def compose(found: AnswerDraft, context: Context) -> Answer:
    """Answer with verified quotes, or a refusal that shows the nearest passages and what was counted."""
    stated = Stated()
    if not found.refused and found.reading is not None:
        stated = _stated(found.reading, context)
    if found.preliminary:
        status = Status.PARTIAL
    elif stated.quotes:
        status = Status.ANSWERED
    else:
        status = Status.POSSIBLE if found.possible and found.ranked else Status.NOT_FOUND
    return answer_of(found, stated, status, found.probability, context)


def answer_of(draft: Draft, stated: Stated, status: Status, confidence: float, context: Context) -> Answer:
    """The Answer of what is `stated`: refused where no quote bears it out, with the counts of the question's words."""
    coverage, refused = draft.coverage, not stated.quotes
    if refused and context.passages:
        line = counts_line(word_counts(draft.question, context))
        coverage = replace(coverage, warnings=(*coverage.warnings, line))
    return Answer(
        status=status if context.passages else Status.UNREADABLE,
        question=draft.question,
        answer=stated.answer,
        verdict=stated.verdict,
        refused=refused,
        confidence=round(confidence, 4),
        statements=stated.statements,
        quotes=stated.quotes,
        evidence=tuple(evidence_item(item, context) for item in draft.ranked),
        coverage=coverage,
        usage=draft.usage,
        provenance=draft.provenance,
    )


def _holds(known: Quote, quote: Quote) -> bool:
    """Whether all that `quote` shows stands in `known` already."""
    return all(
        any((c.file, c.page) == (k.file, k.page) and k.start <= c.start and c.end <= k.end for k in known.cites)
        for c in quote.cites
    )


def _stated(reading: Candidates, context: Context) -> Stated:
    """What the best candidate states, or the items; nothing without candidates."""
    if reading.items and reading.form in (Form.LIST, Form.TWO_PARTS):
        return _stated_items(reading.items, context)
    if not reading.candidates:
        return Stated()
    words = _words(reading.candidates[0], context)
    verdict = reading.verdict if reading.form == Form.YES_NO else None
    answer = f"{verdict.capitalize()}: {words}" if verdict else words
    quotes = _quotes(reading.candidates, context)
    return Stated(answer, (Statement(words, Support.QUOTED, (0,)),), tuple(quotes), verdict)


def _stated_items(items: tuple[Candidate, ...], context: Context) -> Stated:
    """A statement for each item; those that stand in one quote share it. The units of cells come behind all quotes."""
    quotes: list[Quote] = []
    statements: list[Statement] = []
    for item in items:
        at = next((number for number, quote in enumerate(quotes) if _shows(quote, item, context)), len(quotes))
        if at == len(quotes):
            quotes.append(_quote(item, context))
        statements.append(Statement(_words(item, context), Support.QUOTED, (at,)))
    for item in items:
        quotes += [quote for quote in _units(item, context) if not any(_holds(known, quote) for known in quotes)]
    return Stated("; ".join(statement.text for statement in statements), tuple(statements), tuple(quotes))


def _words(candidate: Candidate, context: Context) -> str:
    return context.documents[candidate.document].pages[candidate.page - 1].text[candidate.start : candidate.end]


def _quote(candidate: Candidate, context: Context) -> Quote:
    at = Located(candidate.document, candidate.page, candidate.start, candidate.end)
    return make_quote(context.documents, at, candidate.quoted)


def _shows(quote: Quote, item: Candidate, context: Context) -> bool:
    """Whether `quote` holds the words of `item` in their place."""
    file = context.documents[item.document].path
    cites = (cited for cited in quote.cites if cited.file == file and (cited.page or 1) == item.page)
    return any(cited.start <= item.start and item.end <= cited.end for cited in cites)


def _quotes(candidates: tuple[Candidate, ...], context: Context) -> list[Quote]:
    """The best candidate's quote, the unit of its cell, then quotes of the same words on other pages."""
    chosen: list[Quote] = []
    words = ""
    places: set[tuple[int, int]] = set()
    for candidate in candidates:
        said = fold(_words(candidate, context)).text
        place = (candidate.document, candidate.page)
        if chosen and (said != words or place in places):
            continue
        words = words or said
        places.add(place)
        chosen.append(_quote(candidate, context))
        if len(chosen) > _SUPPORT:
            break
    return [*chosen[:1], *_units(candidates[0], context), *chosen[1:]]


def _units(candidate: Candidate, context: Context) -> list[Quote]:
    """A quote of the unit that a table says for the cell that is the answer ("in thousands"), where it says one."""
    unit = unit_of(context.documents[candidate.document], candidate.page, candidate.start, candidate.end)
    if unit is None:
        return []
    return [cut_quote(context.documents, Located(candidate.document, candidate.page, unit.start, unit.end))]


def evidence_item(item: Ranked, context: Context) -> EvidenceItem:
    """A ranked passage as an answer lists it."""
    placed = context.passages[item.index]
    document, passage = context.documents[placed.document], placed.passage
    return EvidenceItem(
        file=document.path,
        page=passage.page if document.paged else None,
        label=label_of(document, passage.page, passage.start),
        score=round(item.score, 4),
        text=context.text_of(placed),
    )
