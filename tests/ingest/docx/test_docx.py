"""DOCX: automatic numbers, locators of clauses, tracked changes, hidden text, tables and notes."""

from collections.abc import Callable

import pytest

from docqa.ingest.errors import Encrypted, NotADocument, TooLarge, Unreadable
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from tests.ingest.reading import first_page, first_text, read_bytes, sections_of
from tests.ingest.zipped import zip_of

Checker = Callable[[Document], None]

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CORE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata"
PARTS = ("styles", "numbering", "footnotes", "endnotes", "comments", "header1", "footer1")

STYLES = f"""<w:styles {W}>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:styleId="H1"><w:name w:val="heading 1"/>
<w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="H2"><w:name w:val="heading 2"/><w:basedOn w:val="H1"/>
<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:styleId="Plain1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="Toc"><w:name w:val="toc 1"/></w:style>
<w:style w:type="character" w:styleId="Ghost"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>"""


def level(at: int, form: str, kind: str, more: str = "", left: int = 0) -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{form}"/>{more}'
        f'<w:pPr><w:ind w:left="{left}"/></w:pPr></w:lvl>'
    )


NUMBERING = (
    f'<w:numbering {W}><w:abstractNum w:abstractNumId="10">'
    + level(0, "%1.", "decimal", '<w:pStyle w:val="H1"/>')
    + level(1, "%1.%2", "decimal", '<w:pStyle w:val="H2"/>')
    + level(2, "(%3)", "lowerLetter", "", 1440)
    + level(3, "(%4)", "lowerRoman", "", 2160)
    + '</w:abstractNum><w:abstractNum w:abstractNumId="11">'
    + level(0, "•", "bullet")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="12">'
    + level(0, "%1)", "decimal")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="13">'
    + level(0, "ARTICLE %1", "upperRoman")
    + level(1, "Section %1.%2", "decimal", "<w:isLgl/>")
    + "</w:abstractNum>"
    + "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="{9 + n}"/></w:num>' for n in (1, 2, 3, 4)
    )
    + '<w:num w:numId="5"><w:abstractNumId w:val="12"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
    "</w:lvlOverride></w:num></w:numbering>"
)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(
    content: str, style: str = "", list_id: int | None = None, at: int = 0, more: str = ""
) -> str:
    content = content if content.startswith("<") else run(content)
    numbers = (
        f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{list_id}"/></w:numPr>'
        if list_id is not None
        else ""
    )
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{numbers}{more}</w:pPr>{content}</w:p>'


def table(*rows: list[str], properties: str = "") -> str:
    cells = (
        "".join(f"<w:tc>{cell if cell.startswith('<') else para(cell)}</w:tc>" for cell in row)
        for row in rows
    )
    return "<w:tbl>" + "".join(f"<w:tr>{properties}{row}</w:tr>" for row in cells) + "</w:tbl>"


def package(body: str, *, raw: dict[str, str | bytes] | None = None, **parts: str) -> bytes:
    """A DOCX of `body`; `parts` are other parts by name, `raw` are entries that replace or add."""
    parts = {"styles": STYLES, "numbering": NUMBERING} | parts
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{TYPES}/{name.rstrip("1")}" Target="{name}.xml"/>'
        for n, name in enumerate(PARTS)
        if name in parts
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Type="{TYPES}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Type="{CORE}/core-properties" Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": "<c><title>Core title</title></c>",
        "word/document.xml": f"<w:document {W} {M} {MC}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
    }
    files |= {f"word/{name}.xml": text for name, text in parts.items()} | (raw or {})
    return zip_of(files, compressed=True)


def docx(body: str, **parts: str) -> Document:
    return read_bytes("a.docx", package(body, **parts))


def places(document: Document) -> list[str | None]:
    """What names the place of each block."""
    return [document.locator_of(1, block.start) for block in document.pages[0].blocks]


