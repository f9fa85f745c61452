"""The Answer of a text that a model wrote: status and confidence follow from the support of its
statements.
"""

from dataclasses import replace

from docqa.app.answer.answer import Answer, Quote, Statement
from docqa.app.answer.grades import Place, Status, Support
from docqa.app.context.context import Context
from docqa.app.quotes.quoting import cut_quote, make_cite
from docqa.app.quotes.verifier import LocatedSpans
from docqa.app.reading import addressing

from ..compose import Draft, StatedAnswer, answer_from_statements
from .checking import CheckedStatement, CheckedText
from .statements import starts_with_verdict


def written_answer(
    draft: Draft, checked: CheckedText | None, first: float, context: Context, *, yes_no: bool
) -> Answer:
    """`answered` where all statements are quoted or supported, `partial` where some are (a
    preliminary answer at most), `possible` where none is; `not_found` where the model wrote nothing
    (None), or that nothing answers. `first`: the chance, 0 to 1, that the first passage answers.
    Sentences that address the reader beside its evidence are among the warnings."""
    if not checked:
        return answer_from_statements(draft, StatedAnswer(), Status.NOT_FOUND, first, context)
    places = (place for item in checked.statements for spans in item.quotes for place in spans)
    draft = replace(
        draft,
        coverage=draft.coverage.with_warnings(
            *addressing.warnings_of_addressed_reader(places, context.documents)
        ),
    )
    if not checked.good_statements:
        statements = tuple(
            Statement(item.written.text, item.support, ()) for item in checked.statements
        )
        status = Status.POSSIBLE if statements else Status.NOT_FOUND
        return answer_from_statements(
            draft, StatedAnswer(statements=statements), status, first, context
        )
    quotes: dict[LocatedSpans, Quote] = {}  # each once
    borne_out: list[Statement] = []
    for item in checked.statements:
        bearing = [] if item in checked.weak_statements else list(dict.fromkeys(item.quotes))
        for spans in bearing:
            if spans not in quotes:
                quotes[spans] = _quote_at_spans(item, spans, context)
        borne_out.append(
            Statement(item.written.text, item.support, tuple(map(list(quotes).index, bearing)))
        )
    all_good = len(checked.good_statements) == len(checked.statements) and not draft.preliminary
    said = checked.statements[0]
    verdict = (
        starts_with_verdict(said.written.plain)[0]
        if yes_no and said.support.is_full_support
        else None
    )
    stated = StatedAnswer(checked.text, tuple(borne_out), tuple(quotes.values()), verdict)
    status = Status.ANSWERED if all_good else Status.PARTIAL
    return answer_from_statements(
        draft,
        stated,
        status,
        checked.answers * len(checked.good_statements) / len(checked.statements),
        context,
    )


def _quote_at_spans(item: CheckedStatement, spans: LocatedSpans, context: Context) -> Quote:
    """The pages' words at `spans`, with the place of a statement that was cut from them."""
    documents = context.documents
    first = replace(
        cut_quote(documents, spans[0]), place=Place.MOVED if item.moved else Place.AS_CITED
    )
    if len(spans) == 1:
        at = first.text.find(item.written.text) if item.support is Support.QUOTED else -1
        return (
            replace(first, answer_start=at, answer_end=at + len(item.written.text))
            if at >= 0
            else first
        )
    text = " ".join(span.text_in(documents) for span in spans)
    grade = next(
        (verdict.grade for _, verdict in item.verdicts if verdict.spans == spans), first.grade
    )
    return replace(
        first, text=text, grade=grade, cites=tuple(make_cite(documents, span) for span in spans)
    )
