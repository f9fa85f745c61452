"""From a span to a quote: the sentence or clause of the page that holds it, checked and cited."""

from __future__ import annotations

import re
from dataclasses import replace

from docqa.app.answer.answer import Cite, Quote
from docqa.app.quotes.sentence_runs import Sentences
from docqa.app.quotes.verifier import CitedPlace, Located, Verifier, too_short
from docqa.ingest.types import Definition, Document, Span

LONGEST_QUOTE_WORDS = 80
_CLAUSE = re.compile(r"[;:]\s+|,\s+(?=(?:and|or|but|provided|except|unless|if|which|where)\b)|\n+")


def quote_span(text: str, start: int, end: int) -> Span:
    """The sentence, or of a long sentence the clause, around `start:end` of a page's text.

    One that is too short to stand as evidence is widened to its neighbours, the following one first.
    """
    found = Sentences(text)
    touched = found.touched(start, end)
    if not touched:
        return Span(start, end)
    if len(touched) == 1:
        clause = _clause(text, found.span(touched), start, end)
        if not too_short(text[clause.start : clause.end]):
            return clause

    def short(run: range, _: range) -> bool:
        whole = found.span(run)
        return too_short(text[whole.start : whole.end])

    whole = found.span(found.grown(touched, short, in_turn=False))
    return Span(min(whole.start, start), max(whole.end, end))


def _clause(text: str, sentence: Span, start: int, end: int) -> Span:
    if len(text[sentence.start : sentence.end].split()) <= LONGEST_QUOTE_WORDS:
        return sentence
    left, right = sentence.start, sentence.end
    for match in _CLAUSE.finditer(text, sentence.start, sentence.end):
        if match.end() <= start and not too_short(text[match.end() : right]):
            left = match.end()
        elif match.start() >= end:
            right = match.start() + (0 if text[match.start()].isspace() or text[match.start()] == "," else 1)
            break
    return Span(left, right) if not too_short(text[left:right]) else sentence


def make_quote(
    documents: tuple[Document, ...], verifier: Verifier, document: int, page: int, start: int, end: int
) -> Quote:
    """Quote for the answer `start:end` on `page` of `documents[document]`, graded by looking it up again."""
    span = quote_span(documents[document].pages[page - 1].text, start, end)
    quote = _looked_up(documents, verifier, document, page, span)
    return replace(quote, answer_start=max(start, span.start) - span.start, answer_end=min(end, span.end) - span.start)


def make_definition_quote(
    documents: tuple[Document, ...], verifier: Verifier, document: int, definition: Definition
) -> Quote:
    """Quote of `definition`, checked and cited like any other; it holds no answer. A long one is cut to its clause."""
    text = documents[document].pages[definition.page - 1].text
    whole = Span(definition.start, definition.end)
    at = text.find(definition.term, whole.start, whole.end)
    span = _clause(text, whole, at, at + len(definition.term)) if at >= 0 else whole
    return replace(_looked_up(documents, verifier, document, definition.page, span), defines=definition.term)


def _looked_up(documents: tuple[Document, ...], verifier: Verifier, document: int, page: int, span: Span) -> Quote:
    words = documents[document].pages[page - 1].text[span.start : span.end]
    verdict = verifier.verify(words, CitedPlace(document, page, span.start))
    return Quote(
        text=words,
        answer_start=None,
        answer_end=None,
        grade=verdict.grade,
        place=verdict.place,
        cites=tuple(cite(documents, located) for located in verdict.spans),
        speaker=documents[document].speaker_of(page, span.start),
    )


def cite(documents: tuple[Document, ...], located: Located) -> Cite:
    """Cite of a located span: printed label, innermost section, and no page where the document has none."""
    document = documents[located.document]
    section = document.section_of(located.page, located.start)
    return Cite(
        file=document.path,
        page=located.page if document.paged else None,
        label=label_of(document, located.page, located.start),
        section=section.id if section else None,
        start=located.start,
        end=located.end,
        lines=documents[located.document].pages[located.page - 1].line_numbers(located.start, located.end),
    )


def label_of(document: Document, page: int, start: int) -> str | None:
    """The page's printed label; without pages the locator of the section that holds `start`."""
    if document.paged:
        return document.pages[page - 1].label
    section = document.section_of(page, start)
    return (section.label or section.number or section.title) if section else None
