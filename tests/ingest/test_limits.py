"""Hostile PDF files: each ends within ten seconds and 1 GiB, with a message, and one bad page costs
that page only.
"""

import base64
import io
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from pathlib import Path

import psutil
import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from docqa.ingest import worker as worker_module
from docqa.ingest.errors import TooLarge, Unreadable
from docqa.ingest.pdf.reader import open_pdf
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker
from tests.ingest.drawing import Sheet, bytes_of, one_page
from tests.ingest.reading import read_pdf

SECONDS = 10
MEBIBYTES = 1024
MEASURE = """
import resource, sys, time
from docqa.ingest.errors import IngestError
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker
started = time.monotonic()
try:
    document = read_in_worker(ReadRequest(sys.argv[1]))
    print("|".join(document.coverage.warnings))
except IngestError as error:
    print(error.message)
print(time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


@cache
def deflated(size: int, piece: bytes = b"0 ") -> bytes:
    packer = zlib.compressobj(9)
    block = piece * (2**20 // len(piece))
    return b"".join(packer.compress(block) for _ in range(size // 2**20)) + packer.flush()


def stream(data: bytes, **entries: object) -> StreamObject:
    """A stream whose bytes are already packed by Flate."""
    item = StreamObject()
    item._data = data
    item[NameObject("/Filter")] = NameObject("/FlateDecode")
    for name, value in entries.items():
        item[NameObject(f"/{name}")] = value  # type: ignore[assignment]
    return item


class Maker:
    """A PDF of two pages, the second of which says "Page two."; tests put their poison into the
    first.
    """

    def __init__(self) -> None:
        canvas = Sheet()
        for text in ("Page one.", "Page two."):
            canvas.drawString(72, 700, text)
            canvas.showPage()
        self.writer = PdfWriter(clone_from=io.BytesIO(canvas.data()))
        self.page = self.writer.pages[0]

    def content(self, packed: bytes) -> None:
        self.page[NameObject("/Contents")] = self.writer._add_object(stream(packed))

    def resource(self, kind: str, name: str, item: object) -> None:
        resources = DictionaryObject(self.page["/Resources"].get_object())  # type: ignore[arg-type]
        held = DictionaryObject(resources.get(kind, DictionaryObject()).get_object())
        held[NameObject(name)] = self.writer._add_object(item)  # type: ignore[arg-type]
        resources[NameObject(kind)] = held
        self.page[NameObject("/Resources")] = resources

    def data(self) -> bytes:
        return bytes_of(self.writer)


def content_bomb() -> bytes:
    maker = Maker()
    maker.content(deflated(2**29))
    return maker.data()


def operator_bomb() -> bytes:
    maker = Maker()
    maker.content(deflated(40 * 2**20, b"BT /F1 9 Tf (a) Tj ET\n"))
    return maker.data()


def font_table_bomb() -> bytes:
    maker = Maker()
    font = DictionaryObject(maker.page["/Resources"]["/Font"]["/F1"].get_object())  # type: ignore[index]
    font[NameObject("/ToUnicode")] = maker.writer._add_object(stream(deflated(2**29)))
    maker.resource("/Font", "/F1", font)
    return maker.data()


def form_bomb() -> bytes:
    """Forms that draw each other ten times, eight deep: a hundred million words."""
    maker = Maker()
    inner: object = None
    for depth in range(8):
        form = stream(zlib.compress(b"BT /F1 9 Tf (word) Tj ET " if depth == 0 else b"/X Do " * 10))
        form[NameObject("/Type")] = NameObject("/XObject")
        form[NameObject("/Subtype")] = NameObject("/Form")
        form[NameObject("/BBox")] = ArrayObject(map(NumberObject, (0, 0, 612, 792)))
        resources = DictionaryObject(maker.page["/Resources"].get_object())  # type: ignore[arg-type]
        if inner is not None:
            resources[NameObject("/XObject")] = DictionaryObject({NameObject("/X"): inner})
        form[NameObject("/Resources")] = resources
        inner = maker.writer._add_object(form)
    maker.content(zlib.compress(b"/X Do"))
    maker.page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/X"): inner})}
    )
    return maker.data()


def giant_image() -> bytes:
    """An image of 10 gigapixels, and white words, for which the page would have to be rendered."""
    maker = Maker()
    picture = stream(
        deflated(64 * 2**20, b"\0\0"),
        Type=NameObject("/XObject"),
        Subtype=NameObject("/Image"),
        Width=NumberObject(100_000),
        Height=NumberObject(100_000),
        BitsPerComponent=NumberObject(8),
        ColorSpace=NameObject("/DeviceRGB"),
    )
    maker.resource("/XObject", "/Im", picture)
    maker.content(
        zlib.compress(
            b"q 500 0 0 500 0 0 cm /Im Do Q BT /F1 12 Tf 1 g 72 720 Td (White words) Tj ET"
        )
    )
    return maker.data()


def small(objects: dict[int, bytes], root: int = 1) -> bytes:
    """A PDF of these objects, written by hand."""
    out = b"%PDF-1.7\n"
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(
        b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n"
        for n in range(9)
    )
    tail = b"xref\n0 9\n%strailer\n<</Size 9/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + tail % (table, root, len(out))


def recursive_page_tree() -> bytes:
    return small(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 100/Kids[3 0 R]>>",
            3: b"<</Type/Pages/Count 100/Kids[2 0 R 3 0 R]/Parent 2 0 R>>",
        }
    )


def in_a_stream(packed: bytes, count: int, first: int) -> bytes:
    """A PDF of `count` objects, from the catalogue on, which lie in one stream from byte `first`
    on.
    """
    head = b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n"
    out = b"%PDF-1.7\n" + head % (count + 1, count, first, len(packed), packed)
    rows = [(0, 0), *[(2, count + 1)] * count, (1, 9), (1, len(out))]
    table = b"".join(bytes([kind]) + place.to_bytes(4, "big") + b"\0" for kind, place in rows)
    xref = b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%s\nendstream\nendobj\n"
    return (
        out
        + xref % (count + 2, count + 3, len(table), table)
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )


def test_of_a_stream_of_many_objects_few_are_kept():
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Kids[3 0 R]/Count 1>>",
        b"<</Type/Page>>",
        *[b"[1]"] * 6_000,
    ]
    head = (
        b" ".join(
            b"%d %d" % pair for pair in enumerate(accumulate(map(len, bodies[:-1]), initial=0), 1)
        )
        + b" "
    )
    reader, _ = open_pdf(
        in_a_stream(zlib.compress(head + b"".join(bodies)), len(bodies), len(head)), None
    )
    assert (len(reader.pages), len(reader.resolved_objects) < 600) == (1, True)


BOMBS = [
    (content_bomb, "page 1: over a limit"),
    (operator_bomb, "page 1: .* drawing operators, the limit is"),
    (font_table_bomb, "page 1: .* bytes of content or fonts, which is the limit"),
    (form_bomb, "page 1: .* bytes of content or fonts, which is the limit"),
    (giant_image, "hidden text on page 1"),
    (recursive_page_tree, "its page tree cannot be read"),
    (lambda: in_a_stream(deflated(2**29, b"0 "), 1, 4), "page tree cannot be read"),
]


@pytest.mark.parametrize(("make", "message"), BOMBS, ids=[make.__name__ for make, _ in BOMBS])
def test_a_bomb_ends_soon_and_small_with_a_message(make, message, tmp_path):
    file = tmp_path / "bomb.pdf"
    file.write_bytes(make())
    command = [sys.executable, "-c", MEASURE, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said, figures = done.stdout.splitlines()
    seconds, mebibytes = map(float, figures.split())
    assert re.search(message, said), said
    assert seconds < SECONDS and mebibytes < MEBIBYTES, figures


def test_a_page_that_takes_too_long_costs_that_page_only(tmp_path):
    maker = Maker()
    maker.content(deflated(20 * 2**20, b"BT /F1 9 Tf (a) Tj ET\n"))
    file = tmp_path / "slow.pdf"
    file.write_bytes(maker.data())
    document = read_in_worker(ReadRequest(file, page_seconds=0.4))
    assert [(page.text, page.grade) for page in document.pages] == [("", "F"), ("Page two.", "A")]
    assert "page 1: took longer than 0.4 seconds, not read" in document.coverage.warnings


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the child die on the pages for which a condition on `index` holds."""

    def install(condition: str) -> None:
        program = tmp_path / "python"
        code = (
            "import os, sys; "
            "from docqa.ingest import worker; from docqa.ingest.pdf import pages; "
            "plain = pages._pdfium_page; "
            f"pages._pdfium_page = lambda f, index, *a: os.abort() if {condition} else plain(f, index, *a); "
            "sys.exit(worker.main())"
        )
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}"\n')
        program.chmod(0o755)
        monkeypatch.setattr(worker_module.sys, "executable", str(program))

    return install


