"""Questions about several documents, and what they ask of each."""

import pytest

from docqa.app.facts.facts import FactKind
from docqa.app.reading.wording.across import per_document_question
from docqa.model.folder import BUNDLED
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.heads.question_heads import QuestionKind


@pytest.fixture(scope="module")
def reader():
    return ExcerptReader(BUNDLED)


@pytest.mark.parametrize(
    ("question", "kind", "alone"),
    [
        (
            "Under which contracts may the buyer refuse delivery?",
            QuestionKind.WHICH,
            "buyer refuse delivery",
        ),
        ("Does any of these reports mention lead paint?", QuestionKind.WHICH, "mention lead paint"),
        ("Whose authors work at a hospital?", QuestionKind.WHICH, "work at a hospital"),
        ("How many of the four agreements cap damages?", QuestionKind.COUNT, "cap damages"),
        ("Who is the landlord in each lease?", QuestionKind.EACH, "Who is the landlord"),
        ("Which contract has the longest notice period?", QuestionKind.MOST, "notice period"),
        ("Do the two policies differ on sick leave?", QuestionKind.COMPARE, "sick leave"),
    ],
)
def test_every_document_is_asked_for_its_own_part(reader, question, kind, alone):
    asked = per_document_question(question, reader)
    assert asked is not None and asked.kind is kind
    assert alone in asked.question and not {"which", "four", "each", "these"} & set(
        asked.question.lower().split()
    )


@pytest.mark.parametrize(
    "question",
    [
        "Which of the appellants withdrew the appeal?",
        "How many employees does the tenant have?",
        "Who was the first director of the Rouen office?",
        "Welche der Verträge enden zuerst?",
    ],
)
def test_one_fact_is_looked_for_in_all_documents(reader, question):
    assert per_document_question(question, reader) is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which one is the most recent?", QuestionKind.MOST),
        ("Which contract is the oldest?", QuestionKind.LEAST),
    ],
)
def test_the_last_and_the_first_are_told_by_their_dates(reader, question, kind):
    asked = per_document_question(question, reader)
    assert asked is not None and (asked.kind, asked.wanted.kind) == (kind, FactKind.DATE)
