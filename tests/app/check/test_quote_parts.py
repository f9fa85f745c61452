"""Ellipses and brackets in quotations."""

from __future__ import annotations

import pytest

from docqa.app.check.quote_parts import Part, split_parts


@pytest.mark.parametrize(
    ("quotation", "parts"),
    [
        ("plain words", [Part("plain words")]),
        ("one … two", [Part("one"), Part("two", "ellipsis")]),
        ("one . . . two. . . . three", [Part("one"), Part("two", "ellipsis"), Part("three", "ellipsis")]),
        ("one [...] two", [Part("one"), Part("two", "ellipsis")]),
        ("one * * * two", [Part("one"), Part("two", "ellipsis")]),
        ("… late and early ...", [Part("late and early")]),
        ("[t]he tenant", [Part("the tenant")]),
        ("the tenent [sic] pays", [Part("the tenent pays")]),
        ("pays [emphasis added]", [Part("pays")]),
        ("one [citation omitted] two", [Part("one"), Part("two", "ellipsis")]),
        ("the [Landlord] may", [Part("the"), Part("may", "bracket", "Landlord")]),
        ("agree[s] to pay", [Part("to pay")]),
        ("they agree[d] to pay", [Part("they"), Part("to pay", "bracket", "agreed")]),
    ],
)
def test_the_parts_of(quotation: str, parts: list[Part]) -> None:
    assert split_parts(quotation) == parts
