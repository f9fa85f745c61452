"""Answers of the wrong kind, by the first words of the question."""

import pytest

from docqa.app.reading.wording.answer_types import type_fits


@pytest.mark.parametrize(
    ("question", "fits", "does_not"),
    [
        ("How much is charged for a day in the simulator?", "185 marks", "Lunch is provided"),
        ("How often are rates reviewed?", "every fortnight", "by the board"),
        ("What is the discount for early payment?", "one third", "the Customer"),
        ("When does the agreement take effect?", "after it is signed", "the Supplier"),
        ("In what year was the act passed?", "1988", "the legislature"),
        ("Which firm climbs the masts?", "Corin & Sons", "the contractor"),
    ],
)
def test_an_answer_fits_when_it_is_of_the_kind_asked_for(question: str, fits: str, does_not: str) -> None:
    assert type_fits(question, fits) == 1
    assert type_fits(question, does_not) == -1


@pytest.mark.parametrize("question", ["Why was it closed?", "What happens when it ends?", "Who owns the sensors?"])
def test_other_questions_say_nothing_of_the_kind(question: str) -> None:
    assert type_fits(question, "the Supplier") == 0
