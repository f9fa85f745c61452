"""Answers that need no reader: the text of the section that a question asks for; and for a field of
a document the sentence of a clause that the clause heads find likeliest, or the value in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from docqa.app.answer.confidence import (
    BY_CLAUSE,
    BY_STRUCTURE,
    CLAUSE_CHANCE,
    SURELY_DATED,
)
from docqa.app.answer.grades import Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.facts.facts import FactKind, fact_spans, parse_first_fact
from docqa.app.places.scope import Scope
from docqa.ingest.language.expressions import lazily

from .candidates import (
    AnswerForm,
    AnswerRequirements,
    Candidate,
    CandidateSet,
    fact_or_list,
    trim_span,
    whole_passage,
)
from .clauses import (
    COURT,
    DOCUMENT_AUTHORS,
    DOCUMENT_DATE,
    DOCUMENT_TITLE,
    FEW,
    JUDGES,
    LITIGANTS,
    ClauseSentence,
    clause_classifiers,
    index_of_first_best,
    sentences_naming_parties,
    shipped_weights,
)
from .first_pages.caption import court_of_caption, judges_of_caption, litigants_of_caption
from .first_pages.document_date import document_date
from .first_pages.title_page import document_authors, document_title
from .parties import QUOTES, party_name_spans

MOST_WORDS = 250  # of the text of a section
AGREEMENT_DATE = "agreement date"
"""Where no sentence says it, the date of the document, if that is likely."""
_DATE_ABOVE = lazily(
    r"\bdate\s+(?:first\s+)?(?:\w+\s+){0,2}(?:above|hereof)\b|\bdate\s+of\s+this\s+", re.IGNORECASE
)
_NOTICE = lazily(r"\bnoti(?:ce|f)", re.IGNORECASE)
TERM = "term"
"""Until when, or for how long."""

PRINTED_ON_FIRST_PAGES = {
    DOCUMENT_TITLE: document_title,
    DOCUMENT_AUTHORS: document_authors,
    COURT: court_of_caption,
    LITIGANTS: litigants_of_caption,
    JUDGES: judges_of_caption,
}
_FIND_ON_FIRST_PAGES = {DOCUMENT_DATE: document_date, **PRINTED_ON_FIRST_PAGES}

Read = Callable[[list[RankedPassage]], tuple[list[RankedPassage], CandidateSet]]
"""`read_passages` with a question: (passages, what the reader finds in them)."""


def find_candidates_in_clause(
    context: Context,
    sentences: Sequence[ClauseSentence],
    ranked: list[RankedPassage],
    wanted: AnswerRequirements,
    read_passages: Read,
) -> tuple[list[RankedPassage], CandidateSet]:
    """(the passages in order, the clause that is `wanted` or the value in it), of the few passages
    that have the likeliest of `sentences`, the sentences of `context`."""
    if wanted.clause in _FIND_ON_FIRST_PAGES:
        return ranked, _FIND_ON_FIRST_PAGES[wanted.clause](context)
    head = clause_classifiers()[wanted.clause]
    scores = head.scores(sentences)
    best_of_passage = np.full(len(context.passages), -np.inf)
    np.maximum.at(best_of_passage, [row.passage_number for row in sentences], scores)
    ranked = sorted(ranked, key=lambda item: -best_of_passage[item.passage_number])
    if sentences:
        chance = head.chance(float(scores.max()))
        sentence = sentences[index_of_first_best(scores)]
        if wanted.kind in (None, FactKind.YES_NO):
            return ranked, _whole_clause_candidates(context, sentence, chance, wanted)
        if wanted.kind is FactKind.PARTY:
            return ranked, _names_in_clause(
                context, sentences_naming_parties(sentences, scores), chance
            )
    few, reading = read_passages(ranked[:FEW])
    if sentences:
        valued = _value_in_clause_candidates(
            reading, context, sentence, chance, replace(wanted, or_clause=False)
        )
        unsaid = chance < CLAUSE_CHANCE or not valued.candidates
        refers = bool(_DATE_ABOVE.search(sentence.location_in(context).text_in(context.documents)))
        if unsaid and (wanted.clause == AGREEMENT_DATE or refers and wanted.kind is FactKind.DATE):
            dated = document_date(context)
            if dated.signals[BY_CLAUSE] >= (CLAUSE_CHANCE if refers else SURELY_DATED):
                return ranked, dated
        reading = _value_in_clause_candidates(reading, context, sentence, chance, wanted)
    return [*few, *ranked[len(few) :]], reading


def _whole_clause_candidates(
    context: Context, sentence: ClauseSentence, chance: float, wanted: AnswerRequirements
) -> CandidateSet:
    """A sentence of a clause, and yes where that is what is asked."""
    item = whole_passage(context, sentence.passage_number)
    clause = item.make_candidate(*trim_span(item.text, sentence.start, sentence.end))
    found = CandidateSet((clause,), signals={BY_CLAUSE: chance})
    if wanted.kind is FactKind.YES_NO:
        return replace(found, form=AnswerForm.YES_NO, verdict=Verdict.YES)
    return found


def _value_in_clause_candidates(
    reading: CandidateSet,
    context: Context,
    sentence: ClauseSentence,
    chance: float,
    wanted: AnswerRequirements,
) -> CandidateSet:
    """The value in a sentence of a clause: what was read there, else the first of its kind, else
    the sentence, as where a term is a period, whose date is its start."""
    item = whole_passage(context, sentence.passage_number)
    text = item.text[sentence.start : sentence.end]
    first = item.start + sentence.start
    end = item.start + sentence.end
    lasting = wanted.clause == TERM and fact_spans(FactKind.PERIOD, text)
    if lasting and wanted.or_clause:
        return _whole_clause_candidates(context, sentence, chance, wanted)
    within = [
        candidate
        for candidate in reading.candidates
        if (candidate.document, candidate.page) == (item.document, item.page)
        and first <= candidate.start < end
    ]
    values = fact_spans(wanted.kind, text) if wanted.kind else []
    notices = [match.start() for match in _NOTICE.finditer(text)]
    if wanted.kind is FactKind.PERIOD and notices:
        values.sort(key=lambda value: min(abs(value.start - notice) for notice in notices))
        within = []  # the reader takes a term for a notice
    elif wanted.clause == TERM and len(values) > 1:
        values.reverse()
        within = []  # and the start of a term for its end
    if not within:
        within = [
            item.make_candidate(sentence.start + value.start, sentence.start + value.end)
            for value in values[:1]
        ]
    if not within and wanted.or_clause:
        return _whole_clause_candidates(context, sentence, chance, wanted)
    return replace(reading, candidates=tuple(within), signals={BY_CLAUSE: chance})


def _names_in_clause(
    context: Context, sentences: Sequence[ClauseSentence], chance: float
) -> CandidateSet:
    """The names in the sentences of a clause, none part of another; several are a list."""
    by_value: dict[str, Candidate] = {}
    for row in sentences:
        item = whole_passage(context, row.passage_number)
        text = item.text[row.start : row.end]
        for name in party_name_spans(text, *shipped_weights("names", "follow")):
            words = name.of(text)
            if any(f"{mark}{words}" in item.text for mark in QUOTES):
                continue  # what a party is called, not its name
            fact = parse_first_fact(FactKind.PARTY, words)
            value = fact.value if fact else ""
            named = item.make_candidate(row.start + name.start, row.start + name.end)
            by_value.setdefault(value, named)
    names = tuple(
        candidate
        for value, candidate in by_value.items()
        if not any(value in other and value != other for other in by_value)
    )
    return fact_or_list(names, {BY_CLAUSE: chance})


def text_of_scope(
    scope: Scope, context: Context, passages: Sequence[RankedPassage]
) -> CandidateSet | None:
    """The text of `scope`: its `passages` one after the other, at most MOST_WORDS words."""
    items: list[Candidate] = []
    words = 0
    for slot, ranked in enumerate(passages):
        placed = context.passages[ranked.passage_number]
        page = placed.passage.page
        text = context.documents[placed.document].pages[page - 1].text
        for part in scope.parts(placed.document, page, placed.passage.start, placed.passage.end):
            start, end = trim_span(text, part.start, part.end)
            count = len(text[start:end].split())
            if start < end and (not items or words + count <= MOST_WORDS):
                words += count
                items.append(Candidate(slot, placed.document, page, start, end))
    if not items:
        return None
    return fact_or_list(items, {BY_STRUCTURE: 1.0})
