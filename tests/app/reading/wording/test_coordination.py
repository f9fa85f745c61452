"""Two things asked with one verb."""

import pytest

from docqa.app.reading.wording.two_parts import parts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What are the sums payable for the first prototype and for the design?",
            ("What are the sums payable for the first prototype?", "What are the sums payable for the design?"),
        ),
        (
            "Compare the terms of the keeper and of the mayor.",
            ("What are the terms of the keeper?", "What are the terms of the mayor?"),
        ),
        (
            "What do 'Board' and 'Fund' mean in this part?",
            ("What do 'Board' mean in this part?", "What do 'Fund' mean in this part?"),
        ),
        (
            "Gross margin in 2019, and share of sales that year?",
            ("Gross margin in 2019?", "share of sales that year?"),
        ),
        (
            "From which year on is it shown, and before which year was it removed?",
            ("From which year on is it shown?", "Before which year was it removed?"),
        ),
        ("What is the rent for the hall and the yard?", None),
    ],
)
def test_two_things_with_one_verb_are_two_questions(question, parts):
    assert parts_of(question) == parts
