"""Quotations as people write them, and what only looks like one: a table of named cases."""

import time

import pytest

from docqa.app.check import quotations
from docqa.app.check.quotations import find_quotations

CASES = [
    ("straight marks", 'It says "the term ends in May".', ["the term ends in May"]),
    ("curly marks", "It says “the term ends in May”.", ["the term ends in May"]),
    ("guillemets", "Il dit «the term ends» ici.", ["the term ends"]),
    ("low opening mark", "Er sagt „the term ends“ dort.", ["the term ends"]),
    (
        "single curly marks with an apostrophe inside",
        "He noted ‘the tenants’ rights are kept’ (c 7).",
        ["the tenants’ rights are kept"],
    ),
    ("straight single marks", "He noted 'the term ends in May' there.", ["the term ends in May"]),
    ("apostrophes are no marks", "The tenants' dogs 'n' the landlord's cats don't mind.", []),
    (
        "a mark inside a quotation",
        "It says “the ‘Landlord’ may end it”.",
        ["the ‘Landlord’ may end it"],
    ),
    (
        "same marks nested",
        "It says “the “Landlord” may end it” there.",
        ["the “Landlord” may end it"],
    ),
    (
        "straight marks nested",
        'It says "the "Landlord" may end it" there.',
        ['the "Landlord" may end it'],
    ),
    (
        "an open mark before another quotation",
        'An "open mark\n2. and "another one" here.',
        ["another one"],
    ),
    (
        "the number of a footnote behind",
        "It says “the term ends in May”12 there.",
        ["the term ends in May"],
    ),
    ("a comma that belongs to the sentence", 'It ends "in May," he said.', ["in May"]),
    ("an ellipsis at the end stays", 'It "ends in May . . . ."', ["ends in May . . . ."]),
    ("inches", 'A 5" pipe and a 6" pipe.', []),
    ("two in a sentence", 'Both "one thing" and "another thing".', ["one thing", "another thing"]),
    ("over a line break", 'It says "the term\nends in May".', ["the term ends in May"]),
    (
        "a word divided at the end of a line",
        'the "written con-\nsent of all".',
        ["written con-\nsent of all"],
    ),
    ("emphasis of Markdown", 'It says "the **term** _ends_ in May".', ["the term ends in May"]),
    ("escaped marks of Markdown", 'It says "the \\[term\\] ends".', ["the [term] ends"]),
    ("not across paragraphs", 'An "open mark.\n\nAnother" word.', []),
    (
        "several paragraphs as books set them",
        '"The first one.\n\n"The second one."',
        ["The first one", "The second one"],
    ),
    (
        "block quote of Markdown",
        "As it says:\n\n> The keeper returns\n> the deposit.\n\nSo.",
        ["The keeper returns the deposit"],
    ),
    (
        "block quote with marks and its source",
        "> “The keeper returns the deposit.” (p. 8)",
        ["The keeper returns the deposit"],
    ),
    (
        "block quote with its source on a line",
        "> The keeper returns the deposit.\n> — Lease, p. 8",
        ["The keeper returns the deposit"],
    ),
    (
        "indented block",
        "As it says:\n\n    The keeper returns the\n    deposit in time.\n\nSo it is.",
        ["The keeper returns the deposit in time"],
    ),
    ("an item of a list that goes on", "- an item\n\n    that goes on for a while here\n", []),
    (
        "a margin is no block quote",
        "    All of this text is\n\n    indented by four spaces\n\n    each.\n",
        [],
    ),
    ("code is no quotation", '```\nprint("hello there my friend")\n```\n', []),
    ("nothing between the marks", 'An "" and a "…".', []),
]


@pytest.mark.parametrize(
    ("text", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_quotations_of(text, wanted):
    assert [quotation.text for quotation in find_quotations(text)[0]] == wanted


def test_the_offsets_and_the_line_are_those_of_the_text():
    text = 'One.\n\nTwo says "the term *ends*," it seems.\n'
    (quotation,) = find_quotations(text)[0]
    assert text[quotation.start : quotation.end] == "the term *ends*,"
    assert quotation.line == 3


def test_a_paragraph_of_opening_marks_is_looked_through_few_times(monkeypatch):
    looked: list[int] = []
    closing = quotations._closing_mark_offset
    monkeypatch.setattr(
        quotations,
        "_closing_mark_offset",
        lambda text, at, end: looked.append(at) or closing(text, at, end),
    )
    found, unmatched = quotations.find_quotations(" “a" * 3_000)
    assert (found, len(unmatched)) == ([], 3_000) and len(looked) < 100


def test_a_mark_without_partner_is_told_with_its_line():
    assert find_quotations('Fine.\nAn "open mark goes nowhere.\n')[1] == [2]


def test_marks_that_close_at_once_or_before_small_words_take_little_time():
    begun = time.process_time()
    assert not any(find_quotations(text)[0] for text in ("'" * 19_000, "'a' b " * 3_000))
    assert time.process_time() - begun < 5
