"""Plain text to Document: form feeds are pages, hard-wrapped lines are joined."""

from collections.abc import Iterator, Sequence

from docqa.ingest.assemble import assemble_document, grade_page_text
from docqa.ingest.encoding import decode
from docqa.ingest.errors import refuse_over_limit
from docqa.ingest.limits import MAX_TEXT_CHARS
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import (
    Dehyphenator,
    clean_text,
    join_hard_wrapped_lines,
    paragraph_block_per_line,
    squeeze_spaces,
    strip_invisible,
)
from docqa.ingest.types import Block, Document, Page

_MAX_HEADING_CHARS = 120


def read_text(request: ReadRequest) -> Document:
    """The Document of plain text. Raises NotADocument, NoText and TooLarge."""
    decoded, warnings = decode(request.content)
    refuse_over_limit(MAX_TEXT_CHARS, len(decoded), "characters of text")  # not after minutes
    pages_of_print = decoded.replace("\r\n", "\n").replace("\r", "\n").split("\f")
    text, hidden = strip_invisible("\f".join(map(clean_text, pages_of_print)))  # form feeds stay
    raw_pages = text.split("\f")
    while len(raw_pages) > 1 and not raw_pages[-1].strip():
        raw_pages.pop()
    paged = len(raw_pages) > 1
    hyphens = Dehyphenator(text.splitlines())
    pages: list[Page] = []
    candidates: list[outline.HeadingLine] = []
    for index, raw in enumerate(raw_pages):
        lines = join_hard_wrapped_lines([line.rstrip() for line in raw.split("\n")], hyphens)
        body = "\n".join(lines).strip("\n")
        label = str(index + 1) if paged else None
        blocks = paragraph_block_per_line(body)
        pages.append(Page(index, label, body, grade_page_text(body), blocks))
        candidates.extend(_isolated_heading_lines(body, blocks, index + 1))
    marks = outline.add_opinion_headings(outline.headings_by_numbering(candidates, 1.0), pages)
    sections = outline.build_sections(marks, [page.label for page in pages] if paged else None)
    return assemble_document(
        request,
        media_type="text/plain",
        paged=paged,
        pages=pages,
        sections=sections,
        hidden=hidden,
        warnings=warnings,
    )


def _isolated_heading_lines(
    text: str, blocks: Sequence[Block], page: int
) -> Iterator[outline.HeadingLine]:
    """Lines with nothing above and below."""
    for block in blocks:
        above = text[max(block.start - 2, 0) : block.start]
        below = text[block.end : block.end + 2]
        line = block.of(text)
        if {above, below} <= {"", "\n\n"} and len(line) <= _MAX_HEADING_CHARS:
            start = block.start + len(line) - len(line.lstrip())
            yield outline.HeadingLine(start, squeeze_spaces(line), 1.0, False, True, page=page)
