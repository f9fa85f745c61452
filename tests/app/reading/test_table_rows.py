"""Rows of tables in words, and the way from these words back to the page."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.reading.table_rows import RowReading, row_reading, row_spans
from docqa.ingest.types import Document

RENTS = "Rents by house.\nHouse | 2019 | 2020\nMill | 900 | 1,200\nBarn | – | 40\nTotal | 900 | 1,240\nAll in crowns."
GROUPED = " | As of 1 May | \n | 2019 | 2020\nAssets: |  | \nStones | $5 | $7\nDebts: |  | \nStones | (1) | 2"
MARKDOWN = "| Grain | Rate |\n|---|---:|\n| oats | low |\n| rye | high |"
DATES = "Date | Firm | Jobs\n03/01/2016 | Alder Ltd | 3\n04/02/2016 | Birch Ltd | 12"
UNNAMED = "1994 | 1991\nAnn | 47 | 3\nBen | 35"


def read(made: Document, words: str, page: int = 1) -> RowReading | None:
    start = made.pages[page - 1].text.index(words)
    return row_reading(made, page, start, start + len(words))


CASES = [
    (RENTS, "1,200", "row: Mill; column: 2019; value: 900; column: 2020; value: 1,200"),
    (RENTS, "Barn", "row: Barn; column: 2019; value: –; column: 2020; value: 40"),
    (GROUPED, "$7", "row: Assets: Stones; column: As of 1 May 2019; value: $5; column: As of 1 May 2020; value: $7"),
    (GROUPED, "(1)", "row: Debts: Stones; column: As of 1 May 2019; value: (1); column: As of 1 May 2020; value: 2"),
    (MARKDOWN, "rye", "row: rye; column: Rate; value: high"),
    (DATES, "Birch", "column: Date; value: 04/02/2016; column: Firm; value: Birch Ltd; column: Jobs; value: 12"),
    (UNNAMED, "47", "row: Ann; column: 1994; value: 47; column: 1991; value: 3"),
]


@pytest.mark.parametrize(("text", "words", "wanted"), CASES)
def test_a_row_names_its_columns(document: Any, text: str, words: str, wanted: str) -> None:
    reading = read(document(text), words)
    assert reading is not None
    assert reading.text == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [(RENTS, "House"), (RENTS, "All in crowns"), (GROUPED, "Assets"), (UNNAMED, "Ben"), ("Ann | 3\nBen | 4", "Ben"),
     ("Ann 3 4\nBen 5 6", "Ben")],
)  # fmt: skip
def test_heads_titles_and_rows_without_a_fitting_head_are_not_read(document: Any, text: str, words: str) -> None:
    assert read(document(text), words) is None


def test_a_table_that_goes_on_has_the_head_of_the_page_before(document: Any) -> None:
    made = document(RENTS, "Hut | 5 | 6\nShed | 7 | 8", "Sty | 1 | 2")
    reading = read(made, "Sty", 3)
    assert reading is not None
    assert reading.text == "row: Sty; column: 2019; value: 1; column: 2020; value: 2"
    assert reading.to_page(reading.text.index("2020"), reading.text.index("2020") + 4) is None


def test_words_of_a_reading_lead_back_to_their_cells(document: Any) -> None:
    made = document(RENTS)
    reading = read(made, "Mill")
    assert reading is not None

    def back(first: str, last: str = "") -> str | None:
        start = reading.text.index(first)
        end = reading.text.index(last or first) + len(last or first)
        span = reading.to_page(start, end)
        return None if span is None else RENTS[span.start : span.end]

    assert back("1,200") == "1,200"
    assert back("200") == "200"
    assert back("2020") == "2020"
    assert back("column: 2020; value: 1,200") == "1,200"
    assert back("Mill", "900") == "Mill | 900"
    assert back("row: ") is None
    assert RENTS[reading.row.start : reading.row.end] == "Mill | 900 | 1,200"


def test_the_rows_that_a_passage_touches(document: Any) -> None:
    made = document(RENTS)
    found = row_spans(made, 1, RENTS.index("900"), RENTS.index("Total"))
    assert [RENTS[span.start : span.end] for span in found] == ["Mill | 900 | 1,200", "Barn | – | 40"]
    assert row_spans(made, 1, 0, 5) == []


LINE = st.lists(st.sampled_from(["", "Mill", "2019", "7", "$1,0", "a b", "Total"]), min_size=1, max_size=4)


TABLE = st.lists(LINE.map(" | ".join), max_size=6).map("\n".join)


@given(pages=st.lists(TABLE, min_size=1, max_size=3), data=st.data())
def test_every_cell_of_a_reading_is_that_text_of_the_page(document: Any, pages: list[str], data: st.DataObject) -> None:
    made = document(*pages)
    page = data.draw(st.integers(1, len(pages)))
    text = pages[page - 1]
    at = data.draw(st.integers(0, len(text)))
    reading = row_reading(made, page, at, at + 1)
    if reading is None:
        return
    start = data.draw(st.integers(0, len(reading.text) - 1))
    end = data.draw(st.integers(start + 1, len(reading.text)))
    span = reading.to_page(start, end)
    assert span is None or 0 <= span.start < span.end <= len(text)
    whole = reading.to_page(0, len(reading.text))
    assert whole is not None
    assert reading.row.start <= whole.start < whole.end <= reading.row.end
