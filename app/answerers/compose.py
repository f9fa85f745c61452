"""The Answer out of what was found: status, quotes, evidence, coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from docqa.app.answer.answer import Answer, CoverageReport, EvidenceItem, Quote, Usage
from docqa.app.answer.grades import Status
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked
from docqa.app.quotes.definitions import definitions_in_force
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.quoting import label_of, make_definition_quote, make_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading.answerability import counts_line, word_counts
from docqa.app.reading.candidates import Candidate, Candidates
from docqa.ingest.types import Span

_SUPPORT = 2
"""Further quotes that say the same words elsewhere."""


@dataclass(frozen=True)
class AnswerDraft:
    """Everything that one question brought to light. `also`: quotes that a model gave beside its answer."""

    question: str
    ranked: list[Ranked]
    reading: Candidates | None
    probability: float
    refused: bool
    preliminary: bool
    coverage: CoverageReport
    usage: Usage
    provenance: dict[str, Any]
    also: tuple[Quote, ...] = ()


def compose(found: AnswerDraft, context: Context) -> Answer:
    """Answer with verified quotes, or a refusal that shows the nearest passages and what was counted."""
    quotes: list[Quote] = []
    if not found.refused and found.reading is not None:
        quotes = _quotes(found.question, found.reading.candidates, context)
        quotes += [quote for quote in found.also if quotes and not any(_holds(known, quote) for known in quotes)]
    refused = not quotes
    coverage = found.coverage
    if refused and context.passages:
        line = counts_line(word_counts(found.question, context))
        coverage = replace(coverage, warnings=(*coverage.warnings, line))
    answer = None
    if quotes:
        start, end = quotes[0].answer_start, quotes[0].answer_end
        answer = quotes[0].text[start:end]
    return Answer(
        status=_status(found, refused, context),
        question=found.question,
        answer=answer,
        refused=refused,
        confidence=round(found.probability if quotes else 1.0 - found.probability, 4),
        quotes=tuple(quotes),
        evidence=tuple(_evidence(item, context) for item in found.ranked),
        coverage=coverage,
        usage=found.usage,
        provenance=found.provenance,
    )


def _holds(known: Quote, quote: Quote) -> bool:
    """Whether all that `quote` shows stands in `known` already."""
    return all(
        any((c.file, c.page) == (k.file, k.page) and k.start <= c.start and c.end <= k.end for k in known.cites)
        for c in quote.cites
    )


def _status(found: AnswerDraft, refused: bool, context: Context) -> Status:
    if not context.passages:
        return Status.UNREADABLE
    if found.preliminary:
        return Status.PARTIAL
    return Status.NOT_FOUND if refused else Status.ANSWERED


def _quotes(question: str, candidates: tuple[Candidate, ...], context: Context) -> list[Quote]:
    """The best candidate's quote, the definitions of the terms that it uses, then quotes of the same words on other
    pages."""
    chosen: list[Quote] = []
    definitions: list[Quote] = []
    words = ""
    places: set[tuple[int, int]] = set()
    for candidate in candidates:
        text = context.documents[candidate.document].pages[candidate.page - 1].text
        said = fold(text[candidate.start : candidate.end]).text
        place = (candidate.document, candidate.page)
        if chosen and (said != words or place in places):
            continue
        quote = make_quote(context.documents, Located(*place, candidate.start, candidate.end))
        if not chosen:
            definitions = _definitions(question, candidate, quote, context)
        words = words or said
        places.add(place)
        chosen.append(quote)
        if len(chosen) > _SUPPORT:
            break
    return [*chosen[:1], *definitions, *chosen[1:]]


def _definitions(question: str, candidate: Candidate, quote: Quote, context: Context) -> list[Quote]:
    """Quotes of the definitions that the answer's own quote depends on."""
    cited, document = quote.cites[0], context.documents[candidate.document]
    quoted, answer = Span(cited.start, cited.end), Span(candidate.start, candidate.end)
    terms = definitions_in_force(document, candidate.page, quoted, answer, question)
    return [make_definition_quote(context.documents, candidate.document, term) for term in terms]


def _evidence(item: Ranked, context: Context) -> EvidenceItem:
    placed = context.passages[item.index]
    document, passage = context.documents[placed.document], placed.passage
    return EvidenceItem(
        file=document.path,
        page=passage.page if document.paged else None,
        label=label_of(document, passage.page, passage.start),
        score=round(item.score, 4),
        text=context.text_of(placed),
    )
