"""Tables of a page: rows, the heads over their columns, and what has no certain grid."""

import pytest

from docqa.ingest.structure.leads import leads_of_cells
from docqa.ingest.structure.tables.described import add_described_tables
from docqa.ingest.structure.tables.named import named_tables_of_page
from docqa.ingest.types import Coverage, Document, Page

BARS = "Rents by house.\nHouse | 2019 | 2020\nMill | 900 | 1,200\nBarn | – | 40"
SPANNING = (
    " | 2019 | | 2020 | | change\n | sites | rent | sites | rent | (%)\nMill | 1 | 9 | 2 | 8 | 5\n"
    "Barn | 3 | 4 | 3 | 4 | 10"
)
CENTRED = " | Year Ended May 31, | \n | 2019 | 2020\nAssets: | | \nStones | $5 | $7"


def document(*texts: str) -> Document:
    """A Document of plain pages with their tables."""
    pages = [Page(number, None, text, "A") for number, text in enumerate(texts)]
    coverage = Coverage(len(pages), (), (), 0, ())
    return Document("0", "a", "", "", True, add_described_tables(pages), (), (), coverage)


def heads_of(made, page: int = 1) -> list[str]:
    table = named_tables_of_page(made, page)[0]
    return [table.column_name(column) for column in range(len(table.columns))]


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        (BARS, ["2019", "2020"]),
        (SPANNING, ["2019 sites", "2019 rent", "2020 sites", "2020 rent", "change (%)"]),
        (CENTRED, ["Year Ended May 31, 2019", "Year Ended May 31, 2020"]),
    ],
)
def test_columns_have_the_heads_over_them(text, heads):
    assert heads_of(document(text)) == heads


def test_a_row_that_lacks_cells_is_left_out():
    entries = named_tables_of_page(document(BARS + "\nShed | 7"), 1)[0].entries
    assert [entry.name.text for entry in entries] == ["Mill", "Barn"]


def test_a_table_that_goes_on_has_the_head_of_the_page_before():
    assert heads_of(document(BARS, "Shed | 7 | 8\nSty | 1 | 2"), 2) == ["2019", "2020"]


def test_the_leads_of_a_cell_are_its_group_and_heads():
    made = document(CENTRED)
    text = made.pages[0].text
    start = text.index("$7")
    leads = leads_of_cells(made, 1, start, start + 2)
    assert [text[lead.start : lead.end] for lead in leads] == [
        "Assets:",
        "Year Ended May 31,",
        "2020",
    ]
    assert leads_of_cells(made, 1, 0, 2) == []
