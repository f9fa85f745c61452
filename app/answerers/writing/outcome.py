"""The Answer of a text that a model wrote: status and confidence follow from the support of its statements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log

from docqa.app.answer.answer import Answer, Quote, Statement
from docqa.app.answer.grades import Place, Status, Support, Verdict
from docqa.app.answerers.compose import Draft, Stated, answer_of
from docqa.app.answerers.writing.checking import CheckedStatement, CheckedText
from docqa.app.answerers.writing.refusals import starts_with_verdict
from docqa.app.context.context import Context
from docqa.app.quotes.quoting import cite, cut_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading import addressing

_BIAS, _RELEVANCE_WEIGHT, _READER_WEIGHT = -0.2, 0.65, 0.51
_LEAST_CHANCE = 0.02


@dataclass(frozen=True, kw_only=True)
class WrittenDraft(Draft):
    """`checked` None: the model said that nothing answers, or wrote nothing. `relevance`: the chance, 0 to 1, that the
    quotes have to do with the question; `first`: that the first of `ranked` answers it; `reader`: that the reader's own
    answer is right, or, where it has none, `first`."""

    checked: CheckedText | None
    relevance: float
    first: float
    reader: float
    yes_no: bool = False


def written_answer(draft: WrittenDraft, context: Context) -> Answer:
    """`answered` where all statements are quoted or supported, `partial` where some are, `possible` where none is;
    without a text `not_found`. A preliminary answer is `partial` at most.

    Sentences that address the reader beside what bears a statement out are among the warnings.
    """
    checked, status = draft.checked, status_of(draft.checked)
    if checked is None:
        return answer_of(draft, Stated(), status, draft.first, context)
    places = (place for item in checked.statements for spans in item.quotes for place in spans)
    marks = addressing.marks(places, context.documents)
    coverage = replace(draft.coverage, warnings=(*draft.coverage.warnings, *marks))
    draft = replace(draft, coverage=coverage)
    if not checked.good:
        statements = tuple(Statement(item.written.text, item.judgement.support, ()) for item in checked.statements)
        return answer_of(draft, Stated(statements=statements), status, draft.first, context)
    if draft.preliminary:
        status = Status.PARTIAL
    quotes, statements = _quoted(checked, context)
    stated = Stated(checked.text, statements, quotes, _verdict(checked) if draft.yes_no else None)
    return answer_of(draft, stated, status, confidence(checked, draft.relevance, draft.reader), context)


def status_of(checked: CheckedText | None) -> Status:
    """How a written text counts, by its statements."""
    if checked is None or not checked.statements:
        return Status.NOT_FOUND
    if not checked.good:
        return Status.POSSIBLE
    return Status.ANSWERED if len(checked.good) == len(checked.statements) else Status.PARTIAL


def confidence(checked: CheckedText, relevance: float, reader: float) -> float:
    """The chance that what is asserted is right: the share of the statements that are borne out, times what the reader
    thinks of their quotes and of its own answer.

    Fitted on 69 answers of Qwen2.5-Coder-1.5B to natural questions over PDFs that nothing was trained on.
    """
    if not checked.statements:
        return 0.0
    share = len(checked.good) / len(checked.statements)
    odds = _BIAS + _RELEVANCE_WEIGHT * _log_odds(relevance) + _READER_WEIGHT * _log_odds(reader)
    return share / (1.0 + exp(-odds))


def _log_odds(chance: float) -> float:
    inside = min(max(chance, _LEAST_CHANCE), 1.0 - _LEAST_CHANCE)
    return log(inside / (1.0 - inside))


def _verdict(checked: CheckedText) -> Verdict | None:
    first = checked.statements[0]
    return starts_with_verdict(first.written.plain)[0] if first.judgement.good else None


def _quoted(checked: CheckedText, context: Context) -> tuple[tuple[Quote, ...], tuple[Statement, ...]]:
    """(the quotes of all statements, each once, the statements with the numbers of theirs)."""
    quotes: dict[tuple[Located, ...], Quote] = {}
    for item in checked.statements:
        for spans in item.quotes:
            quotes.setdefault(spans, _quote(item, spans, context))
    at = {spans: number for number, spans in enumerate(quotes)}
    numbered = ((item, tuple(dict.fromkeys(at[spans] for spans in item.quotes))) for item in checked.statements)
    statements = (Statement(item.written.text, item.judgement.support, numbers) for item, numbers in numbered)
    return tuple(quotes.values()), tuple(statements)


def _quote(item: CheckedStatement, spans: tuple[Located, ...], context: Context) -> Quote:
    """The pages' words at `spans`, with the place of a statement that was cut from them."""
    documents = context.documents
    place = Place.MOVED if item.moved else Place.AS_CITED
    if len(spans) == 1:
        quote = replace(cut_quote(documents, spans[0]), place=place)
        at = quote.text.find(item.written.text) if item.judgement.support is Support.QUOTED else -1
        return replace(quote, answer_start=at, answer_end=at + len(item.written.text)) if at >= 0 else quote
    first = cut_quote(documents, spans[0])
    text = " ".join(documents[s.document].pages[s.page - 1].text[s.start : s.end] for s in spans)
    grade = next((verdict.grade for _, verdict in item.verdicts if verdict.spans == spans), first.grade)
    cites = tuple(cite(documents, span) for span in spans)
    return replace(first, text=text, place=place, grade=grade, cites=cites)
