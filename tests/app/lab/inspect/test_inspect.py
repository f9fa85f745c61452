"""`python -m docqa.app.lab.inspect` as a person runs it: the image, the facts as JSON, which page, and what there
is no image of.
"""

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas

from docqa.app.errors import UsageError
from docqa.app.lab.inspect.__main__ import main
from docqa.app.lab.inspect.page_facts import find_page

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ("Salt", "Rope", "Timber", "Coal", "Herring")
HOSTILE = 'Alpha </text><script>alert("x")</script> & "omega"'


@pytest.fixture
def inspect(capsys):
    """Function(*arguments) -> (exit code, stdout, stderr)."""

    def run(*arguments) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def report_pdf(tmp_path_factory) -> Path:
    """Five pages labelled i, ii, 1, 2 and 3, with a running head; two bookmarks, and hidden text on
    page 1 (PDF 3).
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792))
    canvas.addPageLabel(0, "ROMAN_LOWER", 1)
    canvas.addPageLabel(2, "ARABIC", 1)
    for leaf in range(5):
        canvas.drawString(72, 760, "Report of the Harbour Board")
        canvas.drawString(72, 700, f"{WORDS[leaf]} is what this leaf tells of.")
        canvas.drawString(
            72, 400, f"And nothing of {WORDS[leaf - 1].lower()} is to be found on it."
        )
        if leaf == 2:
            canvas.bookmarkPage("gate")
            canvas.addOutlineEntry("The Gate", "gate", 0)
            canvas.drawString(72, 660, "The Gate")
            canvas.drawString(72, 640, HOSTILE)
            canvas.setFillColor(colors.white)
            canvas.drawString(72, 500, "Nobody sees this.")
        if leaf == 4:
            canvas.bookmarkPage("tide")
            canvas.addOutlineEntry("The Tide", "tide", 1)
            canvas.drawString(72, 660, "The Tide")
        canvas.showPage()
    canvas.save()
    path = tmp_path_factory.mktemp("inspect") / "report.pdf"
    path.write_bytes(buffer.getvalue())
    return path


def test_the_picture_holds_the_page_its_numbers_and_what_they_mean(inspect, report_pdf):
    code, out, err = inspect(report_pdf, "--page", "1")
    assert (code, err) == (0, "")
    root = ElementTree.fromstring(out)
    assert root.tag == f"{SVG}svg"
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert {"1", "2", "3", "p. 1 (PDF 3), 5 in all", "grade A: order certain"} <= set(texts)
    assert any("The Gate [level 1, bookmark 0.95]" in text for text in texts)
    assert "Nobody sees this." in " ".join(texts)
    assert any("Report of the Harbour Board" in text for text in texts)
    (image,) = root.iter(f"{SVG}image")
    assert image.get("href", "").startswith("data:image/png;base64,")


def test_the_picture_is_inert_whatever_the_document_says(inspect, report_pdf):
    _, out, _ = inspect(report_pdf, "--page", "1")
    root = ElementTree.fromstring(out)
    found = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert found == {"svg", "title", "defs", "pattern", "path", "rect", "g", "image", "text"}
    links = [
        value for element in root.iter() for name, value in element.items() if name.endswith("href")
    ]
    assert [link[:22] for link in links] == ["data:image/png;base64,"]


def test_json_has_the_facts_of_the_picture(inspect, report_pdf):
    code, out, _ = inspect(report_pdf, "--page", "1", "--json")
    assert code == 0
    seen = json.loads(out)
    assert (seen["page"], seen["label"], seen["pages"], seen["grade"]) == (3, "1", 5, "A")
    assert (seen["width_pt"], seen["height_pt"], seen["grades"]) == (612, 792, {"A": 5})
    (section,) = seen["sections"]
    assert (section["title"], section["source"]) == ("The Gate", "bookmark")
    block = seen["blocks"][section["block"] - 1]
    assert block["text"].startswith("The Gate")
    assert block["section"] == ["The Gate"]
    assert [b["order"] for b in seen["blocks"]] == list(range(1, len(seen["blocks"]) + 1))
    lines = [line for b in seen["blocks"] for line in b["lines"]]
    assert [line["order"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(len(line["box"]) == 4 for line in lines)
    assert HOSTILE in [line["text"] for line in lines]
    (head,) = seen["furniture"]
    assert head["text"] == "Report of the Harbour Board"
    (hidden,) = seen["hidden"]
    assert (hidden["text"], len(hidden["boxes"])) == ("Nobody sees this.", 1)


@pytest.mark.parametrize(
    ("wanted", "page", "said"),
    [
        (None, 1, ""),
        ("ii", 2, ""),
        ("II", 2, ""),
        ("1", 3, ""),
        ("PDF 2", 2, ""),
        ("4", 4, "no page is labelled 4; this is p. 2 (PDF 4)"),
    ],
)
def test_a_page_is_found_by_its_label_then_by_its_number(inspect, report_pdf, wanted, page, said):
    arguments = [] if wanted is None else ["--page", wanted]
    code, out, err = inspect(report_pdf, *arguments, "--json")
    assert code == 0
    assert json.loads(out)["page"] == page
    assert said in err
    assert bool(said) == bool(err)


@pytest.mark.parametrize("wanted", ["iii", "6", "0", "PDF 6", "", "-1", "9" * 5000])
def test_a_missing_page_is_a_usage_error_with_the_range(inspect, report_pdf, wanted):
    code, out, err = inspect(report_pdf, f"--page={wanted}")
    assert (code, out) == (2, "")
    assert "run from i to 3" in err


def test_pages_that_share_a_label_are_named(document):
    labelled = document("One.", "Two.", "Three.", labels=("1", "A", "1"))
    page, notes = find_page(labelled, "1")
    assert page.page == 1
    assert '"PDF 3"' in notes[0]


def test_a_document_without_pages_has_json_but_no_picture(inspect, write_file):
    file = write_file("note.md", "# One\n\nText of one.\n")
    code, out, err = inspect(file)
    assert (code, out) == (3, "")
    assert "no pages" in err
    assert "--json" in err
    code, out, _ = inspect(file, "--json")
    seen = json.loads(out)
    assert (code, seen["page"], seen["pages"], seen["width_pt"]) == (0, None, None, None)
    assert [block["text"] for block in seen["blocks"]] == ["One", "Text of one."]
    assert inspect(file, "--page", "1")[0] == 2


def test_a_page_number_is_refused_for_a_document_without_pages(document):
    with pytest.raises(UsageError, match="no pages"):
        find_page(document("Text.", paged=False), "1")


def test_output_is_written_whole_and_nowhere_else(inspect, report_pdf, tmp_path):
    target = tmp_path / "page.svg"
    code, out, err = inspect(report_pdf, "--output", target)
    assert (code, out) == (0, "")
    assert str(target) in err
    assert target.read_text() == inspect(report_pdf)[1]
    assert [file.name for file in tmp_path.iterdir()] == ["page.svg"]


def test_output_is_neither_the_document_nor_of_another_kind(inspect, report_pdf, tmp_path):
    before = report_pdf.read_bytes()
    assert inspect(report_pdf, "--output", report_pdf, "--json")[0] == 2
    code, _, err = inspect(report_pdf, "--output", tmp_path / "page.png")
    assert code == 2
    assert "the picture is an SVG" in err
    assert report_pdf.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_bad_input_has_the_status_of_bad_input(inspect, tmp_path):
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4\nnothing of the kind")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "missing.pdf", empty, broken, tmp_path / "folder"):
        code, out, err = inspect(path)
        assert (code, out) == (3, "")
        assert path.name in err


def test_a_folder_with_two_documents_asks_for_one_of_them(inspect, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Some words.")
    code, _, err = inspect(tmp_path)
    assert code == 3
    assert "more than one document" in err


def test_a_pdf_on_standard_input_is_drawn(inspect, report_pdf, monkeypatch):
    class Piped:
        buffer = io.BytesIO(report_pdf.read_bytes())

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdin", Piped())
    code, out, _ = inspect("-", "--page", "ii", "--json")
    assert code == 0
    assert json.loads(out)["page"] == 2


def test_outline_as_json_has_every_field_of_a_section(printed, report_pdf):
    gate, tide = json.loads(printed("outline", report_pdf, "--json"))["sections"]
    assert gate["start"] > 0
    assert tide == {
        "id": tide["id"],
        "parent": gate["id"],
        "number": None,
        "title": "The Tide",
        "locator": "The Tide",
        "level": 2,
        "page": 5,
        "label": "3",
        "start": tide["start"],
        "source": "bookmark",
        "confidence": 0.95,
    }


def test_the_grid_of_a_table_is_drawn_and_told(inspect, tmp_path):
    canvas = Canvas(str(tmp_path / "ponds.pdf"), pagesize=(612, 792))
    for at, head in enumerate(("Depth", "Spring", "Autumn")):
        canvas.drawRightString(300 + 80 * at, 714, head)
    for n, name in enumerate(("Alder", "Birch", "Cedar", "Hazel")):
        canvas.drawString(72, 700 - 16 * n, name)
        for at in range(3):
            canvas.drawRightString(300 + 80 * at, 700 - 16 * n, f"{n * n + 7 * at}.5")
    canvas.save()
    code, out, _ = inspect(tmp_path / "ponds.pdf", "--json")
    table = json.loads(out)["tables"][0]
    assert code == 0 and (table["rows"], table["columns"], table["heads"]) == (5, 4, 1)
    assert [cell["text"] for cell in table["cells"] if cell["row"] == 2] == [
        "Birch",
        "1.5",
        "8.5",
        "15.5",
    ]
    code, out, _ = inspect(tmp_path / "ponds.pdf")
    assert code == 0 and out.count('fill-opacity="0.2"') == 3
