"""What part of the documents a question is limited to."""

import pytest

from docqa.app.context.context import Context, PlacedPassage
from docqa.app.places.scope import Scope, find_scope, passages_in
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

LEASE = """# Lease of the Mill

## 1. Definitions

"Mill" means the building at 4 Weir Lane.

## 2. Rent

2.1 The tenant pays 900 a month.

2.2 The rent is due (a) in spring on the first day; (b) in autumn on the ninth day.

## 3. Repairs

The landlord repairs the roof.

# ARTICLE IV Notices

Notices are in writing.

# Schedule 1

The fittings are two stones and a hoist.

# Second Schedule (Section 2)

## Part A

Rates for grain.

## Part B

Rates for oil.
"""
WHOLE = [
    ("what does section 3 say?", "3. Repairs"),
    ("Summarise clause 3 in plain English, please", "3. Repairs"),
    ("sec 3", "3. Repairs"),
    ("what is Schedule 2 about?", "Second Schedule"),
    ("what does part b of schedule 2 cover?", "Part B"),
    ("what does clause 4 provide?", "ARTICLE IV"),
    ("clause 2.1?", "2.1 The tenant"),
    ("quote clause 2.2(b)", "(b) in autumn"),
]
INSIDE = [
    ("Which building is meant in section 1?", "1. Definitions"),
    ("What does section 3 say about the roof?", "3. Repairs"),
    ("Under Article IV, how are notices given?", "ARTICLE IV"),
    ("When is rent due in autumn under clause 2.2?", "2.2 The rent"),
]
NOWHERE = [
    "When is the rent due?",
    "what does section 99 say?",
    "What does section 3 of the Companies Act say?",
    "Which part I should read first?",
    "Does the landlord make repairs?",
]


def lease(text: str = LEASE, name: str = "lease.md") -> Document:
    return read(ReadRequest(name, text.encode()))


def words(scope: Scope | None, *documents: Document) -> list[str]:
    assert scope is not None
    return [documents[s.document].pages[s.page - 1].text[s.start : s.end] for s in scope.spans]


@pytest.mark.parametrize(("question", "opening"), WHOLE)
def test_a_question_for_a_place_has_all_of_it(question, opening):
    scope = find_scope(question, [lease()])
    assert scope is not None
    assert scope.whole
    assert words(scope, lease())[0].startswith(opening)


@pytest.mark.parametrize(("question", "opening"), INSIDE)
def test_a_fact_inside_a_place_is_not_the_place(question, opening):
    scope = find_scope(question, [lease()])
    assert scope is not None
    assert (scope.whole, scope.inside) == (False, True)
    assert words(scope, lease())[0].startswith(opening)


@pytest.mark.parametrize("question", NOWHERE)
def test_no_scope_without_a_place_that_exists(question):
    assert find_scope(question, [lease()]) is None


def test_a_place_that_is_only_mentioned_does_not_limit():
    assert (
        getattr(
            find_scope("Do the section 2 duties end with the lease?", [lease()]), "inside", None
        )
        is False
    )
    two = find_scope(
        "What is the Mill, and what does section 3 require of the landlord?", [lease()]
    )
    assert two is not None
    assert not two.inside


def test_several_sections_are_one_scope():
    found = words(find_scope("what do sections 1 and 3 say?", [lease()]), lease())
    assert [text.split("\n")[0] for text in found] == ["1. Definitions", "3. Repairs"]


def test_pages_by_label_word_and_position(document):
    report = document("Front.", "Middle words.", "End.", labels=("i", "1", "2"))
    for question, text in [
        ("What is on page 1?", "Middle words."),
        ("on page 2", "End."),
        ("p. i", "Front."),
    ]:
        assert words(find_scope(question, [report]), report) == [text]


def test_a_named_file_is_the_document_that_is_meant():
    documents = [lease(), lease(LEASE.replace("roof", "weir"), "weir2.md")]
    scope = find_scope("Who repairs according to weir2.md?", documents)
    assert scope is not None
    assert {span.document for span in scope.spans} == {1}
    assert not scope.whole
    inside = find_scope("What does section 3 of weir2.md say?", documents)
    assert words(inside, *documents) == ["3. Repairs\n\nThe landlord repairs the weir."]
    assert find_scope("what does section 3 say?", documents) is not None


def test_passages_of_a_scope_are_those_it_touches():
    made = lease(
        LEASE.replace("The landlord repairs the roof.", "The landlord repairs the roof. " * 200)
    )
    context = Context(
        (made,), None, tuple(PlacedPassage(0, p, 0, 0) for p in made.passages), None, None
    )  # type: ignore[arg-type]
    scope = find_scope("what does Schedule 1 say?", [made])
    assert scope is not None
    found = passages_in(scope, context)
    assert 0 < len(found) < len(made.passages)
    for number, passage in enumerate(made.passages):
        parts = scope.parts(0, passage.page, passage.start, passage.end)
        assert bool(parts) == (number in found)
        assert all(passage.start <= part.start < part.end <= passage.end for part in parts)
