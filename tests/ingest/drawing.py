"""PDFs that the tests draw."""

import io
from typing import Any

from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas


class Sheet(Canvas):
    """A canvas of 612 by 792 points."""

    def __init__(self, **options: Any) -> None:
        self.file = io.BytesIO()
        super().__init__(self.file, pagesize=(612, 792), **options)

    def data(self) -> bytes:
        """The finished PDF."""
        self.save()
        return self.file.getvalue()


def bytes_of(writer: PdfWriter) -> bytes:
    """The bytes of what `writer` holds."""
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def one_page(words: bytes, *others: bytes, fonts: bytes = b"/F 5 0 R") -> bytes:
    """A PDF of one page, drawn by the operators `words`; `others`: its objects from number 5 on."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << %s >> >> >>"
        % fonts,
        stream(words),
        *others,
    ]
    out = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
    size = len(objects) + 1
    return out + trailer % (size, table, size, len(out))


def stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)
