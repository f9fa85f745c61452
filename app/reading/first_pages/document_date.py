"""The date of a document: of the dates with a year that it prints, the one that a linear head over
the hashed words beside it, and its place, finds likeliest; fitted by `app.lab.dates` to marked
contracts and title pages."""

from collections.abc import Iterator

import numpy as np

from docqa.app.answer.confidence import BY_CLAUSE, DATE_BONUS, DATE_ODDS, chance_from_log_odds
from docqa.app.context.context import Context
from docqa.app.evidence.terms import plain_words
from docqa.app.facts.facts import FactKind, fact_spans
from docqa.ingest.types import Document, Span

from ..candidates import Candidate, CandidateSet
from ..clauses import hashed_feature_indices, shipped_weights

# words that say what a date is
BEFORE = 8
AFTER = 5
NEAR = 120  # characters that they are in
FIRST_PAGES = 16
LAST = 1_500  # characters at the end: signatures and their dates


def dates_with_year(text: str) -> list[Span]:
    return [
        span for span in fact_spans(FactKind.DATE, text) if sum(map(str.isdigit, span.of(text))) > 3
    ]


def date_features(
    text: str, date_span: Span, date_index: int, characters_before: int, document_length: int
) -> np.ndarray:
    """The features of the date `date_span` of a page, the `date_index`th of a document of `document_length` characters,
    `characters_before` of which are on earlier pages: the words around it, and where it is."""
    beside = (
        plain_words(part)
        for part in (
            text[max(date_span.start - NEAR, 0) : date_span.start],
            text[date_span.end : date_span.end + NEAR],
        )
    )
    before_it, behind = (["#" if word.isdigit() else word for word in words] for words in beside)
    words = before_it[-BEFORE:], behind[:AFTER]
    named = [f"{side} {word}" for side, some in zip("<>", words, strict=True) for word in some]
    named += [f"<{n} {' '.join(words[0][-n:])}" for n in (1, 2, 3)] + [
        f">{n} {' '.join(words[1][:n])}" for n in (1, 2)
    ]
    place = min(int(np.log2(1 + (characters_before + date_span.start) / 200)), 8)
    named += [
        f"place {place}",
        f"number {min(date_index, 6)}",
        f"end {document_length - characters_before - date_span.end < LAST}",
    ]
    return np.unique(hashed_feature_indices(named))


def document_date(context: Context) -> CandidateSet:
    """The dates of the documents that may be theirs, the likeliest first."""
    weights, bias = shipped_weights("dates", "date_bias")
    found: list[Candidate] = []
    for number, document in enumerate(context.documents):
        for page, at, each in _dates_with_features(document):
            odds = float(weights[each].sum() + float(bias[0]))
            if odds > DATE_ODDS:
                found.append(Candidate(0, number, page, at.start, at.end, odds, score=odds))
    found.sort(key=lambda each: -each.score)
    chance = chance_from_log_odds(found[0].score + DATE_BONUS) if found else 0.0
    return CandidateSet(tuple(found), signals={BY_CLAUSE: chance})


def _dates_with_features(document: Document) -> Iterator[tuple[int, Span, np.ndarray]]:
    """Of the first pages and the last one: page, place on it, features."""
    length = sum(len(page.text) for page in document.pages)
    before = 0
    number = 0
    for at_page, page in enumerate(document.pages, start=1):
        if at_page <= FIRST_PAGES or at_page == len(document.pages):
            for at in dates_with_year(page.text):
                yield at_page, at, date_features(page.text, at, number, before, length)
                number += 1
        before += len(page.text)
