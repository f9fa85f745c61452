"""Ruled tables become rows, a cell after the other, however many lines a cell has."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from docqa.ingest.pdf.layout.reading_order import lines_in_reading_order
from docqa.ingest.pdf.layout.tables.page import split_off_tables
from docqa.ingest.pdf.layout.tables.rules import RuledLines
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.types import Page
from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page

BODY = "The parties agree that the fees of the following schedule are paid against the deliverables named there. "
TEXT = "The supplier delivers report {} on the gates of the harbour, with photographs and a list of repairs."
FEE = "{},500.00 payable within thirty days"
HEAD = ["No.", "Deliverable", "Due", "Fee"]
WIDTHS = [40, 190, 80, 110]


def page_of(*parts: Flowable) -> Page:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer).build(list(parts))
    return pdf_page(buffer.getvalue())


def page_with(
    rows: Sequence[Sequence[str]], style: Sequence[tuple[Any, ...]], widths: Sequence[int] = WIDTHS
) -> Page:
    """A page with a table between two paragraphs."""
    plain = getSampleStyleSheet()["Normal"]
    table = Table([[Paragraph(cell, plain) for cell in row] for row in rows], colWidths=widths)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *style])
    body = Paragraph(3 * BODY, plain)
    return page_of(body, Spacer(1, 12), table, Spacer(1, 12), body)


def grid(line: float = 0.5) -> list[tuple[Any, ...]]:
    return [("GRID", (0, 0), (-1, -1), line, colors.black)]


def fees(count: int) -> list[list[str]]:
    return [
        HEAD,
        *([f"M{n}", TEXT.format(n), f"1 March 202{n}", FEE.format(n)] for n in range(1, count + 1)),
    ]


def test_wrapped_cells_of_a_ruled_table_stay_in_their_row():
    for count in (2, 6):
        page = page_with(fees(count), grid())
        lines = page.text.split("\n")
        assert lines[0] == lines[-1] == (3 * BODY).strip()
        assert lines[1:-1] == [" | ".join(row) for row in fees(count)]
        kinds = [page.text[b.start : b.end] for b in page.blocks if b.kind == "table"]
        assert kinds == lines[1:-1]


def test_words_broken_in_a_cell_are_joined():
    duty = "The keeper gives his assess-\nment of short- and long-\nterm work and gate-\nkeepers, berück-\nsichtigt"
    rows = [["No.", "Duty"], ["1", duty], ["2", "An assessment of long-term gate-keepers"]]
    table = Table(rows, colWidths=[60, 200])
    table.setStyle(grid())
    rows = page_of(table).text.split("\n")
    assert (
        rows[1]
        == "1 | The keeper gives his assessment of short- and long-term work and gate-keepers, berücksichtigt"
    )


def test_a_cell_over_several_columns_is_one():
    rows = [
        ["Fees of the year", "", ""],
        ["spring", "12.50", "paid"],
        ["autumn", "14.00", "due"],
        ["all", "26.50", ""],
    ]
    page = page_with(rows, [*grid(), ("SPAN", (0, 0), (2, 0))], [90, 90, 90])
    found = page.text.split("\n")[1:-1]
    assert found == [
        "Fees of the year",
        "spring | 12.50 | paid",
        "autumn | 14.00 | due",
        "all | 26.50",
    ]


@pytest.mark.parametrize(
    "parted",
    [
        [("GRID", (0, at), (-1, at)) for at in (0, -1)]
        + [(kind, (0, 0), (-1, -1)) for kind in ("LINEBELOW", "BOX")],
        [("BOX", (0, at), (-1, at + 3)) for at in (0, 4, 8)]
        + [("LINEAFTER", (0, 0), (-1, -1)), ("GRID", (0, 0), (-1, 0))],
        [("BOX", (0, 0), (-1, -1)), ("LINEBELOW", (0, 0), (-1, 0)), ("LINEAFTER", (0, 0), (0, -1))],
    ],
)
def test_rows_and_columns_that_rules_leave_together_stay_apart(parted):
    rows = [
        ["Pond", "Depth", "Area", "Fish"],
        *([f"Alder{n}", f"{n}.5", f"{n},100", f"{n}"] for n in range(1, 12)),
    ]
    page = page_with(rows, [(*rule, 0.5, "black") for rule in parted], [80] * 4)
    assert page.text.split("\n")[1:-1] == [" | ".join(row) for row in rows]


def test_cells_of_a_page_of_hebrew_are_read_from_the_right():
    def words(top, *cells):  # drawn from left to right, as some programs do
        return [
            Word(text, x, top, x + 30, top + 10, not at, False)
            for at, (x, text) in enumerate(sorted(cells))
        ]

    heads = [(430, "שנה"), (300, "2009"), (200, "2014")]
    names = ("אגם", "בריכה", "נחל", "מעין")
    body = [[(430, name), (300, f"{at}10"), (200, f"{at}90")] for at, name in enumerate(names)]
    placed = [
        word for at, cells in enumerate([heads, *body]) for word in words(100 + 20 * at, *cells)
    ]
    lines = lines_in_reading_order(placed, 612).lines
    assert [line.text for line in lines[:3]] == [
        "שנה | 2009 | 2014",
        "אגם | 010 | 090",
        "בריכה | 110 | 190",
    ]
    assert lines[0].grid.cells[0].box[0] == 430


def test_boxes_and_the_grid_of_a_chart_are_no_tables():
    canvas = Sheet()
    canvas.grid([72 + 40 * n for n in range(10)], [300 + 30 * n for n in range(10)])
    canvas.drawString(80, 310, "low tide")
    canvas.rect(72, 100, 200, 60)
    canvas.drawString(80, 120, "The gate is shut.")
    assert "|" not in pdf_page(canvas.data()).text


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=30),
    st.integers(2, 5),
    st.integers(2, 6),
)
def test_every_word_is_in_one_row_or_left_as_it_was(places, across, down):
    words = [
        Word(f"w{n}", 80 + 60 * x, 105 + 20 * y, 100 + 60 * x, 113 + 20 * y, True, False)
        for n, (x, y) in enumerate(places)
    ]
    rules = [(75.0, 100.0 + 20 * n, 75.0 + 60 * across, 100.5 + 20 * n) for n in range(down + 1)]
    rules += [(75.0 + 60 * n, 100.0, 75.5 + 60 * n, 100.0 + 20 * down) for n in range(across + 1)]
    rest, tables = split_off_tables(words, rules)
    rows = [row for table in tables for row in table]
    told = [word for row in rows for word in row.text.replace(" | ", " ").split()]
    assert sorted(told + [word.text for word in rest]) == sorted(word.text for word in words)
    boxes = [row.box for row in rows]
    assert not any(
        x0 <= w.x0 and w.x1 <= x1 and top <= w.top and w.bottom <= bottom
        for w in rest
        for x0, top, x1, bottom in boxes
    )


def test_rules_of_two_tables_above_each_other_are_not_joined():
    rules = RuledLines.of(
        [(145.4, y, 146.1, y + 13) for y in range(440, 640, 14)] + [(146.7, 98, 147.4, 338)]
    )
    found = sorted((round(x), round(top), round(bottom)) for x, top, bottom in rules.down)
    assert found == [(146, 440, 649), (147, 98, 338)]


def test_labels_of_a_drawing_are_no_table():
    rows = [
        ["", "Gang"],
        ["", "Demand"],
        ["", "Sequential"],
        ["List", "Scheduling"],
        ["", "Largest first"],
    ]
    drawn = page_with(rows, grid(), [120, 120])
    assert drawn.tables == () and "Sequential" in drawn.text
    named = [[name or "Chart", label] for name, label in rows]
    assert len(page_with(named, grid(), [120, 120]).tables) == 1


def placed_rows(*rows: Sequence[tuple[float, str]]) -> list[Word]:
    """Words around the middles that are given, a row every 14 points."""
    return [
        Word(text, x - 3 * len(text), 100 + 14 * at, x + 3 * len(text), 110 + 14 * at, not n, False)
        for at, row in enumerate(rows)
        for n, (x, text) in enumerate(row)
    ]


PONDS = [
    [(95, name), *((170 + 60 * n, f"{n}.{name[-1]}") for n in range(6))]
    for name in ("Alder5", "Birch6")
]
SEASONS = [(230, "spring"), (410, "autumn")]
WAYS = [(95, "Pond"), *((170 + 60 * n, ("low", "mean", "high")[n % 3]) for n in range(6))]


def test_uprights_between_groups_of_columns_leave_the_names_in_their_rows():
    rules = [(70, 97, 500, 97.5), (140, 112, 500, 112.5), (70, 155, 500, 155.5)]
    rules += [(x, 97, x + 0.5, 155) for x in (140, 320)]
    lines = lines_in_reading_order(placed_rows(SEASONS, WAYS, *PONDS), 612, rules=rules).lines
    assert [line.text for line in lines[2:]] == [
        " | ".join(text for _, text in row) for row in PONDS
    ]
    assert [(cell.column, cell.columns) for cell in lines[0].grid.cells] == [(1, 3), (4, 3)]


def test_what_is_in_the_middle_of_columns_names_all_of_them():
    rows = lines_in_reading_order(
        placed_rows(SEASONS, WAYS, *PONDS, [(320, "n")], *PONDS), 612, rules=[(9, 153, 500, 153)]
    ).lines
    assert [(c.column, c.columns) for at in (0, 4) for c in rows[at].grid.cells] == [
        (1, 3),
        (4, 3),
        (1, 6),
    ]


def test_a_table_that_may_lack_columns_is_not_graded_a():
    body = [row[:3] for row in PONDS * 8]
    turned = Word("upright", 165, 60, 175, 95, True, False)
    assert lines_in_reading_order(placed_rows(WAYS[:3], *body), 612).grade == "A"
    rules = [(70, y, 500, y + 0.5) for y in (97, 112, 337)]
    assert (
        lines_in_reading_order(
            placed_rows([*WAYS[:3], (300, "rest"), (360, "sum")], *body), 612, rules=rules
        ).grade
        == "B"
    )
    assert (
        lines_in_reading_order(
            [*placed_rows(WAYS[:3], *body), turned._replace(top=102, bottom=140)], 612
        ).grade
        == "B"
    )

    values = [(300, "1.5"), (360, "2.5"), (420, "4")]
    torn = [
        [(95, "Cod"), (170, "Live"), *values],
        [(95, "Cod"), (170, "Fresh")],
        [(170, "or cooled"), *values],
    ]
    assert lines_in_reading_order(placed_rows(*torn * 9), 612).grade == "B"


def heads_of(
    *rows: Sequence[tuple[float, str]], rules: Sequence[Any] = ()
) -> list[tuple[str, list[tuple[int, int]]]]:
    """The text and the columns of the heads of the rows that are given."""
    lines = lines_in_reading_order(placed_rows(*rows), 612, rules=rules).lines
    return [
        (li.text, [(c.column, c.columns) for c in li.grid.cells])
        for li in lines
        if li.grid and li.grid.head
    ]


def test_heads_close_to_each_other_are_the_heads_of_their_columns():
    near = [(95, "Pond"), (210, "lowest2021"), (270, "measured"), (350, "sum")]
    body = [
        [(95, name), (210, "1.5"), (270, "2.25"), (350, f"{at}.5")]
        for at, name in enumerate("ABCDEFGHIJKL")
    ]
    assert heads_of(near, *body)[0] == (
        "Pond | lowest2021 | measured | sum",
        [(n, 1) for n in range(4)],
    )


def test_a_head_between_uprights_names_the_columns_between_them():
    rules = [(70, y, 500, y + 0.5) for y in (97, 125, 155)]
    uprights = [(x, 97, x + 0.5, 112) for x in (260, 380)]
    assert heads_of([(320, "later")], WAYS, *PONDS, rules=rules + uprights)[0][1] == [(3, 2)]
    underlined = [*rules, (315, 111, 325, 111.5)]  # which is over no column
    assert heads_of([(320, "later")], WAYS, *PONDS, rules=underlined)[0][0] == "later"


def test_names_between_level_rules_belong_to_the_frame_beside_them():
    rules = [(x, 97, x + 0.5, 155) for x in (140, 260, 380)] + [(140, 97, 400, 97.5)]
    rules += [(70, y, 400, y + 0.5) for y in (112, 126, 140, 155)]
    rows = [
        [(200, "2019"), (320, "2020")],
        *([(95, f"Alder{n}"), (200, f"{n}.5"), (320, f"{n}.25")] for n in range(3)),
    ]
    lines = lines_in_reading_order(placed_rows(*rows), 612, rules=rules).lines
    assert [line.text for line in lines] == [" | ".join(text for _, text in row) for row in rows]


def test_heads_of_a_frame_without_uprights_between_them_are_heads():
    rules = [(70, y, 400, y + 0.5) for y in (97, 112, 126, 140)]
    uprights = [(x, 112 if 70 < x < 400 else 97, x + 0.5, 140) for x in (70, 180, 300, 400)]
    rows = [
        [(95, f"{name} 1"), (200, f"{name} 2"), (320, f"{name} 3")]
        for name in ("Head", "Rook", "Hawk")
    ]
    assert heads_of(*rows, rules=rules + uprights) == [
        ("Head 1 | Head 2 | Head 3", [(n, 1) for n in range(3)])
    ]


def test_marks_alone_in_a_column_beside_values_are_a_column():
    rows = [[(95, f"Alder{n}"), (180, "✓"), (260, f"{n}.5"), (340, f"{n}.25")] for n in range(6)]
    assert (
        lines_in_reading_order(placed_rows(*rows), 612).lines[3].text == "Alder3 | ✓ | 3.5 | 3.25"
    )


def test_three_ruled_rows_with_cells_of_many_lines_stay_rows():
    rows = [
        ["No. of case", "Report of the keeper", "Since the day"],
        *([f"{n}", 3 * TEXT.format(n), "1 May 2021, late"] for n in (1, 2)),
    ]
    page = page_with(rows, [*grid(), ("VALIGN", (0, 1), (-1, -1), "MIDDLE")], [40, 200, 50])
    assert page.text.split("\n")[1:-1] == [" | ".join(row) for row in rows]


def test_hyphens_in_two_cells_are_two_words():
    canvas = Sheet()
    for at in range(4):
        canvas.drawString(72, 700 - 14 * at, f"Alder{at}")
        canvas.drawString(140, 700 - 14 * at, "1.2")
        canvas.drawString(200, 700 - 14 * at, "--", charSpace=50)
    text = pdf_page(canvas.data()).text
    assert text.split("\n") == [f"Alder{at} | 1.2 | - | -" for at in range(4)]
