"""The Answer of what was read: status, words, statements, quotes, evidence, coverage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docqa.app.answer.answer import (
    NOT_STATED,
    Answer,
    CoverageReport,
    EvidenceItem,
    Quote,
    Statement,
    Usage,
)
from docqa.app.answer.grades import Status, Support, Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.evidence.terms import key_words, plain_words, terms
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.quoting import cut_quote, location_label, make_quote
from docqa.app.quotes.sentence_runs import Sentences
from docqa.app.quotes.verifier import Located
from docqa.app.reading.candidates import AnswerForm, Candidate, Candidates, CandidateSet
from docqa.ingest.structure.leads import leads_of_cells, leads_outside

_SUPPORT = 2  # further quotes that say the same words elsewhere


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one question brought to light, whatever answers it: `ranked` are the passages to list,
    `missing` its names and years that no document has, `likeliest` the words that may answer where
    none are stated."""

    question: str
    ranked: Sequence[RankedPassage]
    coverage: CoverageReport
    usage: Usage
    provenance: Mapping[str, Any]
    preliminary: bool = False
    missing: tuple[str, ...] = ()
    likeliest: Located | None = None


@dataclass(frozen=True)
class StatedAnswer:
    """The words that answer, what they state one by one, and the quotes that bear them out."""

    answer: str | None = None
    statements: tuple[Statement, ...] = ()
    quotes: tuple[Quote, ...] = ()
    verdict: Verdict | None = None


def compose_answer(
    draft: Draft,
    parts: Sequence[CandidateSet | None],
    probability: float,
    context: Context,
    *,
    is_possible: bool,
) -> Answer:
    """Answer with verified quotes: of a question's `parts`, those that are None are not stated; with
    none of them a refusal that shows the nearest passages and what was counted. `probability`: that
    the answer is right, or of a refusal that the first passage answers; `is_possible`: whether that
    is worth saying."""
    answers = [_best_candidate_answer(part, context) if part else StatedAnswer() for part in parts]
    stated = answers[0] if len(answers) == 1 else _join_answers(answers)
    if draft.preliminary or (stated.quotes and not all(each.quotes for each in answers)):
        status = Status.PARTIAL
    elif stated.quotes:
        status = Status.ANSWERED
    else:
        status = Status.POSSIBLE if is_possible and draft.ranked else Status.NOT_FOUND
    return answer_from_statements(draft, stated, status, probability, context)


def answer_from_statements(
    draft: Draft, stated: StatedAnswer, status: Status, confidence: float, context: Context
) -> Answer:
    """The Answer of what is `stated`: refused where no quote bears it out, with the counts of the
    question's words.
    """
    coverage = draft.coverage
    refused = not stated.quotes
    evidence = [_make_evidence_item(item, context) for item in draft.ranked]
    if status is Status.POSSIBLE and draft.likeliest and evidence:
        evidence[0] = _from_sentence_on(evidence[0], draft.ranked[0], draft.likeliest, context)
    if refused and context.passages:
        coverage = coverage.with_warnings(
            question_word_counts_line(question_word_counts(draft.question, context))
        )
    return Answer(
        status=status if context.passages else Status.UNREADABLE,
        question=draft.question,
        answer=stated.answer,
        verdict=stated.verdict,
        refused=refused,
        confidence=round(confidence, 4),
        missing=draft.missing,
        statements=stated.statements,
        quotes=_with_leads(stated.quotes, context),
        evidence=tuple(evidence),
        coverage=coverage,
        usage=draft.usage,
        provenance=draft.provenance,
    )


def _join_answers(answers: Sequence[StatedAnswer]) -> StatedAnswer:
    """The answers to the parts of a question, in their order, as one; nothing where none is
    stated."""
    if not any(each.quotes for each in answers):
        return StatedAnswer()
    quotes: list[Quote] = []
    statements: list[Statement] = []
    for each in answers:
        quotes += [quote for quote in each.quotes if quote not in quotes]
        numbers = [quotes.index(quote) for quote in each.quotes]
        statements += [
            replace(statement, quotes=tuple(numbers[at] for at in statement.quotes))
            for statement in each.statements or [Statement(NOT_STATED, Support.UNSUPPORTED, ())]
        ]
    answer = "; ".join(each.answer or NOT_STATED for each in answers)
    return StatedAnswer(answer, tuple(statements), tuple(quotes))


