"""Tables in plain text, and what is told of every table: captions, units, columns of names."""

import pytest

from docqa.ingest.structure.tables.described import add_described_tables
from docqa.ingest.structure.tables.in_text import find_tables_in_text
from docqa.ingest.types import Page, Table


def tables_of(text: str) -> tuple[Table, ...]:
    return add_described_tables([Page(0, None, text, "A")])[0].tables


def grid_of(text: str) -> list[list[str]]:
    (table,) = find_tables_in_text(text)
    grid = [["" for _ in range(table.columns)] for _ in range(table.rows)]
    for cell in table.cells:
        grid[cell.row][cell.column] = text[cell.start : cell.end]
    return grid


@pytest.mark.parametrize(
    "text",
    [
        "House | Oats | Rye\nMill | 5 | 6\nBarn | 7 | 8",
        "| House | Oats | Rye |\n|---|---:|---:|\n| Mill | 5 | 6 |\n| Barn | 7 | 8 |",
        "House\tOats\tRye\nMill\t5\t6\nBarn\t7\t8",
        "House     Oats   Rye\nMill         5     6\nBarn         7     8",
    ],
)
def test_bars_tabs_and_spaces_part_cells(text):
    assert grid_of(text) == [["House", "Oats", "Rye"], ["Mill", "5", "6"], ["Barn", "7", "8"]]


@pytest.mark.parametrize(
    "text", ["The rent rose to 900\nand in the next year to 950", "A rule | or two"]
)
def test_prose_is_no_table(text):
    assert tables_of(text) == ()


def test_what_is_known_of_a_page_is_not_found_again():
    text = "Mill | 5 | 6\nBarn | 7 | 8\n\nThey grow there.\n\nOats | 1 | 2\nRye | 3 | 4"
    first = find_tables_in_text(text)[0]
    assert [table.start for table in find_tables_in_text(text, [first])] == [text.index("Oats")]


def test_a_caption_belongs_to_the_table_that_it_is_nearer_to():
    rows = "Mill | 5 | 6\nBarn | 7 | 8"
    above = f"Table 1: Oats\n{rows}\n\nTable 2: Rye\n{rows}"
    below = f"{rows}\nTable 1: Oats\n\n{rows}\nTable 2: Rye"
    for text in (above, below):
        captions = [table.caption for table in tables_of(text)]
        assert [text[c.start : c.end] for c in captions if c is not None] == [
            "Table 1: Oats",
            "Table 2: Rye",
        ]


def test_words_beside_the_first_column_name_rows_too():
    assert tables_of("House | Grain | Sacks\nMill | Oats | 5\nMill | Rye | 6")[0].names == 2


def test_the_unit_of_all_values_is_told():
    text = "Rents (in thousands)\nHouse | 2019 | 2020\nMill | 5 | 6\nBarn | 7 | 8"
    unit = tables_of(text)[0].unit
    assert unit is not None and text[unit.start : unit.end] == "(in thousands)"
