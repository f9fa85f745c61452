"""A table as CSV, JSON lines, Markdown and XLSX: inert, readable, and the same bytes every time."""

import csv
import io
import json
import re
import time
import zipfile

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Usage
from docqa.app.answer.grades import Status
from docqa.app.batch.extraction.table import AnswerCell, AnswerTable, FileRow, cell_of, make_table
from docqa.app.batch.extraction.table_files import table_as_file
from docqa.app.batch.fields import Field
from docqa.app.facts.facts import FactKind

ASKED = Field("Q?", "Q?")


def _cell(file: str, answer: str) -> AnswerCell:
    return AnswerCell(
        "answered",
        answer,
        0.9,
        f"It says {answer} here.",
        "exact",
        (Cite(file, 4, "1", "2", 0, 9),),
    )


@pytest.fixture
def table() -> AnswerTable:
    rows = [
        FileRow("a.pdf", (_cell("a.pdf", "Lower Tarn"), _cell("a.pdf", '=HYPERLINK("http://x")'))),
        FileRow("b.pdf", (_cell("b.pdf", "Lower Tarn"), AnswerCell("not_found"))),
        FileRow("-c.pdf", (_cell("-c.pdf", "Upper | Tarn"), _cell("-c.pdf", "@SUM(1)"))),
        FileRow(
            "d.pdf",
            (AnswerCell("unreadable"), AnswerCell("unreadable")),
            "d.pdf: the file is empty",
        ),
    ]
    return make_table([Field(each, each) for each in ("Which law?", "What else?")], rows)


def test_csv_has_answer_page_status_and_difference_of_every_question(table):
    rows = list(csv.DictReader(io.StringIO(table_as_file(table, "csv").decode())))
    assert [row["Which law?"] for row in rows] == ["Lower Tarn", "Lower Tarn", "Upper | Tarn", ""]
    assert rows[0]["Which law? [page]"] == "p. 1 (PDF 4)"
    assert [row["Which law? [status]"] for row in rows] == [
        "answered",
        "answered",
        "answered",
        "unreadable",
    ]
    assert [row["Which law? [differs]"] for row in rows] == ["", "", "yes", ""]
    assert rows[3]["error"] == "d.pdf: the file is empty"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@A1", " =1+1"])
def test_no_cell_of_a_csv_is_a_formula(start):
    made = make_table([ASKED], [FileRow(start, (AnswerCell("answered", start),))])
    (row,) = list(csv.reader(io.StringIO(table_as_file(made, "csv").decode())))[1:]
    assert not any(value.strip().startswith(("=", "+", "-", "@")) for value in row)
    assert row[2].endswith(start.strip())


def test_json_lines_have_a_cell_for_every_question(table):
    lines = [json.loads(line) for line in table_as_file(table, "jsonl").decode().splitlines()]
    assert [line["file"] for line in lines] == ["a.pdf", "b.pdf", "-c.pdf", "d.pdf"]
    first = lines[0]["cells"][0]
    assert (first["question"], first["answer"], first["page"], first["label"]) == (
        "Which law?",
        "Lower Tarn",
        4,
        "1",
    )
    assert (lines[3]["error"], lines[3]["cells"][0]["status"]) == (
        "d.pdf: the file is empty",
        "unreadable",
    )


def test_markdown_marks_differences_and_escapes_columns_of_documents(table):
    lines = [
        line for line in table_as_file(table, "md").decode().splitlines() if line.startswith("|")
    ]
    assert lines[4].startswith("| -c.pdf | **≠** Upper \\| Tarn (p. 1 (PDF 4)) |")
    assert "*not found*" in lines[3]
    assert "*unreadable: d.pdf: the file is empty*" in lines[5]


