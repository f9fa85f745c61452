"""Pages that are passed over before lines are made of them have no table that is told by its values."""

from __future__ import annotations

import random

import pytest

from docqa.ingest.pdf.layout.tables.candidates import may_be_aligned
from docqa.ingest.pdf.layout.tables.chunks import print_lines
from docqa.ingest.pdf.layout.tables.regions import aligned_regions
from docqa.ingest.pdf.layout.tables.rules import Rules
from docqa.ingest.pdf.raw_page import Word

WORDS = ("harbour", "of", "dues", "The", "Board", "may")
VALUES = ("12", "1,204", "$", "(3)", "2019", "n/a", "5.1", "—", "....", "%")
GAPS = (2.5, 4.0, 5.5, 7.0, 30.0, 90.0)


def page_of(seed: int) -> list[Word]:
    """A page of words at places of a few columns, some rows with values, in the order of its lines or its columns."""
    draw = random.Random(seed)
    columns = [72.0 + 70 * at for at in range(draw.randint(1, 5))]
    values = draw.random()
    words = []
    for row in range(draw.randint(3, 12)):
        x = 72.0
        for column in columns:
            x = max(x + draw.choice(GAPS), column if draw.random() < 0.8 else 0.0)
            for _ in range(draw.choice((1, 1, 1, 2, 6))):
                text = draw.choice(VALUES if draw.random() < values else WORDS)
                words.append(Word(text, x, 100.0 + 14 * row, x + 5.0 * len(text), 110.0 + 14 * row, False, False))
                x += 5.0 * len(text) + draw.choice(GAPS[:3])
    return words if draw.random() < 0.5 else sorted(words, key=lambda word: word.x0)


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_pages_passed_over_have_no_columns_of_values(first: int) -> None:
    passed = 0
    for seed in range(first, first + 100):
        words = page_of(seed)
        if not may_be_aligned(words):
            passed += 1
            assert list(aligned_regions(print_lines(words), Rules())) == [], seed
    assert passed


def test_a_page_of_running_text_with_numbers_is_passed_over() -> None:
    said = "In 2019 the Board of 12 members set dues of 1,204 marks a year, as section 5.1 says"
    words = []
    for row in range(30):
        x = 72.0
        for text in said.split():
            words.append(Word(text, x, 100.0 + 14 * row, x + 5.0 * len(text), 110.0 + 14 * row, text == "In", False))
            x += 5.0 * len(text) + 2.5
    assert not may_be_aligned(words)
