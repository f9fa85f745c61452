"""Ellipses and brackets in quotations."""

import pytest

from docqa.app.check.quote_parts import QuotePart, split_parts


@pytest.mark.parametrize(
    ("quotation", "parts"),
    [
        ("plain words", [QuotePart("plain words")]),
        ("one … two", [QuotePart("one"), QuotePart("two", "ellipsis")]),
        (
            "one . . . two. . . . three",
            [QuotePart("one"), QuotePart("two", "ellipsis"), QuotePart("three", "ellipsis")],
        ),
        ("one [...] two", [QuotePart("one"), QuotePart("two", "ellipsis")]),
        ("one * * * two", [QuotePart("one"), QuotePart("two", "ellipsis")]),
        ("… late and early ...", [QuotePart("late and early")]),
        ("[t]he tenant", [QuotePart("the tenant")]),
        ("the tenent [sic] pays", [QuotePart("the tenent pays")]),
        ("pays [emphasis added]", [QuotePart("pays")]),
        ("one [citation omitted] two", [QuotePart("one"), QuotePart("two", "ellipsis")]),
        ("the [Landlord] may", [QuotePart("the"), QuotePart("may", "bracket", "Landlord")]),
        ("agree[s] to pay", [QuotePart("to pay")]),
        ("they agree[d] to pay", [QuotePart("they"), QuotePart("to pay", "bracket", "agreed")]),
    ],
)
def test_the_parts_of(quotation, parts):
    assert split_parts(quotation) == parts
