"""The Answer of a text that a model wrote: status and confidence follow from the support of its statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from docqa.app.answer.answer import Answer, CoverageReport, Quote, Statement, Usage
from docqa.app.answer.grades import Place, Status, Support, Verdict
from docqa.app.answerers.compose import evidence_item
from docqa.app.answerers.writing.checking import CheckedStatement, CheckedText
from docqa.app.answerers.writing.refusals import starts_with_verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked
from docqa.app.quotes.quoting import cite, cut_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading import addressing
from docqa.app.reading.answerability import counts_line, word_counts

_BIAS, _RELEVANCE_WEIGHT, _READER_WEIGHT = -0.2, 0.65, 0.51
_LEAST_CHANCE = 0.02


@dataclass(frozen=True)
class WrittenDraft:
    """What one question brought to light, before it is an Answer.

    `checked` None: the model said that nothing answers, or wrote nothing. `relevance`: the chance, 0 to 1, that the
    quotes have to do with the question; `first`: that the first of `ranked` answers it; `reader`: that the reader's own
    answer is right, or, where it has none, `first`.
    """

    question: str
    checked: CheckedText | None
    ranked: Sequence[Ranked]
    relevance: float
    first: float
    reader: float
    coverage: CoverageReport
    usage: Usage
    provenance: Mapping[str, object]
    preliminary: bool = False
    yes_no: bool = False


def written_answer(draft: WrittenDraft, context: Context) -> Answer:
    """`answered` where all statements are quoted or supported, `partial` where some are, `possible` where none is;
    without a text `not_found`. A preliminary answer is `partial` at most.

    Sentences that address the reader beside what bears a statement out are among the warnings.
    """
    checked = draft.checked
    status = status_of(checked)
    if status is Status.ANSWERED and draft.preliminary:
        status = Status.PARTIAL
    if not context.passages:
        status = Status.UNREADABLE
    stands = checked is not None and status in (Status.ANSWERED, Status.PARTIAL)
    quotes, statements = _stated(checked, context, quoted=stands) if checked is not None else ([], ())
    coverage = draft.coverage
    if checked is not None:
        places = (place for item in checked.statements for spans in item.quotes for place in spans)
        marks = addressing.marks(places, context.documents)
        coverage = replace(coverage, warnings=(*coverage.warnings, *marks))
    if not stands and context.passages:
        line = counts_line(word_counts(draft.question, context))
        coverage = replace(coverage, warnings=(*coverage.warnings, line))
    chance = confidence(checked, draft.relevance, draft.reader) if checked is not None and stands else draft.first
    return Answer(
        status=status,
        question=draft.question,
        answer=checked.text if checked is not None and stands else None,
        verdict=_verdict(checked) if checked is not None and stands and draft.yes_no else None,
        refused=not stands,
        confidence=round(chance, 4),
        statements=statements,
        quotes=tuple(quotes),
        evidence=tuple(evidence_item(item, context) for item in draft.ranked),
        coverage=coverage,
        usage=draft.usage,
        provenance=draft.provenance,
    )


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


def _stated(
    checked: CheckedText, context: Context, *, quoted: bool
) -> tuple[list[Quote], tuple[Statement, ...]]:  # fmt: skip
    """(the quotes of all statements, each once, the statements with the numbers of theirs); none unless `quoted`."""
    quotes: list[Quote] = []
    at: dict[tuple[Located, ...], int] = {}
    statements = []
    for item in checked.statements:
        numbers = []
        for spans in item.quotes if quoted else ():
            if spans not in at:
                at[spans] = len(quotes)
                quotes.append(_quote(item, spans, context))
            numbers.append(at[spans])
        statements.append(Statement(item.written.text, item.judgement.support, tuple(dict.fromkeys(numbers))))
    return quotes, tuple(statements)


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