def _best_candidate_answer(reading: CandidateSet, context: Context) -> StatedAnswer:
    """What the best candidate states, or the items; nothing without candidates."""
    if reading.items and reading.form is AnswerForm.LIST:
        return _list_items_answer(reading.items, context)
    if not reading.candidates:
        return StatedAnswer()
    words = reading.candidates[0].location.text_in(context.documents)
    verdict = reading.verdict if reading.form == AnswerForm.YES_NO else None
    answer = f"{verdict.capitalize()}: {words}" if verdict else words
    # The best candidate's quote, then quotes of the same words on other pages.
    folded = fold(words).text
    by_page = dict[tuple[int, int], Candidate]()
    for candidate in reading.candidates:
        if fold(candidate.location.text_in(context.documents)).text == folded:
            by_page.setdefault((candidate.document, candidate.page), candidate)
    same_words = list(by_page.values())[: 1 + _SUPPORT]
    quotes = [make_quote(context.documents, each.location, each.quoted) for each in same_words]
    return StatedAnswer(answer, (Statement(words, Support.QUOTED, (0,)),), tuple(quotes), verdict)


def _list_items_answer(items: Candidates, context: Context) -> StatedAnswer:
    """A statement for each item; items in one quote share it."""
    quotes: list[Quote] = []
    statements: list[Statement] = []
    for item in items:
        file = context.documents[item.document].path
        number = _index_of_quote_containing_span(quotes, file, item.page, item.start, item.end)
        if number is None:
            number = len(quotes)
            quotes.append(make_quote(context.documents, item.location, item.quoted))
        words = item.location.text_in(context.documents)
        statements.append(Statement(words, Support.QUOTED, (number,)))
    answer = "; ".join(statement.text for statement in statements)
    return StatedAnswer(answer, tuple(statements), tuple(quotes))


def _index_of_quote_containing_span(
    quotes: Sequence[Quote], file: str, page: int, start: int, end: int
) -> int | None:
    """The number of the first quote that has these characters."""
    for number, quote in enumerate(quotes):
        for cite in quote.cites:
            same_page = cite.file == file and (cite.page or 1) == page
            if same_page and cite.start <= start and end <= cite.end:
                return number
    return None


def _with_leads(quotes: Sequence[Quote], context: Context) -> tuple[Quote, ...]:
    """`quotes`, and after all of them their leads as quotes of their own places, each once."""
    documents = {document.path: number for number, document in enumerate(context.documents)}
    whole = list(quotes)
    for at, quote in enumerate(quotes):
        cite = quote.cites[0]
        number = documents[cite.file]
        document = context.documents[number]
        page = cite.page or 1
        answer = cite.start + (quote.answer_start or 0), cite.start + (quote.answer_end or 0)
        leads: list[int] = []
        for lead in (
            *leads_outside(document, page, cite.start, cite.end),
            *leads_of_cells(document, page, *answer),
        ):
            known = _index_of_quote_containing_span(
                whole, cite.file, lead.page, lead.start, lead.end
            )
            if known is None:
                known = len(whole)
                place = Located(number, lead.page, lead.start, lead.end)
                whole.append(cut_quote(context.documents, place))
            if known != at:
                leads.append(known)
        whole[at] = replace(quote, leads=tuple(leads))
    return tuple(whole)


def _make_evidence_item(ranked_passage: RankedPassage, context: Context) -> EvidenceItem:
    placed = context.passages[ranked_passage.passage_number]
    document = context.documents[placed.document]
    passage = placed.passage
    return EvidenceItem(
        file=document.path,
        page=passage.page if document.paged else None,
        label=location_label(document, passage.page, passage.start),
        score=round(ranked_passage.score, 4),
        text=context.text_of(placed),
    )


def _from_sentence_on(
    item: EvidenceItem, ranked_passage: RankedPassage, likeliest: Located, context: Context
) -> EvidenceItem:
    """`item`, of a passage, from the sentence on that has the words `likeliest`; all of it where
    they are elsewhere."""
    placed = context.passages[ranked_passage.passage_number]
    passage = placed.passage
    if (likeliest.document, likeliest.page) != (placed.document, passage.page):
        return item
    sentences = Sentences(item.text)
    run = sentences.sentences_touching(
        likeliest.start - passage.start, likeliest.end - passage.start
    )
    return replace(item, text=item.text[sentences.span_of_run(run).start :]) if run else item


def question_word_counts(question: str, context: Context) -> dict[str, int]:
    """How often each key word of the question is in the passages, in any inflection."""
    stems = {word: (terms(word) or [word.casefold()])[0] for word in key_words(question)}
    if not stems:
        return {}
    words = Counter(
        word for placed in context.passages for word in plain_words(context.text_of(placed))
    )
    counts: Counter[str] = Counter()
    for word, count in words.items():
        counts.update(dict.fromkeys(terms(word)[:1], count))
    return {word: counts[stem] for word, stem in stems.items()}


def question_word_counts_line(counts: dict[str, int]) -> str:
    """One line for `coverage.warnings`, as: The question's words in the text: "rent" 12, "subsidy"
    0.
    """
    if not counts:
        return "The question has no word that could be counted in the text."
    listed = ", ".join(f'"{word.replace(chr(34), "")}" {count}' for word, count in counts.items())
    return f"The question's words in the text: {listed}."
