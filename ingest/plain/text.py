"""Plain text to Document: form feeds are pages, hard-wrapped lines are joined."""

from __future__ import annotations

from docqa.ingest.assemble import assemble, grade
from docqa.ingest.detect import WORKS
from docqa.ingest.errors import NotADocument
from docqa.ingest.pdf.layout.paragraphs import Heading
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import Hyphens, clean, squeeze, strip_invisible, unwrap
from docqa.ingest.types import Block, Document, Page

_MAX_HEADING_CHARS = 120
_WESTERN_MARKS = "‘’“”‚„–—…•«»°§¶©®™€£¥±×÷²³µ·¡¿ª\u00ba\u00a0\u00ad†‡‰"
_BOMS = (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")


def decode(data: bytes, path: str) -> tuple[str, tuple[str, ...]]:
    """The characters of `data` with warnings: UTF-8 or what its byte order mark says, else the best guess.

    Raises NotADocument for bytes that are no text in any encoding.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ()
    if b"\0" in data[:65536]:
        raise NotADocument("the file is binary, not text", path, WORKS)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    if _is_western(data):
        return data.decode("cp1252"), ("not UTF-8: read as cp1252",)
    from charset_normalizer import from_bytes

    best = from_bytes(data[: 2**20]).best()
    if best is None:
        raise NotADocument("the encoding of the text is unknown", path, "Save it as UTF-8 and try again")
    return data.decode(best.encoding, "replace"), (f"not UTF-8: read as {best.encoding}",)


def _is_western(data: bytes) -> bool:
    """Whether few bytes are beyond ASCII and all of those are letters and marks of Windows-1252: what old European
    and American files are. A statistical guess does worse on them."""
    try:
        beyond = [char for char in data[: 2**20].decode("cp1252") if ord(char) > 127]
    except UnicodeDecodeError:
        return False
    ordinary = sum(char.isalpha() or char in _WESTERN_MARKS for char in beyond)
    return len(beyond) < 0.15 * len(data[: 2**20]) and ordinary >= 0.95 * len(beyond)


def read_text(data: bytes, path: str, *, stem: str) -> Document:
    """The Document of plain text; paged when it has form feeds. Raises NotADocument and NoText."""
    decoded, warnings = decode(data, path)
    text, hidden = strip_invisible(_keep_form_feeds(decoded))
    raw_pages = text.split("\f")
    while len(raw_pages) > 1 and not raw_pages[-1].strip():
        raw_pages.pop()
    paged = len(raw_pages) > 1
    hyphens = Hyphens(text.splitlines())
    pages: list[Page] = []
    candidates: list[outline.Candidate] = []
    for index, raw in enumerate(raw_pages):
        lines = unwrap([line.rstrip() for line in raw.split("\n")], hyphens)
        body = "\n".join(lines).strip("\n")
        label = str(index + 1) if paged else None
        pages.append(Page(index, label, body, grade(body), _blocks(body)))
        candidates.extend(_candidates(body, index + 1))
    marks = outline.with_opinions(outline.from_numbering(candidates, 1.0), pages)
    sections = outline.build(marks, [page.label for page in pages] if paged else None)
    return assemble(
        data, path, title=stem, media_type="text/plain", paged=paged, pages=pages, sections=sections, hidden=hidden,
        warnings=warnings,
    )  # fmt: skip


def _keep_form_feeds(text: str) -> str:
    return "\f".join(clean(page) for page in text.replace("\r\n", "\n").replace("\r", "\n").split("\f"))


def _blocks(text: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    start = 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(start, start + len(line), "para"))
        start += len(line) + 1
    return tuple(blocks)


def _candidates(text: str, page: int) -> list[outline.Candidate]:
    """Lines with nothing above and nothing below them."""
    found: list[outline.Candidate] = []
    lines = text.split("\n")
    start = 0
    for number, line in enumerate(lines):
        above = number == 0 or not lines[number - 1].strip()
        below = number + 1 == len(lines) or not lines[number + 1].strip()
        if line.strip() and above and below and len(line) <= _MAX_HEADING_CHARS:
            indent = len(line) - len(line.lstrip())
            found.append(outline.Candidate(page, Heading(start + indent, squeeze(line), 1.0, False, True)))
        start += len(line) + 1
    return found
