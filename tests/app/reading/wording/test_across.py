"""Questions about several documents, and what they ask of each."""

import pytest

from docqa.app.reading.wording.across import Across, across_question


@pytest.mark.parametrize(
    ("question", "kind", "alone"),
    [
        ("Which of these leases are subject to Swiss law?", Across.WHICH, "Is it subject to Swiss law?"),
        ("Which of the two has an arbitration clause?", Across.WHICH, "Does it have an arbitration clause?"),
        ("Under which contracts may the buyer refuse delivery?", Across.WHICH, "May the buyer refuse delivery?"),
        ("Does any of these reports mention lead paint?", Across.WHICH, "Does it mention lead paint?"),
        ("How many of the four agreements cap damages?", Across.COUNT, "Does it cap damages?"),
        ("When does each of these agreements end?", Across.EACH, "When does it end?"),
        ("Who is the landlord in each lease?", Across.EACH, "Who is the landlord?"),
        ("When were both acts passed?", Across.EACH, "When was it passed?"),
        ("Which is the oldest paper?", Across.COMPARE, "What is the date of this document?"),
        ("Which contract has the longest notice period?", Across.COMPARE, "What is the notice period?"),
    ],
)
def test_every_document_is_asked_for_its_own_part(question, kind, alone):
    asked = across_question(question)
    assert asked is not None and (asked.kind, asked.question) == (kind, alone)


@pytest.mark.parametrize(
    "question",
    ["When does the lease end?", "Which court decided?", "How many cases were told?", "When did the two parties meet?",
     "Who pays each other's costs?", "What is due in 2019?", "What do all employees get?", "What does each party pay?"],
)  # fmt: skip
def test_one_fact_is_looked_for_in_all_documents(question):
    assert across_question(question) is None


def test_the_last_and_the_first_are_told_apart():
    last, first = across_question("Which one is the most recent?"), across_question("Which contract is the oldest?")
    assert last is not None and first is not None and (last.sign, first.sign) == (1, -1)
