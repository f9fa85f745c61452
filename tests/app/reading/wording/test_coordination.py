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
            "From which year on is it shown, and before which year was it removed?",
            ("From which year on is it shown?", "Before which year was it removed?"),
        ),
        ("What is the rent for the hall and the yard?", None),
    ],
)
def test_two_things_with_one_verb_are_two_questions(question, parts):
    assert parts_of(question) == parts
