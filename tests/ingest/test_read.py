"""The front door: formats by content, folders and archives, storing, and the child process."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.ingest import worker as worker_module
from docqa.ingest.errors import (
    EmptyError,
    Encrypted,
    MissingError,
    NoDocuments,
    NotADocument,
    TooLarge,
    Unreadable,
)
from docqa.ingest.limits import WORKER_MEMORY_BYTES
from docqa.ingest.read import find_documents, read
from docqa.ingest.request import ReadRequest
from docqa.ingest.serialize import from_bytes, to_bytes
from docqa.ingest.structure.clean import clean_text, strip_invisible
from docqa.ingest.types import Document
from docqa.ingest.worker import read_in_worker
from tests.ingest.reading import first_text, read_bytes, sections_of
from tests.ingest.zipped import zip_of

MARKDOWN = """---
author: nobody
---
# The Pond Book

It has *two* gates and a [wheel](http://x.example).

## 2.1 Duties

1. Open it.
2. Close it.

| gate | width |
|------|-------|
| east | 2 m |

```
gate = open
```
"""

STATUTE = """<?xml version="1.0" encoding="UTF-8"?>
<uslm xmlns="http://schemas.gpo.gov/xml/uslm"><main><title identifier="/us/usc/t9"><num value="9">TITLE 9—</num>
<heading>HARBOURS</heading><section identifier="/us/usc/t9/s4"><num value="4">§ 4.</num><heading>Duties</heading>
<subsection><num value="a">(a)</num><heading>In general</heading><chapeau>The Authority shall—</chapeau>
<paragraph><num value="1">(1)</num><content>keep lights; and</content></paragraph>
<paragraph><num value="2">(2)</num><content>mark wrecks.</content></paragraph></subsection>
<notes><note><p>As added: <quotedContent><section><num>§ 99.</num><heading>Foreign</heading>
<content>Other law.</content></section></quotedContent></p></note></notes></section></title></main></uslm>"""


def test_markdown_headings_are_sections_and_there_are_no_pages():
    document = read_bytes("book.md", MARKDOWN.encode())
    assert document.paged is False and len(document.pages) == 1 and document.pages[0].label is None
    text = first_text(document)
    assert "It has two gates and a wheel." in text and "nobody" not in text
    assert "1. Open it.\n2. Close it." in text and "east | 2 m" in text and "gate = open" in text
    found = sections_of(document)
    assert found == [(None, "The Pond Book", 1, "The Pond Book"), ("2.1", "Duties", 2, "2.1")]
    assert all(text[s.start :].startswith(s.number or s.title) for s in document.sections)
    assert document.title == "The Pond Book"


def test_statute_levels_are_sections_and_quoted_law_is_not():
    document = read_bytes("act.xml", STATUTE.encode())
    assert document.paged is False
    found = [(s.number, s.title, s.label) for s in document.sections]
    assert found == [
        ("TITLE 9", "HARBOURS", "Title 9"),
        ("§ 4", "Duties", "§ 4"),
        ("(a)", "In general", "§ 4(a)"),
    ]
    text = first_text(document)
    assert "(1) keep lights; and\n(2) mark wrecks." in text
    assert "Other law." in text
    shown = document.section_path(document.section_of(1, text.index("mark")))
    assert shown == ("TITLE 9 HARBOURS", "§ 4 Duties", "(a) In general")


@pytest.mark.parametrize(
    "bad", ["<!DOCTYPE uslm [<!ENTITY a 'aaaa'>]>", "<!DOCTYPE uslm SYSTEM 'file:///etc/passwd'>"]
)
def test_xml_with_a_document_type_is_refused(bad):
    with pytest.raises(Unreadable, match="DOCTYPE"):
        read_bytes("act.xml", STATUTE.replace("<uslm", bad + "<uslm", 1).encode())


def test_damaged_deep_and_foreign_xml_is_refused():
    with pytest.raises(Unreadable, match="damaged"):
        read_bytes("act.xml", STATUTE.encode()[:-20])
    with pytest.raises(TooLarge, match="256"):
        read_bytes(
            "act.xml", STATUTE.replace("Other law.", "<p>" * 300 + "x" + "</p>" * 300).encode()
        )
    with pytest.raises(NotADocument, match="not USLM"):
        read_bytes("feed.xml", b"<?xml version='1.0'?><rss><channel/></rss>")


def test_form_feeds_are_pages_and_hard_wraps_are_joined():
    line = "The warden opens the gate at the turn of the tide and notes it all."
    paged = read_bytes("a.txt", f"first page\f{line}\n{line}\n".encode())
    assert paged.paged and [page.page for page in paged.pages] == [1, 2]
    wrapped = read_bytes("a.txt", ("\n".join([line] * 6) + "\n\nShort end.").encode())
    assert not wrapped.paged
    assert first_text(wrapped) == " ".join([line] * 6) + "\n\nShort end."


def test_text_in_another_encoding_is_read_with_a_warning():
    words = (
        "Der Wärter öffnet das Tor bei Flut und schreibt die Höhe in das Buch der Schleuse. " * 5
    )
    document = read_bytes("a.txt", words.encode("cp1252"))
    assert "Wärter öffnet" in first_text(document)
    assert any("not UTF-8" in line for line in document.coverage.warnings)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=200))
def test_clean_text_can_be_written_and_shown(text):
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert not any(ord(c) < 32 and c not in "\n\t" for c in cleaned) and "\x1b" not in cleaned
    assert clean_text(cleaned) == cleaned


def test_tag_characters_are_taken_out_and_counted():
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "obey")
    assert strip_invisible(f"The gate{hidden} is open.") == ("The gate is open.", 1)


@pytest.mark.parametrize(
    ("name", "data", "error", "words"),
    [
        ("a.txt", b"", EmptyError, "empty"),
        ("a.txt", b" \n\t ", EmptyError, "white space"),
        ("a.docx", b"PK\x03\x04 and more", Unreadable, "damaged"),
        ("a", b"PK\x03\x04 and more", Unreadable, "damaged"),
        ("a.docx", b"plain words", NotADocument, "Word document"),
        ("a.bin", b"\x00\x01\x02\x03" * 50, NotADocument, "binary"),
        ("a.epub", b"plain words", NotADocument, "EPUB"),
        ("a.eml", b"plain words", NotADocument, "header"),
        ("a.rtf", b"{\\rtf1 x}", NotADocument, "RTF"),
        ("a.pdf", b"plain words", NotADocument, "%PDF-"),
        ("a.pdf", b"%PDF-1.7 and nothing else", Unreadable, "damaged"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(name, data, error, words):
    with pytest.raises(error, match=words) as caught:
        read_bytes(name, data)
    assert caught.value.where == name and caught.value.hint


OLD = b"\xd0\xcf\x11\xe0" + b"\0" * 600


@pytest.mark.parametrize(
    ("data", "what", "way_out"),
    [
        (
            OLD + "WordDocument".encode("utf-16-le"),
            r"old Word document \(.doc\)",
            "save it as .docx or PDF",
        ),
        (OLD + "__properties_version1.0".encode("utf-16-le"), "Outlook message", ".eml"),
        (OLD + "Workbook".encode("utf-16-le"), "Excel", "PDF"),
        (OLD, "old Office file", ".docx"),
        (b"{\\rtf1\\ansi Words.}", "RTF", "save it as .docx or PDF"),
        (b"\xef\xbb\xbf {\\rtf1 Words.}", "RTF", "convert-to docx"),
    ],
)
def test_old_formats_are_refused_with_a_way_out(data, what, way_out):
    with pytest.raises(NotADocument, match=what) as caught:
        read_bytes("a.doc", data)
    assert way_out in caught.value.hint


def test_an_unknown_type_names_the_types_that_work():
    with pytest.raises(NotADocument, match="PDF, DOCX, EPUB, HTML, LaTeX, e-mail .*USLM XML"):
        read(ReadRequest("-", b"hello", media_type="odt"))
    assert read(ReadRequest("-", b"# Hello", media_type="md")).sections[0].title == "Hello"


def test_a_folder_gives_its_documents_sorted_and_names_the_rest(tmp_path):
    for name in [
        "b.txt",
        "a/z.md",
        "A.txt",
        ".hidden.txt",
        ".git/x.txt",
        "photo.png",
        "data.xml",
    ] + [
        "venv/pyvenv.cfg",
        "venv/lib/LICENSE.txt",
    ]:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("some words")
    skipped: list[str] = []
    found = [shown for shown, _ in find_documents(tmp_path, skipped)]
    assert found == [f"{tmp_path}/{name}" for name in ("A.txt", "a/z.md", "b.txt")]
    assert skipped == [
        f"{tmp_path}/{name}" for name in ("venv (installed packages)", "data.xml", "photo.png")
    ]


def test_only_the_folder_that_cannot_be_listed_is_skipped_and_named(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("Read me.")
    (tmp_path / "closed" / "deep").mkdir(parents=True)
    listed = os.scandir

    def scandir(folder: str) -> object:
        if os.path.basename(folder) == "closed":
            raise PermissionError(13, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    skipped: list[str] = []
    assert [name for name, _ in find_documents(tmp_path, skipped)] == [str(tmp_path / "a.txt")]
    assert skipped == [f"{tmp_path / 'closed'} (the folder cannot be listed: Permission denied)"]


def test_a_zip_with_a_pdf_near_its_start_is_no_pdf(tmp_path, make_pdf):
    packed = zip_of({"a.pdf": make_pdf([["One page."]])})
    (tmp_path / "inner.zip").write_bytes(packed)
    (tmp_path / "b.txt").write_text("Read me.")
    skipped: list[str] = []
    assert [name for name, _ in find_documents(tmp_path, skipped)] == [str(tmp_path / "b.txt")]
    assert skipped == [str(tmp_path / "inner.zip")]
    with pytest.raises(NotADocument, match="zip"):
        read_bytes("inner", packed)


def test_a_folder_without_documents_says_what_is_in_it(tmp_path):
    with pytest.raises(NoDocuments, match="empty"):
        find_documents(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    with pytest.raises(NoDocuments, match="photo.png"):
        find_documents(tmp_path)
    with pytest.raises(MissingError):
        find_documents(tmp_path / "none")


def test_a_zip_is_read_like_a_folder(tmp_path):
    archive = tmp_path / "all.zip"
    names = ["b.txt", "a/z.md", "../evil.txt", ".hidden.txt", "photo.png"]
    archive.write_bytes(zip_of(dict.fromkeys(names, "some words")))
    skipped: list[str] = []
    found = list(find_documents(archive, skipped))
    assert found == [(f"{archive}/a/z.md", b"some words"), (f"{archive}/b.txt", b"some words")]
    assert skipped == [
        f"{archive}/../evil.txt (its path leads out of the archive)",
        f"{archive}/photo.png",
    ]


ONE_OF_EACH = {
    "a.docx": None,
    "b.epub": None,
    "c.html": "<p>x</p>",
    "d.htm": "<p>x</p>",
    "e.xhtml": "<p>x</p>",
    "f.tex": "\\section{x}",
    "g.eml": "Subject: x\n\nx",
    "h.md": "x",
    "i.txt": "x",
    "j.xml": STATUTE,
    "k.xml": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>x</p></body></html>',
}


def office_file(inner: str, text: str) -> bytes:
    return zip_of({"[Content_Types].xml": "<Types/>", inner: text})


def one_of_each() -> dict[str, bytes]:
    word = office_file("word/document.xml", "<d><body><p><r><t>x</t></r></p></body></d>")
    book = office_file("META-INF/container.xml", "<c/>")
    packages = {"a.docx": word, "b.epub": book}
    return {name: packages.get(name, (text or "").encode()) for name, text in ONE_OF_EACH.items()}


def test_a_folder_and_a_zip_give_every_kind(tmp_path):
    folder = tmp_path / "all"
    archive = tmp_path / "all.zip"
    folder.mkdir()
    files = {**one_of_each(), "z.png": b"\x89PNG"}
    archive.write_bytes(zip_of(files))
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for root in (folder, archive):
        skipped: list[str] = []
        assert [shown for shown, _ in find_documents(root, skipped)] == [
            f"{root}/{name}" for name in ONE_OF_EACH
        ]
        assert skipped == [f"{root}/z.png"]


def test_a_document_that_is_called_zip_is_a_document(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(one_of_each()["a.docx"])
    assert list(find_documents(file)) == [(str(file), file)]
    assert read(ReadRequest(file)).pages[0].text == "x"


def test_other_files_that_are_a_zip_are_named():
    for inner, words in [("xl/a.xml", "Excel"), ("ppt/a.xml", "PowerPoint"), ("x", "unknown kind")]:
        with pytest.raises(NotADocument, match=words):
            read_bytes("a.docx", office_file(inner, ""))


def test_each_kind_says_its_type_and_takes_it_from_standard_input():
    for name, kind in [
        ("a.docx", "docx"),
        ("c.html", "html"),
        ("f.tex", "tex"),
        ("g.eml", "eml"),
        ("h.md", "md"),
    ]:
        data = one_of_each()[name]
        assert (
            read(ReadRequest("-", data, media_type=kind)).media_type
            == read_bytes(name, data).media_type
        )


def test_a_zip_bomb_and_an_encrypted_entry_are_refused(tmp_path):
    archive = tmp_path / "bomb.zip"
    archive.write_bytes(zip_of({"a.txt": b"\0" * 20_000_000}, compressed=True))
    with pytest.raises(TooLarge, match="200 times"):
        list(find_documents(archive))
    data = bytearray(zip_of({"a.txt": "secret"}))
    for at in (6, data.index(b"PK\x01\x02") + 8):
        data[at] |= 1
    archive.write_bytes(data)
    with pytest.raises(Encrypted, match="a.txt"):
        list(find_documents(archive))


def document_of(make_pdf: Callable[..., bytes]) -> Document:
    pages = [
        ["1 Scope", "", *["The pond is calm today."] * 3],
        [],
        ["2 Ends — “here”", "", "No more."],
    ]
    return read_bytes("x/a.pdf", make_pdf(pages, bookmarks=[("1 Scope", 0, 0), ("2 Ends", 2, 0)]))


def test_a_document_of_lines_is_equal_whole_and_page_by_page(make_pdf):
    document = document_of(make_pdf)
    assert document.sections and document.passages and document.coverage.warnings
    found = from_bytes(to_bytes(document), "elsewhere.pdf")
    assert found.pages[-1] == document.pages[-1] and found.pages[1:] == document.pages[1:]
    assert found == replace(document, path="elsewhere.pdf") and document.pages == found.pages
    assert (len(found.pages), found.content_hash) == (3, document.content_hash)
    assert from_bytes(to_bytes(found), document.path) == document
    with pytest.raises(IndexError):
        found.pages[3]


def test_pages_are_parsed_only_when_they_are_looked_at(make_pdf):
    head, *lines = to_bytes(document_of(make_pdf)).split(b"\n")
    found = from_bytes(b"\n".join([head, lines[0], b"[1]", b"{"]), "a.pdf")
    assert first_text(found)
    for broken in (1, 2):
        with pytest.raises(Unreadable):
            found.pages[broken]


def test_damaged_lines_are_refused(make_pdf):
    data = to_bytes(document_of(make_pdf))
    for broken in (
        data[: data.rindex(b"\n")],
        data.replace(b'"format":9', b'"format":8'),
        b"[]",
        b"{}",
        b"",
    ):
        with pytest.raises(Unreadable):
            from_bytes(broken, "a.pdf")


def test_every_passage_names_its_sections(make_pdf):
    document = document_of(make_pdf)
    assert {passage.section for passage in document.passages} == {("1 Scope",), ("2 Ends",)}
    assert all(
        document.passage_text(p).strip() == document.passage_text(p) != ""
        for p in document.passages
    )


def test_the_worker_gives_the_same_document(make_pdf, tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(make_pdf([["The gate — “east” — is open."], ["Next."]], password="heron"))
    assert read_in_worker(ReadRequest(file, password="heron")) == read(
        ReadRequest(file, password="heron")
    )
    piped = ReadRequest("-", b"# Hi", media_type="md")
    assert read_in_worker(piped) == read(piped)


def test_errors_of_the_worker_are_the_errors_of_read(tmp_path):
    with pytest.raises(MissingError) as caught:
        read_in_worker(ReadRequest(tmp_path / "none.pdf"))
    error = caught.value
    where = str(tmp_path / "none.pdf")
    assert (error.message, error.where, error.hint) == (
        "no such file or folder",
        where,
        "Check the path",
    )


def test_a_worker_that_hangs_is_ended_and_one_that_dies_is_named(tmp_path, monkeypatch):
    fifo = tmp_path / "pipe.txt"
    os.mkfifo(fifo)
    started = time.monotonic()
    with pytest.raises(Unreadable, match="longer than 1 seconds"):
        read_in_worker(ReadRequest(fifo, seconds=1))
    assert time.monotonic() - started < 10
    monkeypatch.setattr(worker_module.sys, "executable", "/bin/false")
    with pytest.raises(Unreadable, match="crashed twice"):
        read_in_worker(ReadRequest(tmp_path / "a.txt"))


def test_the_worker_may_not_use_more_memory_than_its_limit():
    code = (
        "from docqa.ingest.worker import limit_resources; limit_resources(); bytearray(3 * 2**30)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "MemoryError" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != WORKER_MEMORY_BYTES


def test_tables_of_contents_and_bibliographies_are_marked():
    lines = "\n".join(f"Chapter {n} of the book {'.' * 30} {n}" for n in range(1, 8))
    cited = "# References\n\nMarrand (2019). Ponds."
    document = read_bytes("a.md", f"# Contents\n\n```\n{lines}\n```\n\n{cited}".encode())
    assert read_bytes("a.txt", lines.encode()).passages[0].kind == "contents"
    assert {p.kind for p in document.passages} <= {"contents", "references"}
    prose = read_bytes("a.md", f"{cited}\n\n# Scope\n\n{'The pond is calm. ' * 30}".encode())
    assert [p.kind for p in prose.passages][-1] == "text"
