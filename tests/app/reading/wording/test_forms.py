"""Which questions ask for a list."""

import pytest

from docqa.app.reading.wording.forms import asks_for_list


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which two ways of paying are allowed?", True),
        ("List the fittings.", True),
        ("What kinds of repair does the landlord make?", True),
        ("Name the three drawbacks of the wheel.", True),
        ("Who repairs the roof and the wheel?", False),
        ("In which year was the mill built?", False),
        ("May the tenant sublet?", False),
        ("", False),
    ],
)
def test_a_list_is_asked_for_in_words(question, several):
    assert asks_for_list(question) == several
