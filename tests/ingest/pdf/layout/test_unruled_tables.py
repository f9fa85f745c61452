"""Tables without a frame become grids: heads over several columns, names over several lines, and
what is no table.
"""

from collections.abc import Sequence

import pytest

from docqa.ingest.types import Document, Page, Table
from tests.ingest.drawing import Sheet
from tests.ingest.reading import read_pdf

BODY = "The warden opens the gate at the turn of the tide and notes the level."
Placed = tuple[float, float, str]
PONDS = ("Alder", "Birch", "Cedar", "Hazel", "Maple", "Rowan")


def document_of(
    *pages: Sequence[Placed], rules: Sequence[tuple[float, float, float]] = ()
) -> Document:
    """Words at (x, y from the top); a negative x is the right edge. `rules`: level lines (y, x0,
    x1) on every page.
    """
    canvas = Sheet()
    for page in pages:
        canvas.setFont("Helvetica", 10)
        for x, y, text in page:
            (canvas.drawRightString if x < 0 else canvas.drawString)(abs(x), 792 - y, text)
        for y, x0, x1 in rules:
            canvas.line(x0, 792 - y, x1, 792 - y)
        canvas.showPage()
    return read_pdf(canvas.data())


def shown(page: Page, table: Table) -> list[list[str]]:
    """The grid with the words of each field; a cell over several has them in each."""
    fields = table.fields()
    return [
        [
            page.text[fields[r, c].start : fields[r, c].end] if (r, c) in fields else ""
            for c in range(table.columns)
        ]
        for r in range(table.rows)
    ]


def only(document: Document) -> tuple[Page, Table]:
    page = document.pages[0]
    assert len(page.tables) == 1
    return page, page.tables[0]


def row(y: float, name: str, *values: str, indent: float = 0) -> list[Placed]:
    return [
        (72 + indent, y, name),
        *((-(300 + 80 * at), y, value) for at, value in enumerate(values)),
    ]


def levels(y: float, count: int = 6) -> list[Placed]:
    return [
        item
        for n in range(count)
        for item in row(y + 14 * n, PONDS[n], f"{n + 3}1.5", f"{n + 7}2.0", f"{n + 4}.25")
    ]


def test_an_unruled_table_has_its_years_as_heads():
    heads: list[Placed] = [(-300, 86, "1980–81"), (-380, 86, "2007–08"), (-460, 86, "2008–09")]
    page, table = only(document_of([(72, 60, BODY), *heads, *levels(100), (72, 240, BODY)]))
    assert table.heads == 1
    grid = shown(page, table)
    assert grid[0] == ["", "1980–81", "2007–08", "2008–09"]
    assert grid[3] == ["Cedar", "51.5", "92.0", "6.25"]
    assert page.text.startswith(BODY) and page.text.endswith(BODY)


def test_a_head_spans_the_columns_it_is_centred_over():
    heads: list[Placed] = [
        (375, 72, "Level at noon"),
        (-300, 86, "Depth"),
        (-380, 86, "Spring"),
        (-460, 86, "Autumn"),
    ]
    page, table = only(document_of([*heads, *levels(100)]))
    assert table.heads == 2
    assert shown(page, table)[:2] == [
        ["", "", "Level at noon", "Level at noon"],
        ["", "Depth", "Spring", "Autumn"],
    ]


def test_the_name_of_a_row_goes_on_in_the_next_line():
    first = [
        *row(86, "", "2018", "2019")[1:],
        *row(100, "Gates, sluices and", indent=0),
        *row(111, "other works", "12", "14"),
    ]
    rest = [
        item for n in range(4) for item in row(126 + 15 * n, PONDS[n], f"{9 - 2 * n}3", f"5{n * n}")
    ]
    page, table = only(document_of([*first, *rest]))
    assert shown(page, table)[1] == ["Gates, sluices and other works", "12", "14"]


def test_titles_of_groups_are_rows_of_their_own():
    rows = [
        ("Assets:",),
        ("Land", "1,200", "1,300"),
        ("Boats", "80", "95"),
        ("Debts:",),
        ("Loans", "(310)", "(290)"),
        ("Rent", "—", "(12)"),
    ]
    lines = [
        item
        for n, line in enumerate(rows)
        for item in row(100 + 14 * n, *line, indent=8 * (len(line) > 1))
    ]
    page, table = only(document_of([*row(86, "", "2018", "2019")[1:], *lines]))
    assert [line[0] for line in shown(page, table)] == [
        "",
        "Assets:",
        "Land",
        "Boats",
        "Debts:",
        "Loans",
        "Rent",
    ]


