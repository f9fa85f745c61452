"""Letters beyond U+FFFF, of which pdfium makes two characters each."""

from __future__ import annotations

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <FF> endcodespacerange
1 beginbfrange <20> <7E> <0020> endbfrange
2 beginbfchar <01> <D835DC54> <02> <D835DC5F> endbfchar
endcmap end end"""


def test_mathematical_letters_are_letters_not_replacement_marks() -> None:
    words = b"BT /F 12 Tf 72 700 Td (the \x01\x02-band magnitude of the \x01 star) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 0 /LastChar 127 /Widths [%s] "
        b"/ToUnicode 6 0 R >>" % b" ".join([b"500"] * 128),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(UNICODE), UNICODE),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"xref\n0 7\n0000000000 65535 f \n%strailer << /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
    page = read(ReadRequest("a.pdf", out + trailer % (table, len(out)))).pages[0]
    assert page.text == "the \U0001d454\U0001d45f-band magnitude of the \U0001d454 star"
