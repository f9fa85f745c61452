"""Readable PDFs that pypdf alone refuses."""

import re

import pytest

from docqa.ingest.errors import Encrypted
from docqa.ingest.pdf.inspection import inspect_page
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

LINES = ["The warden opens the gate at dawn.", "The toll is nine marks."]
ENCRYPTION = (
    b"/Encrypt << /Filter /Standard /V %d /R 4 /Length 128 /P -4 /O <%s> /U <%s> /EFF /StdCF /StmF /%s /StrF /%s "
    b"/CF << /StdCF << /CFM /AESV2 /Length 16 /AuthEvent /EFOpen >> >> >> /ID [<00> <00>] /Root"
)


def encrypted(data: bytes, streams: bytes) -> bytes:
    """`data` with a password for its attachments, and for its `streams` (a crypt filter)."""
    rules = ENCRYPTION % (4, b"ab" * 32, b"cd" * 32, streams, streams)
    return rules.join(data.rsplit(b"/Root", 1))


@pytest.mark.parametrize("end", [b"", b"startxref\n99999\n%%EOF\n", b"%%EOF\n"])
def test_a_file_without_the_place_of_its_table_is_read(make_pdf, end):
    data = re.sub(rb"startxref\s+\d+\s+%%EOF\s*$", end, make_pdf([LINES, ["It is paid in coin."]]))
    document = read(ReadRequest("a.pdf", data))
    texts = [" ".join(page.text.split()) for page in document.pages]
    assert texts == [" ".join(LINES), "It is paid in coin."]
    assert inspect_page(ReadRequest("a.pdf", data), document.pages[0]).width_pt == 612


def test_a_password_for_attached_files_alone_is_not_needed(make_pdf):
    data = make_pdf([LINES])
    document = read(ReadRequest("a.pdf", encrypted(data, b"Identity")))
    assert document.pages[0].text.split() == " ".join(LINES).split()
    assert document.id != read(ReadRequest("a.pdf", data)).id


def test_a_password_for_the_pages_is_needed(make_pdf):
    with pytest.raises(Encrypted):
        read(ReadRequest("a.pdf", encrypted(make_pdf([LINES]), b"StdCF")))
