"""Summaries of open documents, as a card shows them: an answer whose quotes are the sentences."""

from collections.abc import Iterator
from contextlib import closing

from docqa.app.answer.answer import Answer, Cite, Quote, Statement, Usage
from docqa.app.answer.events import Event, Finished
from docqa.app.answer.grades import Grade, Place, Status, Support
from docqa.app.batch.jobs import SummaryJob
from docqa.app.errors import UsageError
from docqa.app.session.session import Session
from docqa.app.summary.record import DEFAULT_STYLE, STYLES, SummaryRecord, SummarySentence
from docqa.ingest.types import Document


def summarize(session: Session, command: str) -> Iterator[Event]:
    """Summarizes each document as `command` says, "/summarize" with a style after it; the last
    event is Finished. Raises UsageError."""
    style = command.partition(" ")[2].strip() or DEFAULT_STYLE
    if style not in STYLES:
        raise UsageError(f"there is no style {style}", hint=f"one of {', '.join(STYLES)}")
    job = SummaryJob(session.options, style)
    records = []
    for document in session.documents:
        with closing(session.make_session_for([document])) as alone:
            records.append((yield from job.summarize(alone)))
    yield Finished(_answer_of(records, command, session))


def _answer_of(records: list[SummaryRecord], command: str, session: Session) -> Answer:
    """A statement for each sentence, after its heading, whose quotes are where it comes from."""
    statements: list[Statement] = []
    quotes: list[Quote] = []
    notes: list[str] = []
    for record, document in zip(records, session.documents):
        file = document.path if len(records) > 1 else None
        parts = [("", record.sentences)]
        parts += [(f"{section.heading}: ", section.sentences) for section in record.sections]
        for heading, sentences in parts:
            for sentence in sentences:
                first = len(quotes)
                quotes += _quotes_of(sentence, document)
                places = tuple(range(first, len(quotes)))
                support = Support(sentence.support or Support.QUOTED)
                statements.append(Statement(heading + sentence.text, support, places, file))
                heading = ""
        notes += [f"not covered: {name}" for name in record.not_covered]
    total = len(session.context)
    return Answer(
        Status.ANSWERED if quotes else Status.UNREADABLE,
        command,
        "\n".join(statement.text for statement in statements) or None,
        statements=tuple(statements),
        refused=False,
        confidence=1.0,
        quotes=tuple(quotes),
        evidence=(),
        coverage=session.corpus.coverage_report(total, *notes),
        usage=Usage(total, 0, 0.0, cached=False),
        provenance={"summary": records[0].method},
    )


def _quotes_of(sentence: SummarySentence, document: Document) -> list[Quote]:
    """The places of a sentence, each with the document's words there."""
    cites = (
        Cite(document.path, at.page, at.label, at.section, at.start, at.end)
        for at in sentence.cites
    )
    return [
        Quote(
            document.pages[(cite.page or 1) - 1].text[cite.start : cite.end],
            None,
            None,
            Grade.EXACT,
            Place.AS_CITED,
            (cite,),
            sentence.speaker,
        )
        for cite in cites
    ]
