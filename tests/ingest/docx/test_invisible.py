"""DOCX: text that a reader does not see is left out and warned of, however it is hidden; what only
looks so is read.
"""

from tests.ingest.docx.test_docx import MC, STYLES, W, docx, package, para, run, table
from tests.ingest.reading import first_page

SHADE = '<w:shd w:val="clear" w:fill="{}"/>'
GHOST = run("The fee is 1 euro.", "{}")


def test_colour_is_compared_with_what_is_behind():
    white = '<w:color w:val="FFFFFF"/>'
    dark = para(GHOST.format(white), more=SHADE.format("112233"))
    assert "1 euro" in docx(dark).pages[0].text
    same = para(GHOST.format('<w:color w:val="112233"/>'), more=SHADE.format("112233"))
    assert "1 euro" not in docx(para("Text.") + same).pages[0].text
    cell = f"<w:tcPr>{SHADE.format('000080')}</w:tcPr>{para(GHOST.format(white))}"
    assert "1 euro" in docx(table([cell, para("two")])).pages[0].text
    plain = table([para(GHOST.format(white)), para("two")])
    assert docx(plain).pages[0].text.strip(" |") == "two"


def test_white_letters_in_a_shaded_table_style_are_read():
    style = f'<w:style w:type="table" w:styleId="Grid"><w:tcPr>{SHADE.format("4472C4")}</w:tcPr></w:style></w:styles>'
    head = f"<w:tcPr/>{para(GHOST.format('<w:color w:val=' + chr(34) + 'FFFFFF' + chr(34) + '/>'))}"
    grid = table([head, para("two")]).replace(
        "<w:tbl>", '<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/></w:tblPr>'
    )
    assert "1 euro" in docx(grid, styles=STYLES.replace("</w:styles>", style)).pages[0].text


def test_a_style_hides_as_its_runs_do():
    tiny = '<w:style w:type="paragraph" w:styleId="Tiny"><w:rPr><w:sz w:val="1"/></w:rPr></w:style></w:styles>'
    document = docx(
        para("Seen.") + para("The fee is 1 euro.", "Tiny"),
        styles=STYLES.replace("</w:styles>", tiny),
    )
    assert document.pages[0].text == "Seen." and document.coverage.hidden_spans == 1


def test_white_letters_on_a_dark_ground_are_read():
    white = GHOST.format('<w:color w:val="FFFFFF"/>')
    page = f'<w:document {W} {MC}><w:background w:color="101010"/><w:body>{para(white)}</w:body></w:document>'
    assert "1 euro" in first_page("a.docx", package("", raw={"word/document.xml": page})).text
    box = (
        "<w:r><w:drawing><w:spPr>{}</w:spPr><w:txbxContent>"
        + para(white)
        + "</w:txbxContent></w:drawing></w:r>"
    )
    filled = '<w:solidFill><w:srgbClr val="203040"/></w:solidFill>'
    assert "1 euro" in docx(para(run("Around") + box.format(filled))).pages[0].text
    assert "1 euro" not in docx(para(run("Around") + box.format("<w:noFill/>"))).pages[0].text