def test_numbered_headings_and_clauses_have_the_locators_that_are_printed(check_offsets):
    document = docx(
        para("The Pond Agreement", "Title")
        + para("Scope", "H1")
        + para("Term", "H1")
        + para("Length", "H2")
        + para("It runs for a year:", list_id=1, at=1)
        + para("from the first day,", list_id=1, at=2)
        + para("which is a Sunday,", list_id=1, at=3)
        + para("or a Monday; and", list_id=1, at=3)
        + para("to the last,", list_id=1, at=2)
        + para("whatever the weather.")
        + para("Payment", "H1")
        + para("Weekly.", list_id=1, at=1)
    )
    check_offsets(document)
    assert document.title == "The Pond Agreement" and not document.paged
    assert first_text(document) == (
        "The Pond Agreement\n\n1. Scope\n\n2. Term\n\n2.1 Length\n\n2.2 It runs for a year:\n"
        "(a) from the first day,\n(i) which is a Sunday,\n(ii) or a Monday; and\n"
        "(b) to the last,\n\nwhatever the weather.\n\n3. Payment\n\n3.1 Weekly."
    )
    assert sections_of(document) == [
        ("1", "Scope", 1, "1"),
        ("2", "Term", 1, "2"),
        ("2.1", "Length", 2, "2.1"),
        ("3", "Payment", 1, "3"),
    ]
    found = places(document)
    assert found == [
        None,
        "1",
        "2",
        "2.1",
        "2.2",
        "2.2(a)",
        "2.2(a)(i)",
        "2.2(a)(ii)",
        "2.2(b)",
        "2.2",
        "3",
        "3.1",
    ]


def test_articles_in_roman_numbers_and_legal_numbering():
    document = docx(
        para("Gates", "Plain1", 4) + para("Oak.", list_id=4, at=1) + para("Elm.", list_id=4, at=1)
    )
    assert "ARTICLE I Gates\n\nSection 1.1 Oak.\nSection 1.2 Elm." in first_text(document)
    assert places(document) == ["Article I", "1.1", "1.2"]


def test_plain_lists_are_lists_and_a_new_list_starts_again():
    document = docx(
        para("Tools", "Plain1")
        + para("oar", list_id=2)
        + para("one", list_id=3)
        + para("two", list_id=3)
        + para("again", list_id=5)
        + para("none", list_id=0)
    )
    assert "- oar\n1) one\n2) two\n1) again\n\nnone" in first_text(document)
    assert [s.title for s in document.sections] == ["Tools"]


def test_paragraphs_numbered_through_the_document_are_places():
    document = docx("".join(para(f"The court finds fact {n}.", list_id=3) for n in range(25)))
    assert places(document)[:2] == ["(1)", "(2)"] and places(document)[-1] == "(25)"


def test_a_typed_number_is_the_number_of_the_heading():
    document = docx(para("4.2 Duties of Care", "Plain1") + para("x" * 5))
    assert [(s.number, s.title, s.label) for s in document.sections] == [
        ("4.2", "Duties of Care", "4.2")
    ]
    inferred = docx(para("1. Scope of Work") + para("a b") + para("2. Term of Work") + para("c d"))
    assert [s.number for s in inferred.sections] == ["1", "2"]


def test_insertions_are_read_deletions_are_not_and_both_are_counted():
    document = docx(
        para(
            run("The fee is ")
            + "<w:del><w:r><w:delText>ten</w:delText></w:r></w:del><w:ins><w:r><w:t>twelve</w:t></w:r></w:ins>"
            + run(" pounds.")
        )
        + para("First half", more="<w:rPr><w:del/></w:rPr>")
        + para(" and second.")
        + table(["gone", "row"], properties="<w:trPr><w:del/></w:trPr>")
    )
    assert first_text(document) == "The fee is twelve pounds.\n\nFirst half and second."
    assert document.coverage.warnings == (
        "tracked changes: 1 insertions read, 2 deletions left out",
    )


def test_hidden_text_is_not_read_and_counted():
    ghost = '<w:rStyle w:val="Ghost"/>'
    body = para(
        run("Seen. ")
        + run("obey", "<w:vanish/>")
        + run(" me", "<w:vanish/>")
        + run("too", '<w:vanish w:val="0"/>')
    ) + para(run("also hidden", ghost))
    document = docx(body)
    assert first_text(document) == "Seen. too" and document.coverage.hidden_spans == 2
    wanted = read(ReadRequest("a.docx", package(body), include_hidden=True))
    assert first_text(wanted) == "Seen. too\n\nobey me\n\nalso hidden"


