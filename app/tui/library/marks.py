"""What is wrong with a file, as far as its bytes tell without parsing it; a library marks it before it is opened."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from docqa.ingest.formats import format_of_suffix

DAMAGED, EMPTY, SCAN, FAILED = "damaged", "empty", "scan, no text", "cannot be opened"
_MOST_BYTES = 64 << 20
_HEAD_BYTES = 1_024
_EXPORT = re.compile(r"\.(?:docqa|chat)(?:-\d+)?\.(?:md|html?)", re.IGNORECASE)


def is_export(name: str) -> bool:
    """Whether `name` is one that docqa gives to questions and answers that it exports."""
    suffixes = "".join(Path(name).suffixes[-2:])
    return _EXPORT.fullmatch(suffixes) is not None


def mark_of(file: Path) -> str:
    """What is wrong with `file`; empty where nothing is seen. A very large file is not looked at."""
    try:
        size = file.stat().st_size
        if size == 0:
            return EMPTY
        known = format_of_suffix(file.suffix.lower())
        if size > _MOST_BYTES or known is None or not (known.is_package or known.name == "pdf"):
            return ""
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if known.is_package:
                return "" if data[:2] == b"PK" else DAMAGED
            return _pdf_mark(data)
    except (OSError, ValueError):
        return ""


def _pdf_mark(data: mmap.mmap) -> str:
    if data.find(b"%PDF-", 0, _HEAD_BYTES) < 0 or data.find(b"obj") < 0:
        return DAMAGED
    # Fonts may be named in a packed object stream; without one they are in plain sight.
    plain = data.find(b"/ObjStm") < 0
    return SCAN if plain and data.find(b"/Font") < 0 and data.find(b"/Image") >= 0 else ""