def test_level_rules_alone_make_a_table_of_words():
    rows = [
        ("Gate", "Keeper", "Harbour"),
        ("North", "Ansgar", "Low quay"),
        ("South", "Bertil", "High quay"),
        ("East", "Cyra", "Old dock"),
    ]
    words: list[Placed] = [
        (x, 100 + 16 * n, cell)
        for n, line in enumerate(rows)
        for x, cell in zip((80, 200, 320), line, strict=True)
    ]
    page, table = only(
        document_of([(72, 60, BODY), *words], rules=[(88, 75, 400), (104, 75, 400), (153, 75, 400)])
    )
    assert (table.heads, shown(page, table)) == (1, [list(line) for line in rows])


def test_a_table_goes_on_from_the_page_before():
    heads: list[Placed] = [(-300, 86, "Depth"), (-380, 86, "Spring"), (-460, 86, "Autumn")]
    document = document_of([(72, 60, BODY), *heads, *levels(100)], levels(60))
    first, second = (page.tables[0] for page in document.pages)
    assert (first.continued, second.continued, second.heads) == (False, True, 0)


def lines_of(step: float, places: Sequence[float], lines: Sequence[Sequence[str]]) -> list[Placed]:
    return [
        (x, 100 + step * n, text)
        for n, line in enumerate(lines)
        for x, text in zip(places, line, strict=True)
    ]


CONTENTS = lines_of(
    14,
    (72, -540),
    [(f"{n + 1} The keeping of {PONDS[n % 6]} pond", str(2 * n + 3)) for n in range(9)],
)
HALVES = ("the warden notes the level of each pond", "and opens the gate at the turn of tides")
PROSE = lines_of(12, (72, 320), [HALVES] * 30)
SPOKEN = [(str(n + 1), "Q. Was the gate open?", str(n + 1), "A. It was shut.") for n in range(20)]
NUMBERED = lines_of(24, (50, 90, 300, 340), SPOKEN)


@pytest.mark.parametrize(
    "words", [CONTENTS, PROSE, NUMBERED], ids=["contents", "columns", "numbered"]
)
def test_what_only_stands_in_columns_is_no_table(words):
    document = document_of([(72, 60, BODY), *words])
    assert document.pages[0].tables == ()
    assert "|" not in document.pages[0].text


@pytest.mark.parametrize("by_row", [False, True])
def test_tables_side_by_side_are_two(by_row):
    sides = [
        [("Pond", "2013", "2014"), *((pond, f"{at}.5", f"{at}.7") for at, pond in enumerate(part))]
        for part in (PONDS, PONDS[::-1])
    ]
    cells = [
        [(x, 100 + 15 * at, text) for x, text in zip((72 + side, -190 - side, -250 - side), line)]
        for side, lines in zip((0, 248), sides)
        for at, line in enumerate(lines)
    ]
    drawn = sorted(cells, key=lambda line: line[0][1]) if by_row else cells
    page = document_of([cell for line in drawn for cell in line]).pages[0]
    assert [shown(page, table) for table in page.tables] == [
        [list(line) for line in lines] for lines in sides
    ]


def test_rules_below_figures_alone_leave_the_rows_their_names():
    """As in financial statements: lines above the heads, below them, and around the total."""
    count = len(PONDS)
    placed = [(-300.0, 100.0, "2013"), (-380.0, 100.0, "2014")]
    for at, pond in enumerate(PONDS):
        placed += row(115 + 15 * at, f"{pond} water", f"{at + 1},250", f"{at + 2},175")
    placed += row(115 + 15 * count, "All ponds together", "22,500", "28,050")
    levels_of_rules = (89, 103, 104 + 15 * count, 118 + 15 * count)
    rules = [(y, 255, 385) for y in levels_of_rules]
    page, table = only(document_of([(72, 60, BODY), *placed], rules=rules))
    assert shown(page, table)[:2] == [["", "2013", "2014"], ["Alder water", "1,250", "2,175"]]
    assert shown(page, table)[-1] == ["All ponds together", "22,500", "28,050"]
