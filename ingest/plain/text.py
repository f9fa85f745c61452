"""Plain text to Document: form feeds are pages, hard-wrapped lines are joined."""

from __future__ import annotations

from docqa.ingest.assemble import assemble, grade
from docqa.ingest.encoding import decode
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import Hyphens, clean, squeeze, strip_invisible, unwrap
from docqa.ingest.types import Block, Document, Page

_MAX_HEADING_CHARS = 120


def read_text(request: ReadRequest) -> Document:
    """The Document of plain text; paged when it has form feeds. Raises NotADocument and NoText."""
    decoded, warnings = decode(request.content)
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
        request, media_type="text/plain", paged=paged, pages=pages, sections=sections, hidden=hidden,
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
            found.append(outline.Candidate(page, outline.Heading(start + indent, squeeze(line), 1.0, False, True)))
        start += len(line) + 1
    return found