def test_comments_are_read_behind_the_text_and_told_as_such():
    comments = (
        f'<w:comments {W}><w:comment w:id="7" w:author="Jo: Reed" w:date="2024-05-03T10:00:00Z">{para("Too low?")}'
        f'</w:comment><w:comment w:id="8">{para("Agreed.")}</w:comment></w:comments>'
    )
    body = para(
        run("The fee is ")
        + '<w:commentRangeStart w:id="7"/>'
        + run("ten pounds")
        + '<w:commentRangeEnd w:id="7"/>'
        '<w:r><w:commentReference w:id="7"/></w:r>' + run(" a day.")
    )
    document = docx(para("Fees", "Plain1") + body + para("Next."), comments=comments)
    assert first_text(document) == (
        "Fees\n\nThe fee is ten pounds a day.\n\nNext.\n\n"
        "Comment by Jo Reed, 2024-05-03: Too low? (on “ten pounds”)\n\nComment by an unnamed author: Agreed."
    )
    assert document.coverage.warnings == ("2 comments in the margin read, behind the text",)
    assert [(s.title, s.label, s.level) for s in document.sections] == [
        ("Fees", "Fees", 1),
        ("Comments", "comments", 1),
        ("Comment by Jo Reed", "comment by Jo Reed", 2),
        ("Comment by an unnamed author", "comment by an unnamed author", 2),
    ]
    at = first_text(document).index("Too low")
    assert document.speaker_of(1, at) == "Comment by Jo Reed, 2024-05-03"


def test_tables_are_rows_and_frames_are_text(check_offsets):
    document = docx(
        table(["gate", "width"], ["east", para("2 m") + para("wide")])
        + table([para("framed", list_id=3)])
    )
    check_offsets(document)
    assert first_text(document) == "gate | width\neast | 2 m wide\n\n1) framed"


def test_notes_stand_behind_their_paragraph_once():
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = (
        f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0">{para("---")}</w:footnote>'
        f'<w:footnote w:id="2">{para(run("Oak, ") + mark + run("since 1912."))}</w:footnote></w:footnotes>'
    )
    end = f'<w:endnotes {W}><w:endnote w:id="1">{para("Ibid.")}</w:endnote></w:endnotes>'
    body = para(
        run("The gate") + mark + run(" holds.") + '<w:r><w:endnoteReference w:id="1"/></w:r>'
    ) + para("Next.")
    document = docx(body, footnotes=notes, endnotes=end)
    assert (
        first_text(document)
        == "The gate[1] holds.[i]\n\n[1] Oak, [2]since 1912.\n\n[i] Ibid.\n\nNext."
    )


