"""The Answer out of what was found: status, words, statements, quotes, evidence, coverage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from docqa.app.answer.answer import Answer, CoverageReport, EvidenceItem, Quote, Statement, Usage
from docqa.app.answer.grades import Status, Support, Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.quoting import cut_quote, label_of, make_quote
from docqa.app.reading.answerability import counts_line, word_counts
from docqa.app.reading.candidates import Candidate, Candidates, Form
from docqa.app.reading.tables.units import unit_of

_SUPPORT = 2  # further quotes that say the same words elsewhere


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one question brought to light, whatever answers it: `ranked` are the passages to
    list.
    """

    question: str
    ranked: Sequence[Ranked]
    coverage: CoverageReport
    usage: Usage
    provenance: Mapping[str, Any]
    preliminary: bool = False


@dataclass(frozen=True)
class Stated:
    """The words that answer, what they state one by one, and the quotes that bear them out."""

    answer: str | None = None
    statements: tuple[Statement, ...] = ()
    quotes: tuple[Quote, ...] = ()
    verdict: Verdict | None = None


def compose(
    draft: Draft,
    reading: Candidates | None,
    probability: float,
    context: Context,
    *,
    possible: bool = False,
) -> Answer:
    """Answer with verified quotes, or where there is no `reading` a refusal that shows the nearest
    passages and what was counted. `probability`: that the answer is right, or of a refusal that the
    first passage answers; `possible`: whether that is worth saying."""
    stated = _stated(reading, context) if reading is not None else Stated()
    if draft.preliminary:
        status = Status.PARTIAL
    elif stated.quotes:
        status = Status.ANSWERED
    else:
        status = Status.POSSIBLE if possible and draft.ranked else Status.NOT_FOUND
    return answer_of(draft, stated, status, probability, context)


def answer_of(
    draft: Draft, stated: Stated, status: Status, confidence: float, context: Context
) -> Answer:
    """The Answer of what is `stated`: refused where no quote bears it out, with the counts of the
    question's words.
    """
    coverage = draft.coverage
    refused = not stated.quotes
    if refused and context.passages:
        coverage = coverage.warned(counts_line(word_counts(draft.question, context)))
    return Answer(
        status=status if context.passages else Status.UNREADABLE,
        question=draft.question,
        answer=stated.answer,
        verdict=stated.verdict,
        refused=refused,
        confidence=round(confidence, 4),
        statements=stated.statements,
        quotes=stated.quotes,
        evidence=tuple(_evidence_item(item, context) for item in draft.ranked),
        coverage=coverage,
        usage=draft.usage,
        provenance=draft.provenance,
    )


def _stated(reading: Candidates, context: Context) -> Stated:
    """What the best candidate states, or the items; nothing without candidates."""
    if reading.items and reading.form in (Form.LIST, Form.TWO_PARTS):
        return _stated_items(reading.items, context)
    if not reading.candidates:
        return Stated()
    words = reading.candidates[0].located.text_in(context.documents)
    verdict = reading.verdict if reading.form == Form.YES_NO else None
    answer = f"{verdict.capitalize()}: {words}" if verdict else words
    # The best candidate's quote, the unit of its cell, then quotes of the same words on other
    # pages.
    said = fold(words).text
    chosen = dict[tuple[int, int], Candidate]()
    for each in reading.candidates:
        if fold(each.located.text_in(context.documents)).text == said:
            chosen.setdefault((each.document, each.page), each)
    first, *others = islice(chosen.values(), 1 + _SUPPORT)
    quotes = [make_quote(context.documents, each.located, each.quoted) for each in (first, *others)]
    quotes[1:1] = _units(first, context)
    return Stated(answer, (Statement(words, Support.QUOTED, (0,)),), tuple(quotes), verdict)


def _stated_items(items: tuple[Candidate, ...], context: Context) -> Stated:
    """A statement for each item; those that stand in one quote share it. The units of cells come
    behind all quotes.
    """
    quotes: list[Quote] = []
    statements: list[Statement] = []
    for item in items:
        file = context.documents[item.document].path
        place = file, item.page, item.start, item.end
        holding = (
            number
            for number, quote in enumerate(quotes)
            if any(c.holds(*place) for c in quote.cites)
        )
        at = next(holding, len(quotes))
        if at == len(quotes):
            quotes.append(make_quote(context.documents, item.located, item.quoted))
        statements.append(Statement(item.located.text_in(context.documents), Support.QUOTED, (at,)))
    for unit in (unit for item in items for unit in _units(item, context)):
        (own,) = unit.cites
        place = own.file, own.page or 1, own.start, own.end
        if not any(cite.holds(*place) for quote in quotes for cite in quote.cites):
            quotes.append(unit)
    return Stated(
        "; ".join(statement.text for statement in statements), tuple(statements), tuple(quotes)
    )


def _units(candidate: Candidate, context: Context) -> list[Quote]:
    """A quote of the unit that a table says for the cell that is the answer ("in thousands"), where
    it says one.
    """
    unit = unit_of(
        context.documents[candidate.document], candidate.page, candidate.start, candidate.end
    )
    if unit is None:
        return []
    return [
        cut_quote(context.documents, replace(candidate.located, start=unit.start, end=unit.end))
    ]


def _evidence_item(item: Ranked, context: Context) -> EvidenceItem:
    placed = context.passages[item.index]
    document = context.documents[placed.document]
    passage = placed.passage
    return EvidenceItem(
        file=document.path,
        page=passage.page if document.paged else None,
        label=label_of(document, passage.page, passage.start),
        score=round(item.score, 4),
        text=context.text_of(placed),
    )
