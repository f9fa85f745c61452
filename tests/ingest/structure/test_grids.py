"""Tables of HTML and DOCX are grids too: spanning heads, cells over several rows, empty ones."""

from docqa.ingest.structure.grids import GridRows, MarkupCell
from tests.ingest.reading import first_page

HTML = """<table><caption>Ponds</caption>
<tr><th rowspan=2>State</th><th colspan=2>Ponds</th></tr><tr><th>2007–08</th><th>2008–09</th></tr>
<tr><td>Ohio</td><td></td><td>42</td></tr><tr><td>Texas</td><td>53</td><td>64</td></tr></table>
<p>Between.</p><table><tr><td>Gate</td><td>Low</td></tr><tr><td>Quay</td><td>High</td></tr></table>"""


def test_cells_of_html_have_their_rows_and_columns():
    page = first_page("a.html", HTML.encode())
    first, second = page.tables
    fields = first.fields()
    grid = [
        [page.text[c.start : c.end] if (c := fields.get((r, at))) else "" for at in range(3)]
        for r in range(4)
    ]
    assert grid[:2] == [["State", "Ponds", "Ponds"], ["State", "2007–08", "2008–09"]]
    assert grid[2:] == [["Ohio", "", "42"], ["Texas", "53", "64"]]
    assert (first.heads, second.rows, second.columns) == (2, 2, 2)


def test_spans_of_hostile_size_are_cut():
    rows = GridRows()
    rows.add(1, 0, "a | b", [MarkupCell("a", 1, 10**9), MarkupCell("b")])
    rows.add(1, 6, "c", [MarkupCell("c")])
    (table,) = rows.tables()
    assert [(cell.row, cell.column, cell.rows) for cell in table.cells] == [
        (0, 0, 2),
        (0, 1, 1),
        (1, 1, 1),
    ]
    rows.add(2, 100, "a", [MarkupCell("a", 10**9)])
    rows.add(2, 102, "b", [MarkupCell("b", 10**9)])
    assert len(rows.tables()) == 2


def test_a_table_of_markdown_has_its_empty_cells():
    text = "| State | 2007 | 2008 |\n|---|---|---|\n| Ohio | | 42 |\n| Texas | 53 | 64 |\n"
    page = first_page("a.md", text.encode())
    (table,) = page.tables
    said = [(c.row, c.column, page.text[c.start : c.end]) for c in table.cells if c.row]
    assert (table.heads, said) == (
        1,
        [(1, 0, "Ohio"), (1, 2, "42"), (2, 0, "Texas"), (2, 1, "53"), (2, 2, "64")],
    )
