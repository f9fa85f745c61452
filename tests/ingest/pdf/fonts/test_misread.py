"""Letters that the fonts of a file say and that pdfium alone gets wrong."""

import io
import re
from collections.abc import Callable, Sequence

import pytest

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

PdfOf = Callable[[Sequence[bytes]], bytes]
RANGES = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfrange <0001> <0001> <0020> %b endbfrange"
CROSSING = RANGES % b"<01D3><0206><0410>"  # a first byte of 01, then of 02
LONG = RANGES.replace(b"2 begin", b"3 begin") % b"<01D3> <01FF> <0410> <E0A080> <E0A0BF> <0800>"
LISTED = b"1 beginbfchar <0001> <0020> endbfchar 1 beginbfrange <01FF> <0202> [<043C> <0430> <0440> <0442>] endbfrange"


def stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def page_with(font: bytes, words: bytes) -> list[bytes]:
    """The objects of a file with a page that shows `words` in `font`, object 5."""
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        stream(b"BT /F 12 Tf 72 700 Td %s Tj ET" % words),
        font,
    ]


def composite(table: bytes, codes: Sequence[int]) -> list[bytes]:
    return [
        *page_with(
            b"<< /Type /Font /Subtype /Type0 /BaseFont /Some /Encoding /Identity-H /DescendantFonts [6 0 R] "
            b"/ToUnicode 7 0 R >>",
            b"<%s>" % b"".join(b"%04X" % code for code in codes),
        ),
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Some /DW 600 /FontDescriptor 8 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        stream(table),
        b"<< /Type /FontDescriptor /FontName /Some /Flags 4 /FontBBox [0 -200 1000 800] /Ascent 800 /Descent -200 "
        b"/CapHeight 700 /ItalicAngle 0 /StemV 80 >>",
    ]


def codes_of(text: str) -> list[int]:
    return [1 if letter == " " else ord(letter) - 0x410 + 0x1D3 for letter in text]


def text_of(data: bytes) -> str:
    return read(ReadRequest("a.pdf", data)).pages[0].text


@pytest.mark.parametrize(
    ("table", "codes", "text"),
    [
        (CROSSING, codes_of("Масса нетто"), "Масса нетто"),
        (LONG, codes_of("ВЕС ДО"), "ВЕС ДО"),
        (LISTED, [0x1FF, 0x200, 0x201, 0x202], "март"),
    ],
)
def test_letters_in_ranges_that_pdfium_leaves_out_are_read(table, codes, text, pdf_of):
    assert text_of(pdf_of(composite(table, codes))) == text


def test_they_are_read_where_the_table_of_objects_is_a_stream(pdf_of):
    data = pdf_of(composite(CROSSING, codes_of("Масса")))
    at = data.rindex(b"xref\n0 ")
    places = [match.start() for match in re.finditer(rb"(?m)^\d+ 0 obj", data)] + [at]
    entries = b"\x00" * 6 + b"".join(b"\x01" + place.to_bytes(4, "big") + b"\x00" for place in places)
    table = b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 1] /Root 1 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\n"
    number = len(places)
    data = data[:at] + table % (number, number + 1, len(entries), entries) + b"startxref\n%d\n%%%%EOF" % at
    assert text_of(data) == "Масса"


def test_they_are_read_in_a_file_that_is_encrypted(pdf_of):
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_of(composite(CROSSING, codes_of("Масса"))))))
    writer.encrypt("", owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert text_of(out.getvalue()) == "Масса"


def test_glyphs_that_are_drawn_are_read_by_their_names(pdf_of):
    names = b"/T /o /l /space /i /s /nine /period /f_i /uni00E9 /x"
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 700] /FontMatrix [.001 0 0 .001 0 0] /FirstChar 65 "
        b"/LastChar 75 /Widths [%s] /CharProcs << %s >> /Encoding << /Type /Encoding /Differences [65 %s] >> >>"
    ) % (b"500 " * 11, b" ".join(name + b" 6 0 R" for name in names.split()), names)
    objects = [*page_with(font, b"(ABCCDEFDGDIJ)"), stream(b"500 0 0 0 400 700 d1 0 0 400 700 re f")]
    assert text_of(pdf_of(objects)) == "Toll is 9 fié"
