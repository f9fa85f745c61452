"""What is attached to an e-mail, as documents of their own: files, messages, what is attached to those, zip entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from docqa.ingest.archive import ZIP, package_kind, zip_entries
from docqa.ingest.detect import looks_readable
from docqa.ingest.errors import IngestError
from docqa.ingest.limits import MAX_EMAIL_DEPTH
from docqa.ingest.web.email_parts import attachments, bytes_of, parse_email


def attached_documents(data: bytes, name: str, skipped: list[str], depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """(path to show, bytes) of the documents attached to the message `data` called `name`, and to those attached to
    it; a zip gives its entries. Names of files that are no documents are appended to `skipped`; nothing comes of what
    is no message. Raises the errors of archives."""
    try:
        message = parse_email(data)
    except IngestError:
        return  # the reader of the message itself says why
    for own, part in attachments(message):
        shown, content = f"{name}/{own}", bytes_of(part)
        suffix = PurePosixPath(own).suffix.lower()
        if suffix == ".eml" or part.get_content_type() == "message/rfc822":
            yield shown, content
            if depth < MAX_EMAIL_DEPTH:
                yield from attached_documents(content, shown, skipped, depth + 1)
            else:
                skipped.append(f"{shown} (what is attached to it: nested deeper than {MAX_EMAIL_DEPTH})")
        elif package_kind(content) == "archive" if content.startswith(ZIP) else False:
            yield from _zipped(content, shown, skipped)
        elif looks_readable(suffix, content[:4096]):
            yield shown, content
        else:
            skipped.append(shown)


def _zipped(content: bytes, shown: str, skipped: list[str]) -> Iterator[tuple[str, bytes]]:
    for entry, data in zip_entries(content, shown, skipped):
        if looks_readable(PurePosixPath(entry).suffix.lower(), data[:4096]):
            yield f"{shown}/{entry}", data
        else:
            skipped.append(f"{shown}/{entry}")