def test_a_page_that_crashes_its_reader_costs_that_page_only(tmp_path, crashing, make_pdf):
    file = tmp_path / "a.pdf"
    file.write_bytes(make_pdf([[f"This is leaf {n}."] for n in range(4)]))
    crashing("index in (1, 2)")
    document = read_in_worker(ReadRequest(file))
    assert [page.text for page in document.pages] == ["This is leaf 0.", "", "", "This is leaf 3."]
    assert [page.grade for page in document.pages] == ["A", "F", "F", "A"]
    assert [line.partition(" crashed")[0] for line in document.coverage.warnings[:2]] == [
        "page 2:",
        "page 3:",
    ]


def test_nine_pages_that_crash_make_the_file_unreadable(tmp_path, crashing, make_pdf):
    file = tmp_path / "a.pdf"
    file.write_bytes(make_pdf([[f"This is leaf {n}."] for n in range(12)]))
    crashing("True")
    with pytest.raises(Unreadable, match="9 of its pages cannot be read"):
        read_in_worker(ReadRequest(file))


def test_letters_wider_than_any_page_take_no_time():
    maker = Maker()
    lines = b"".join(
        b"BT /F1 9 Tf 1 0 0 1 72 %d Tm (A line of words) Tj ET\n" % (700 - 20 * row)
        for row in range(9)
    )
    maker.content(zlib.compress(lines + b"BT /F1 9 Tf 2000000 0 0 1 72 400 Tm (wide) Tj ET"))
    started = time.monotonic()
    document = read_pdf(maker.data())
    assert document.pages[0].text.count("A line of words") == 9
    assert time.monotonic() - started < 5


