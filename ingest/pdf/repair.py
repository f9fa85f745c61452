"""PDFs that pypdf cannot open though their pages are whole: no table of objects, a password for attachments alone."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import Any

from docqa.ingest.pdf.errors import pdf_errors

_ENCRYPT = re.compile(rb"/Encrypt(?=\s*(?:\d|<<))")


def rebuilt(data: bytes, password: str | None) -> bytes | None:
    """`data` as pdfium writes it anew, with a table of the objects that it found; None where it finds no pages."""
    import pypdfium2

    with suppress(pypdfium2.PdfiumError, MemoryError, OSError):
        file = pypdfium2.PdfDocument(data, password=password)
        try:
            if len(file) == 0:
                return None
            copy = io.BytesIO()
            file.save(copy)
            return copy.getvalue()
        finally:
            file.close()
    return None


def without_idle_encryption(reader: Any, data: bytes) -> bytes | None:
    """`data` without its mention of encryption, where that is for attached files alone; None elsewhere.

    `reader` is pypdf's, which could not decrypt it. Nothing in the file moves.
    """
    with suppress(*pdf_errors()):
        rules = reader.trailer["/Encrypt"].get_object()
        idle = all(str(rules.get(key, "/Identity")) == "/Identity" for key in ("/StmF", "/StrF"))
        if int(rules.get("/V", 0)) >= 4 and idle:
            return _ENCRYPT.sub(b"/Ignored", data)
    return None
