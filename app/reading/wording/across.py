"""What a question about several documents asks of each: "Which of these leases are under Swiss law?" asks every lease
"Does it under Swiss law?". One that wants one fact of any of them is asked of all together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.evidence.terms import plain_words, terms
from docqa.app.facts.facts import FactKind
from docqa.app.reading.candidates import ANYTHING, FRONT, Wanted
from docqa.app.reading.clauses import KINDS
from docqa.app.reading.wording.language import is_english
from docqa.ingest.language.words import word_set
from docqa.model.heads.question_heads import ANSWERING, QuestionKind

if TYPE_CHECKING:
    from docqa.model.heads.excerpt_reading import ExcerptReader

_OF_TIME = word_set("first earliest oldest last latest newest recent")
_DATE_ASKED = "What is the date of this document?"


@dataclass(frozen=True)
class AcrossQuestion:
    """`question` is what every document is asked by itself, `wanted` what its answer has to be."""

    kind: QuestionKind
    question: str
    wanted: Wanted = ANYTHING


def across_question(question: str, reader: ExcerptReader) -> AcrossQuestion | None:
    """What `question` asks of each of several documents; None where it asks for one fact of any of them."""
    found = reader.of_several(question) if is_english(question) else None
    if found is None or found.kind is QuestionKind.ONE:
        return None
    if found.kind in (QuestionKind.LEAST, QuestionKind.MOST) and _OF_TIME.intersection(plain_words(question)):
        return AcrossQuestion(found.kind, _DATE_ASKED, Wanted(FactKind.DATE, where=(FRONT,)))
    if not terms(found.asked):
        return AcrossQuestion(found.kind, question)
    clause = reader.clause_of(f"{found.asked}?") or reader.clause_of(question)
    kind = KINDS.get(clause)
    if clause in ANSWERING and (kind is FactKind.LAW or not found.kind.picks):
        wanted = Wanted(kind, kind is FactKind.PARTY, clause=clause, or_clause=not found.kind.picks)
        return AcrossQuestion(found.kind, f"{found.asked}?", wanted)
    # The right yes or no for 82 of 100, as a whole question gets; for 61 without "Does it".
    return AcrossQuestion(found.kind, f"Does it {found.asked}?" if found.kind.picks else f"{found.asked}?")
