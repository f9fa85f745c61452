"""The Answer of a text that a model wrote: status and confidence follow from the support of its statements."""

from __future__ import annotations

from dataclasses import dataclass, replace

from docqa.app.answer.answer import Answer, Quote, Statement
from docqa.app.answer.grades import Place, Status, Support, Verdict
from docqa.app.answerers.compose import Draft, Stated, answer_of
from docqa.app.answerers.writing.checking import CheckedStatement, CheckedText
from docqa.app.answerers.writing.statements import starts_with_verdict
from docqa.app.context.context import Context
from docqa.app.quotes.quoting import cite, cut_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading import addressing


@dataclass(frozen=True, kw_only=True)
class WrittenDraft(Draft):
    """`checked` None: the model wrote nothing, or that nothing answers. `first`: the chance, 0 to 1, that the first of
    `ranked` answers."""

    checked: CheckedText | None
    first: float
    yes_no: bool = False


def written_answer(draft: WrittenDraft, context: Context) -> Answer:
    """`answered` where all statements are quoted or supported, `partial` where some are (a preliminary answer at most),
    `possible` where none is; without a text `not_found`. Sentences that address the reader beside its evidence are
    among the warnings."""
    checked, status = draft.checked, status_of(draft.checked)
    if checked is None:
        return answer_of(draft, Stated(), status, draft.first, context)
    places = (place for item in checked.statements for spans in item.quotes for place in spans)
    marks = addressing.marks(places, context.documents)
    coverage = replace(draft.coverage, warnings=(*draft.coverage.warnings, *marks))
    draft = replace(draft, coverage=coverage)
    if not checked.good:
        statements = tuple(Statement(item.written.text, item.support, ()) for item in checked.statements)
        return answer_of(draft, Stated(statements=statements), status, draft.first, context)
    if draft.preliminary:
        status = Status.PARTIAL
    quotes, statements = _quoted(checked, context)
    stated = Stated(checked.text, statements, quotes, _verdict(checked) if draft.yes_no else None)
    return answer_of(draft, stated, status, checked.answers * len(checked.good) / len(checked.statements), context)


def status_of(checked: CheckedText | None) -> Status:
    """How a written text counts, by its statements."""
    if checked is None or not checked.statements:
        return Status.NOT_FOUND
    if not checked.good:
        return Status.POSSIBLE
    return Status.ANSWERED if len(checked.good) == len(checked.statements) else Status.PARTIAL


def _verdict(checked: CheckedText) -> Verdict | None:
    first = checked.statements[0]
    return starts_with_verdict(first.written.plain)[0] if first.support.good else None


def _quoted(checked: CheckedText, context: Context) -> tuple[tuple[Quote, ...], tuple[Statement, ...]]:
    """(the quotes that bear statements out, each once, the statements with the numbers of theirs)."""
    quotes: dict[tuple[Located, ...], Quote] = {}
    bearing = [(item, [] if item in checked.weak else item.quotes) for item in checked.statements]
    for item, places in bearing:
        for spans in places:
            quotes.setdefault(spans, _quote(item, spans, context))
    at = {spans: number for number, spans in enumerate(quotes)}
    numbered = ((item, tuple(dict.fromkeys(at[spans] for spans in places))) for item, places in bearing)
    statements = (Statement(item.written.text, item.support, numbers) for item, numbers in numbered)
    return tuple(quotes.values()), tuple(statements)


def _quote(item: CheckedStatement, spans: tuple[Located, ...], context: Context) -> Quote:
    """The pages' words at `spans`, with the place of a statement that was cut from them."""
    documents = context.documents
    place = Place.MOVED if item.moved else Place.AS_CITED
    if len(spans) == 1:
        quote = replace(cut_quote(documents, spans[0]), place=place)
        at = quote.text.find(item.written.text) if item.support is Support.QUOTED else -1
        return replace(quote, answer_start=at, answer_end=at + len(item.written.text)) if at >= 0 else quote
    first = cut_quote(documents, spans[0])
    text = " ".join(span.text_in(documents) for span in spans)
    grade = next((verdict.grade for _, verdict in item.verdicts if verdict.spans == spans), first.grade)
    cites = tuple(cite(documents, span) for span in spans)
    return replace(first, text=text, place=place, grade=grade, cites=cites)
