"""EPUB: the order of the spine, chapters from the table of contents, and what a book can do
wrong.
"""

from collections.abc import Callable

import pytest

from docqa.ingest.errors import Encrypted, TooLarge, Unreadable
from docqa.ingest.types import Document
from tests.ingest.reading import first_page, first_text, read_bytes
from tests.ingest.zipped import zip_of

Checker = Callable[[Document], None]

CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
OPF = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Pond</dc:title></metadata><manifest>
<item id="b" href="text/b%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/a.xhtml" media-type="application/xhtml+xml"/>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>
<item id="pic" href="p.svg" media-type="image/svg+xml"/>
</manifest><spine toc="ncx"><itemref idref="nav"/><itemref idref="a"/><itemref idref="b"/>EXTRA</spine></package>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>
<nav epub:type="toc"><ol><li><a href="text/a.xhtml">One: The Gate</a></li>
<li><a href="text/b%20b.xhtml">Two</a><ol><li><a href="text/b%20b.xhtml#s">Inside Two</a></li></ol></li></ol></nav>
</body></html>"""
NCX = """<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://x.example/ncx.dtd">
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Chapter A</text></navLabel>
<content src="text/a.xhtml"/></navPoint></navMap></ncx>"""
FIRST = """<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>
<h1>The Gate</h1><p>It is open.<a epub:type="noteref" href="#n">*</a></p><h2>Wood</h2><p>Oak.</p>
<aside epub:type="footnote" id="n"><p>* Since 1912.</p></aside></body></html>"""
SECOND = (
    '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>It begins.</p><h3 '
    'id="s">Deep</h3><p>Water.</p></body></html>'
)


def book(entries: dict[str, str | None] | None = None, extra: str = "") -> bytes:
    files: dict[str, str | None] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": OPF.replace("EXTRA", extra),
        "OEBPS/nav.xhtml": NAV,
        "OEBPS/toc.ncx": NCX,
        "OEBPS/text/a.xhtml": FIRST,
        "OEBPS/text/b b.xhtml": SECOND,
    }
    wanted = files | (entries or {})
    there = {name: text for name, text in wanted.items() if text is not None}
    return zip_of(there, compressed=True)


def tree(document: Document) -> list[tuple[str, int]]:
    return [(s.title, s.level) for s in document.sections]


def test_the_spine_gives_the_order_and_the_contents_the_chapters(check_offsets):
    document = read_bytes("a.epub", book())
    check_offsets(document)
    assert (
        document.title == "The Pond"
        and not document.paged
        and document.media_type == "application/epub+zip"
    )
    assert first_text(document) == (
        "The Gate\n\nIt is open.*\n\nWood\n\nOak.\n\n* Since 1912.\n\nIt begins.\n\nDeep\n\nWater."
    )
    assert tree(document) == [("One: The Gate", 1), ("Wood", 2), ("Two", 1), ("Inside Two", 2)]
    text = first_text(document)
    assert [text[s.start :].split("\n")[0] for s in document.sections] == [
        "The Gate",
        "Wood",
        "It begins.",
        "Deep",
    ]
    assert document.section_path(document.section_of(1, text.index("Water"))) == (
        "Two",
        "Inside Two",
    )


def test_marks_of_notes_are_kept_apart_from_the_word():
    noted = FIRST.replace('href="#n">*</a>', 'href="#n">12</a>').replace("open.<a", "open<a")
    assert "It is open[12]" in first_page("a.epub", book({"OEBPS/text/a.xhtml": noted})).text


def test_contents_come_from_the_ncx_of_an_older_book():
    assert tree(read_bytes("a.epub", book({"OEBPS/nav.xhtml": None})))[:1] == [("Chapter A", 1)]
    bare = read_bytes("a.epub", book({"OEBPS/nav.xhtml": None, "OEBPS/toc.ncx": None}))
    assert tree(bare) == [("The Gate", 1), ("Wood", 2), ("Deep", 3)]


def test_what_is_missing_or_a_picture_is_said():
    extra = '<itemref idref="gone"/><itemref idref="pic"/><itemref idref="none"/>'
    warnings = read_bytes("a.epub", book(extra=extra)).coverage.warnings
    assert "OEBPS/gone.xhtml is missing in the book" in warnings
    assert any("p.svg is not read" in line for line in warnings) and any(
        "'none'" in line for line in warnings
    )


def encryption(method: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
        'xmlns="http://www.w3.org/2001/04/xmlenc#">'
        f'<EncryptionMethod Algorithm="{method}"/></EncryptedData></encryption>'
    )


def test_a_book_under_drm_is_refused_and_scrambled_fonts_are_not():
    drm = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    with pytest.raises(Encrypted, match="DRM"):
        read_bytes("a.epub", book({"META-INF/encryption.xml": drm}))
    fonts = encryption("http://www.idpf.org/2008/embedding")
    assert read_bytes("a.epub", book({"META-INF/encryption.xml": fonts})).sections


@pytest.mark.parametrize(
    ("entries", "error", "words"),
    [
        ({"META-INF/container.xml": None}, Unreadable, "names no package"),
        ({"OEBPS/book.opf": None}, Unreadable, "missing"),
        ({"OEBPS/book.opf": OPF[:200]}, Unreadable, "damaged"),
        (
            {"OEBPS/book.opf": '<!DOCTYPE p [<!ENTITY a "aaaa">]>' + OPF[21:]},
            Unreadable,
            "entities",
        ),
        ({"OEBPS/text/a.xhtml": "<p>" + "x" * 20_000_000}, TooLarge, "200 times"),
    ],
)
def test_broken_and_hostile_books_end_with_an_error(entries, error, words):
    with pytest.raises(error, match=words) as caught:
        read_bytes("a.epub", book(entries))
    assert caught.value.where == "a.epub" and caught.value.hint


def test_a_truncated_book_and_a_renamed_one():
    with pytest.raises(Unreadable, match="damaged"):
        read_bytes("a.epub", book()[:-40])
    for name in ("-", "a.zip", "a.docx", "a.txt"):
        assert read_bytes(name, book()).media_type == "application/epub+zip"


def test_text_of_a_book_that_nobody_sees_is_left_out_and_said():
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>It begins.</p><p style="{}">Ghost.</p></body></html>'
    for style in ("color:#fff", "text-indent:-9999px", "font-size:1px", "height:0"):
        document = read_bytes("a.epub", book({"OEBPS/text/b b.xhtml": page.format(style)}))
        assert "Ghost" not in first_text(document) and "It begins." in first_text(document)
        assert document.coverage.hidden_spans == 1
        assert any("hidden text" in line for line in document.coverage.warnings)


def test_what_a_style_sheet_of_the_book_hides_is_not_read():
    linked = FIRST.replace("<title/>", '<title/><link rel="stylesheet" href="../style/a.css"/>')
    linked = linked.replace("<p>Oak.</p>", '<p class="note">Pay the bearer.</p><p>Oak.</p>')
    sheet = {"OEBPS/text/a.xhtml": linked, "OEBPS/style/a.css": ".note { display: none }"}
    made = read_bytes("a.epub", book(sheet))
    assert "Pay the bearer." not in first_text(made) and made.coverage.hidden_spans == 1
