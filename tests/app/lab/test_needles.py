"""Needles: where they are hidden, and that the measurement sees what is found and what is not."""

import json
import lzma
import random
from argparse import Namespace
from pathlib import Path

import pytest

from docqa.app.lab import needles

PARAGRAPH = "The river was low in those years. Boats waited for rain at the bend. Nobody kept a list of their names."


@pytest.fixture
def data(tmp_path) -> Path:
    """A folder with a little held-out prose."""
    (tmp_path / "text").mkdir()
    lines = [
        json.dumps({"text": "\n\n".join(f"{PARAGRAPH} Year {n}{k}." for n in range(30))})
        for k in "abc"
    ]
    with lzma.open(tmp_path / "text" / "dev.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return tmp_path


def options(data: Path, **more) -> Namespace:
    defaults = {
        "data": data,
        "seed": 0,
        "needles": 5,
        "source": "auto",
        "other_words": False,
        "rounds": 1,
    }
    return Namespace(**{**defaults, **more})


def test_a_needle_is_once_on_its_page_at_its_depth(data, model):
    rng = random.Random(1)
    pages = needles.pages_of(needles.prose(data, rng), model.tokenizer, 9_000)
    hidden, placed = needles.hide(pages, needles.needles(10, rng))
    assert len(placed) == 10 and len(hidden) == len(pages) > 3
    for needle in placed:
        assert [number for number, text in enumerate(hidden, 1) if needle.sentence in text] == [
            needle.page
        ]
        assert abs((needle.page - 0.5) / len(pages) - needle.depth) <= 1 / len(pages)
        assert needle.value in needle.sentence and needle.value not in needle.question
    assert needles.parse(hidden).pages[placed[0].page - 1].page == placed[0].page


def test_words_find_every_needle_and_rates_are_by_length_and_depth(data, model):
    rows = needles.run_length(data, 3_000, model, options(data), 0)
    assert [row.first_by_words for row in rows] == [True] * 5
    assert [row.depth for row in rows] == [0.1, 0.3, 0.5, 0.7, 0.9]
    found = needles.summary(rows)
    assert found["needles"] == 5 and found["first_by_words"] == 1.0
    assert set(found["by_length"]) == {"3000"} and len(found["by_depth"]) == 5
