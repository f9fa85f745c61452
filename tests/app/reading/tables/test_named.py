"""Tables of a page: rows, the heads over their columns, and what has no certain grid."""

from __future__ import annotations

from typing import Any

import pytest

from docqa.app.reading.tables.named import tables_of

BARS = "Rents by house.\nHouse | 2019 | 2020\nMill | 900 | 1,200\nBarn | – | 40"
SPANNING = (
    "2019 | 2020 | change\nsites | rent | sites | rent | (%)\nMill | 1 | 9 | 2 | 8 | 5\nBarn | 3 | 4 | 3 | 4 | 10"
)
CENTRED = " | Year Ended May 31, | \n | 2019 | 2020\nAssets: | | \nStones | $5 | $7"
UNRULED = "House Oats Rye\nMill 5.5 6\nOld Barn 7 8\nShed - 1.25"
UNSURE = "House Oats Rye\nMill 5 6 7\nBarn 7 8 9"


def heads_of(made: Any, page: int = 1) -> list[str]:
    table = tables_of(made, page)[0]
    return [table.column_name(column) for column in range(len(table.columns))]


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        (BARS, ["2019", "2020"]),
        (SPANNING, ["2019 sites", "2019 rent", "2020 sites", "2020 rent", "change (%)"]),
        (CENTRED, ["Year Ended May 31, 2019", "Year Ended May 31, 2020"]),
        (UNRULED, ["Oats", "Rye"]),
    ],
)
def test_columns_have_the_heads_over_them(document: Any, text: str, heads: list[str]) -> None:
    assert heads_of(document(text)) == heads


def test_columns_without_certain_heads_have_no_name(document: Any) -> None:
    assert heads_of(document(UNSURE)) == ["", "", ""]


def test_unruled_rows_have_their_name_and_values(document: Any) -> None:
    entries = tables_of(document(UNRULED), 1)[0].entries
    said = [(entry.name.text, [value.text for value in entry.values]) for entry in entries]
    assert said == [("Mill", ["5.5", "6"]), ("Old Barn", ["7", "8"]), ("Shed", ["-", "1.25"])]


def test_a_row_that_lacks_cells_is_left_out(document: Any) -> None:
    entries = tables_of(document(BARS + "\nShed | 7"), 1)[0].entries
    assert [entry.name.text for entry in entries] == ["Mill", "Barn"]


def test_a_table_that_goes_on_has_the_head_of_the_page_before(document: Any) -> None:
    assert heads_of(document(BARS, "Shed | 7 | 8\nSty | 1 | 2"), 2) == ["2019", "2020"]