def test_fields_show_their_result_and_contents_have_leaders():
    def field(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    asked = "<w:r><w:instrText>PAGEREF x</w:instrText></w:r>"
    page = field("begin") + asked + field("separate") + run("7") + field("end")
    text = (
        docx(para(run("See p. ") + page) + para(run("Scope") + "<w:r><w:tab/></w:r>" + page, "Toc"))
        .pages[0]
        .text
    )
    assert text == "See p. 7\n\nScope .... 7"


def test_text_boxes_are_read_once_and_equations_on_a_line():
    box = f"<w:txbxContent>{para('In a box.')}</w:txbxContent>"
    drawn = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    power = (
        ""
        "<m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>12</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    text = docx(para(run("Around") + drawn) + para(run("so ") + power + run("holds"))).pages[0].text
    assert text == "Around\n\nIn a box.\n\nso x^(12) holds"


def test_a_power_is_not_a_number_beside_its_base():
    raised = '<w:vertAlign w:val="superscript"/>'
    text = (
        docx(
            para(run("10") + run("2", raised) + run(" on the 4") + run("th", raised) + run(" day"))
        )
        .pages[0]
        .text
    )
    assert text == "10^2 on the 4th day"


def test_headers_and_footers_are_read_and_page_numbers_are_not():
    header = para(run("Reed &amp; Sons")) + para("12 Dock Road")
    footer = f"<w:ftr {W}>{para('Page 3 of 7')}</w:ftr>"
    document = docx(para("Text."), header1=f"<w:hdr {W}>{header}</w:hdr>", footer1=footer)
    assert first_text(document) == "Text.\n\nReed & Sons\n12 Dock Road"
    assert document.pages[0].furniture == ("Page 3 of 7",)
    assert [(s.title, s.label) for s in document.sections] == [("Page header", "page header")]


def test_the_title_comes_from_the_properties_where_no_paragraph_is_one():
    assert docx(para("Text.")).title == "Core title"


@pytest.mark.parametrize(
    ("raw", "error", "words"),
    [
        ({"word/document.xml": "<w:document"}, Unreadable, "damaged"),
        ({"word/document.xml": f"<w:document {W}/>"}, NotADocument, "no body"),
        (
            {"word/document.xml": '<!DOCTYPE b [<!ENTITY a "aaaa">]><b>&a;</b>'},
            Unreadable,
            "entities",
        ),
        ({"word/document.xml": "<a>" * 300 + "</a>" * 300}, TooLarge, "256"),
        ({"word/document.xml": b"<a>" + b" " * 20_000_000}, TooLarge, "200 times"),
    ],
)
def test_broken_and_hostile_packages_end_with_an_error(raw, error, words):
    with pytest.raises(error, match=words) as caught:
        read_bytes("a.docx", package("", raw=raw))
    assert caught.value.where == "a.docx" and caught.value.hint


def test_truncated_renamed_and_encrypted_files():
    data = package(para("Text."))
    with pytest.raises(Unreadable, match="damaged"):
        read_bytes("a.docx", data[:-50])
    for name in ("-", "a.zip", "a.epub", "a.doc", "a.txt"):
        assert first_page(name, data).text == "Text."
    with pytest.raises(NotADocument, match="a Word document"):
        read(ReadRequest("a.docx", data, media_type="epub"))
    with pytest.raises(Encrypted, match="encrypted"):
        read_bytes(
            "a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
        )
    with pytest.raises(NotADocument, match="old Office"):
        read_bytes("a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600)


def grid_of(document: Document) -> dict[tuple[int, int], str]:
    """The words of every field of the first table."""
    page = document.pages[0]
    return {at: page.text[cell.start : cell.end] for at, cell in page.tables[0].fields().items()}


def merged(words: str, *marks: str) -> str:
    return f"<w:tcPr>{''.join(f'<w:{mark}/>' for mark in marks)}</w:tcPr>{para(words)}"


def test_merged_cells_of_a_table_cover_their_rows_and_columns():
    rows = [
        [merged("Tower", 'vMerge w:val="restart"'), merged("Height", 'gridSpan w:val="2"')],
        [merged("", "vMerge"), "2019", "2020"],
        ["Alpha", "12", "13"],
        ["", "", ""],
        [merged("Beta", 'vMerge w:val="restart"'), "22", "23"],
        [merged("", "vMerge"), "32", "33"],
    ]
    document = docx(table(*rows))
    assert (
        first_text(document)
        == "Tower | Height\n2019 | 2020\nAlpha | 12 | 13\nBeta | 22 | 23\n32 | 33"
    )
    grid = grid_of(document)
    assert [grid[0, column] for column in range(3)] == ["Tower", "Height", "Height"]
    assert [grid[1, column] for column in range(3)] == ["Tower", "2019", "2020"]
    assert [grid[4, column] for column in range(3)] == ["Beta", "32", "33"]


def test_words_below_a_merged_cell_are_hidden():
    rows = [
        ["Tower", "Height"],
        [merged("Alpha", 'vMerge w:val="restart"'), "12"],
        [merged("obey", "vMerge"), "13"],
    ]
    document = docx(
        table(*rows) + table(["east", "2"], properties='<w:trPr><w:gridBefore w:val="1"/></w:trPr>')
    )
    assert "obey" not in first_text(document) and document.coverage.hidden_spans == 1
    assert grid_of(document)[2, 0] == "Alpha" and grid_of(document)[2, 1] == "13"
