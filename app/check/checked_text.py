"""The text that `docqa verify` checks: plain text and Markdown as written, other formats through
their readers.
"""

import os
import sys
from pathlib import Path, PurePath

from docqa.app.errors import InputError
from docqa.app.storage.sources import STDIN, read_one
from docqa.ingest.archive import load_file, load_stream
from docqa.ingest.encoding import decode
from docqa.ingest.errors import IngestError, MissingError, name_file_in_errors
from docqa.ingest.formats import format_of_suffix
from docqa.ingest.request import ReadRequest

_DOCUMENT_STARTS = (b"%PDF-", b"PK\x03\x04")


def read_checked_text(path: str, request: ReadRequest) -> tuple[str, list[str]]:
    """(text, warnings); Markdown is not rendered: its source has the marks of quotation. Raises
    InputError for a file that is missing, empty or no text, and docqa.ingest.errors."""
    data = _read_file_bytes(path)
    if not data.strip():
        raise InputError("the text to check is empty", where=path, hint="name the file that quotes")
    known = format_of_suffix(PurePath(path).suffix.lower())
    if known and not known.is_plain or data.startswith(_DOCUMENT_STARTS):
        if path == STDIN or not os.path.isfile(path):  # it cannot be read again
            raise InputError(
                "standard input is not text", where=path, hint="save it and name the file"
            )
        document, _, sources = read_one(path, request, None)
        text = "\n\n".join(page.text.replace("\n", "\n\n") for page in document.pages)
        return text, [*sources.warnings, *document.coverage.warnings]
    with name_file_in_errors(path):
        decoded, warnings = decode(data)
    return decoded.replace("\r\n", "\n").replace("\r", "\n"), [
        f"{path}: {warning}" for warning in warnings
    ]


def _read_file_bytes(path: str) -> bytes:
    if path == STDIN:
        return load_stream(sys.stdin.buffer)
    try:
        return load_file(Path(path))
    except MissingError as error:
        raise InputError(
            "the text to check does not exist", where=path, hint="check the path"
        ) from error
    except IngestError as error:
        raise InputError(
            f"the text to check cannot be read: {error.message}", where=path, hint=error.hint
        ) from error