def test_a_damaged_page_costs_that_page_only():
    maker = Maker()
    broken = stream(b"0 g")
    broken[NameObject("/Filter")] = NameObject("/Nonsense")
    maker.page[NameObject("/Contents")] = maker.writer._add_object(broken)
    document = read_pdf(maker.data())
    assert document.pages[1].text == "Page two." and document.pages[0].grade == "F"
    assert document.coverage.warnings[0].startswith("page 1: damaged, not read")


def test_a_document_that_runs_out_of_processor_time_names_the_limit(monkeypatch):
    start = worker_module.subprocess.Popen

    def killed(_: object, **options: object) -> object:
        return start(
            [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"],
            **options,
        )

    monkeypatch.setattr(worker_module.subprocess, "Popen", killed)
    with pytest.raises(Unreadable, match="its limit, 65 seconds for its size"):
        read_in_worker(ReadRequest("a.txt", b"x" * 2 * 2**20))


@pytest.mark.parametrize("name", ["/A85", "/AHx", "/Fl"])
def test_filters_with_the_short_names_of_inline_images_are_read(name):
    words = b"BT /F 12 Tf 72 700 Td (The gate is opened at six.) Tj ET"
    packed = {
        "/A85": base64.a85encode(words) + b"~>",
        "/AHx": words.hex().encode() + b">",
        "/Fl": zlib.compress(words),
    }
    drawn = b"<</Filter[%b]/Length %d>>stream\n%b\nendstream" % (
        name.encode(),
        len(packed[name]),
        packed[name],
    )
    made = one_page(b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", drawn)
    document = read_in_worker(ReadRequest("a.pdf", made.replace(b"/Contents 4", b"/Contents 6")))
    assert document.pages[0].text == "The gate is opened at six."


def test_processor_time_grows_with_the_size_of_a_document():
    assert worker_module.budget_seconds(50_000) < 60
    assert worker_module.budget_seconds(64 * 2**20) == 685


@pytest.mark.parametrize("name", ["long.txt", "long.md"])
def test_text_over_the_limit_of_characters_is_refused_before_it_is_parsed(name):
    request = ReadRequest(name, data=b"- word\n" * 10_000_000)

    started = time.process_time()
    with pytest.raises(TooLarge, match="70,000,000 characters of text, the limit is 64,000,000"):
        read(request)
    assert time.process_time() - started < SECONDS


def test_a_reader_ends_with_the_process_that_started_it():
    code = (
        "from docqa.ingest.request import ReadRequest\n"
        "from docqa.ingest.worker import read_in_worker\n"
        "read_in_worker(ReadRequest('long.txt', data=b'word\\n' * 4_000_000))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        readers = []
        while sum(reader.cpu_times().user for reader in readers) < 2:  # seconds: it parses
            time.sleep(0.05)
            readers = psutil.Process(parent.pid).children()
    finally:
        parent.kill()
        parent.wait()

    _, alive = psutil.wait_procs(readers, timeout=20)
    assert not alive