def test_a_possible_answer_is_none_but_its_page_is_hinted_at():
    passage = EvidenceItem("a.pdf", 19, "xv", 1.0, "It says so here.")
    answer = Answer(
        Status.POSSIBLE,
        "Q?",
        None,
        True,
        0.4,
        (),
        (passage,),
        CoverageReport(9, 9, 20),
        Usage(9, 0, 0.1, False),
    )
    made = make_table([ASKED], [FileRow("a.pdf", (cell_of(answer, ASKED),))])
    assert made.answered == 0
    (row,) = csv.DictReader(io.StringIO(table_as_file(made, "csv").decode()))
    assert (row["Q?"], row["Q? [page]"], row["Q? [status]"]) == (
        "",
        "Possibly on p. xv (PDF 19)",
        "possible",
    )
    (cell,) = json.loads(table_as_file(made, "jsonl"))["cells"]
    assert (cell["status"], cell["answer"], cell["page"], cell["cites"]) == (
        "possible",
        None,
        19,
        [],
    )
    assert "| a.pdf | *Possibly on p. xv (PDF 19)* |" in table_as_file(made, "md").decode()


def test_conflicts_show_both_quotes_in_every_format(table):
    rows = list(csv.DictReader(io.StringIO(table_as_file(table, "csv", conflicts=True).decode())))
    assert (rows[0]["quote"], rows[0]["other quote"]) == (
        "It says Upper | Tarn here.",
        "It says Lower Tarn here.",
    )
    lines = [
        json.loads(line)
        for line in table_as_file(table, "jsonl", conflicts=True).decode().splitlines()
    ]
    assert [cell["file"] for cell in lines[0]["cells"]] == ["-c.pdf", "a.pdf"]
    text = table_as_file(table, "md", conflicts=True).decode()
    assert "| It says Upper \\| Tarn here. |" in text
    assert "| It says Lower Tarn here. |" in text


def test_xlsx_has_no_formulas_and_the_conflicts_on_a_second_sheet(table):
    book = zipfile.ZipFile(io.BytesIO(table_as_file(table, "xlsx", conflicts=True)))
    sheets = {name: book.read(name).decode() for name in book.namelist()}
    assert "<f>" not in sheets["xl/worksheets/sheet1.xml"]
    assert "hyperlink" not in sheets["xl/worksheets/sheet1.xml"]
    assert "=HYPERLINK" in sheets["xl/sharedStrings.xml"]
    assert 'name="Conflicts"' in sheets["xl/workbook.xml"]


def test_xlsx_has_quote_and_confidence_beside_each_answer(table):
    book = zipfile.ZipFile(io.BytesIO(table_as_file(table, "xlsx")))
    texts = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    cells = re.findall(r'<c r="[A-Z]+2"([^>]*)><v>([^<]*)</v>', sheet)
    row = [texts[int(value)] if 't="s"' in kind else float(value) for kind, value in cells]
    assert row[2:8] == [
        "Lower Tarn",
        "It says Lower Tarn here.",
        "p. 1 (PDF 4)",
        0.9,
        "answered",
        "",
    ]
    columns = ("quote", "page", "confidence", "status", "differs")
    assert texts[2:8] == ["Which law?", *(f"Which law? [{name}]" for name in columns)]


def test_markdown_conflicts_say_how_many_files_agree(table):
    assert "| 2 of 3 |" in table_as_file(table, "md", conflicts=True).decode()


@pytest.mark.parametrize("form", ["csv", "jsonl", "md", "xlsx"])
def test_equal_tables_give_equal_bytes_at_any_time(table, form, monkeypatch):
    before = table_as_file(table, form, conflicts=True)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000.0))
    assert table_as_file(table, form, conflicts=True) == before


def test_a_name_that_is_not_unicode_is_written():
    made = make_table([ASKED], [FileRow("caf\udce9.pdf", (AnswerCell("not_found"),))])
    for form in ("csv", "jsonl", "md", "xlsx"):
        assert table_as_file(made, form)


def test_a_date_has_a_second_column_of_one_spelling():
    field = Field("end", "When does it end?", FactKind.DATE)
    cells = (AnswerCell("answered", "May 1st, 2020", normalised="2020-05-01"),)
    made = make_table([field, ASKED], [FileRow("a.pdf", (*cells, AnswerCell("not_found")))])
    (row,) = csv.DictReader(io.StringIO(table_as_file(made, "csv").decode()))
    assert list(row)[2:4] == ["end", "end [normalised]"] and "Q? [normalised]" not in row
    assert (row["end"], row["end [normalised]"]) == ("May 1st, 2020", "2020-05-01")
    first = json.loads(table_as_file(made, "jsonl"))["cells"][0]
    assert (first["field"], first["type"], first["normalised"]) == ("end", "date", "2020-05-01")
