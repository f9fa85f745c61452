"""What a question about several documents asks of each: "Which of these leases are under Swiss
law?" asks every lease "Does it under Swiss law?". One that wants one fact is asked of all
together."""

from dataclasses import dataclass

from docqa.app.evidence.terms import terms
from docqa.app.facts.facts import FactKind
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.heads.question_heads import ANSWERING, QuestionKind

from ..candidates import ANYTHING, AnswerRequirements
from ..clauses import KINDS
from .language import is_english


@dataclass(frozen=True)
class PerDocumentQuestion:
    """`question` is what every document is asked by itself, `wanted` what its answer has to be."""

    kind: QuestionKind
    question: str
    wanted: AnswerRequirements = ANYTHING


def per_document_question(question: str, reader: ExcerptReader) -> PerDocumentQuestion | None:
    """What `question` asks of each of several documents; None where it asks for one fact of any of
    them.
    """
    found = reader.parse_question_of_several(question) if is_english(question) else None
    if not found or found.kind is QuestionKind.ONE:
        return None
    asked = f"{found.asked}?" if terms(found.asked) else question
    clause = next(
        filter(ANSWERING.__contains__, map(reader.clause_that_answers, (asked, question))), ""
    )
    kind = KINDS.get(clause)
    picks = found.kind.picks_documents
    if clause and (kind is FactKind.LAW or not picks):
        wanted = AnswerRequirements(
            kind, kind is FactKind.PARTY, clause=clause, or_clause=not picks
        )
        return PerDocumentQuestion(found.kind, asked, wanted)
    # The right yes or no for 82 of 100, as a whole question; for 61 without "Does it".
    return PerDocumentQuestion(
        found.kind,
        f"Does it {asked}" if picks and asked != question else asked,
    )
