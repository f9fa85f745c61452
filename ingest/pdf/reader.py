"""PDF to Document. pypdf opens the file, checks its sizes and reads its structure; pdfium gives words with boxes.

Where pypdfium2 is absent, or crashed before, pypdf alone gives the text, in drawing order.
"""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from typing import Any

from docqa.ingest.assemble import assemble, grade, page_list
from docqa.ingest.errors import Encrypted, NoText, Unreadable, refuse_over
from docqa.ingest.limits import MAX_PAGES
from docqa.ingest.pdf import bookmarks, ocr, structure
from docqa.ingest.pdf.annotations import count_hidden, read_annotations, told, with_annotations
from docqa.ingest.pdf.errors import DAMAGED, pdf_errors, reason
from docqa.ingest.pdf.labels import checked_labels
from docqa.ingest.pdf.layout.lines import Line
from docqa.ingest.pdf.layout.paragraphs import PageText, join_lines, typical_body_size
from docqa.ingest.pdf.layout.running_heads import find_running_heads, stays_in_text
from docqa.ingest.pdf.layout.tables.text import mark_continued
from docqa.ingest.pdf.pages import RawPage, extract
from docqa.ingest.pdf.raw_page import Hidden
from docqa.ingest.pdf.repair import rebuilt, without_idle_encryption
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import Hyphens, clean, line_blocks, squeeze, strip_invisible, unwrap
from docqa.ingest.types import Block, Document, Page, Section

ALL_HIDDEN = "all of its text is hidden from a reader of the page"
_ASK_PASSWORD = "Give its password in a file: --password-file FILE"


def read_pdf(request: ReadRequest, events: PageEvents, processes: int = 1) -> Document:
    """The Document of a PDF. So many `processes` read pages of a long file at once, see `extract`.

    The pictures of scanned pages are recognised where docqa-reader[ocr] is installed. Raises Encrypted, Unreadable,
    TooLarge, NoText.
    """
    given = request
    reader, request = open_request(request)
    count = count_pages(reader)
    events.on_pages(count)
    raw = extract(reader, request, events, processes)
    problems = [f"page {number}: {page.problem}" for number, page in enumerate(raw, 1) if page.problem]
    if len(problems) == count:
        raise Unreadable(f"no page could be read; {problems[0]}", hint=DAMAGED)
    body = typical_body_size([page.lines for page in raw])
    furniture = find_running_heads([page.lines for page in raw], [page.height for page in raw])
    labels, differing = checked_labels(structure.labels(reader, count), _heads(raw, furniture))
    pages, candidates = _pages(raw, furniture, labels, request.include_hidden)
    onto = read_annotations(reader, request)
    pages = with_annotations(pages, onto, include_hidden=request.include_hidden)
    hidden = sum(len(page.hidden) for page in raw) + count_hidden(onto)
    if not any(page.text.strip() for page in pages):
        raise _no_text(count, hidden)
    sections = _sections(reader, pages, candidates, body)
    warnings = [*problems, *_scan_warnings(raw), *_hidden_warning(raw, request.include_hidden)]
    return assemble(
        given, title=structure.title(reader), media_type="application/pdf", paged=True, pages=pages,
        sections=sections, hidden=hidden, ocr=[number for number, page in enumerate(raw, 1) if page.ocr],
        warnings=[
            *warnings, *_label_warning(differing), *told(onto, request.include_hidden), *structure.left_out(reader),
        ],
        lost=[number for number, page in enumerate(raw, 1) if page.lost],
    )  # fmt: skip


def _no_text(pages: int, hidden: int) -> NoText:
    if hidden:
        return NoText(ALL_HIDDEN, hint="--include-hidden reads it")
    many = f"none of its {pages} pages has" if pages > 1 else "its only page does not have"
    tool = "Run OCR on it first, for example with ocrmypdf"
    hint = tool if ocr.available() else f"{ocr.INSTALL} lets docqa recognise it. Or: {tool}"
    return NoText(f"{many} text; it may be a scan", hint=hint)


def _scan_warnings(raw: list[RawPage]) -> list[str]:
    pictures = [number for number, page in enumerate(raw, 1) if page.scan and not page.problem]
    doubted = [number for number, page in enumerate(raw, 1) if page.doubted]
    lines = []
    if pictures and ocr.available():
        lines.append(f"only a picture, in which no text was recognised, on {page_list(pictures)}")
    elif pictures:
        lines.append(f"only a picture, perhaps of text, on {page_list(pictures)}: not read; {ocr.INSTALL} reads it")
    if doubted:
        count = sum(page.doubted for page in raw)
        lines.append(f"{count} line{'s' if count > 1 else ''} recognised with doubt on {page_list(doubted)}")
    return lines


def _hidden_warning(raw: list[RawPage], included: bool) -> list[str]:
    pages = [number for number, page in enumerate(raw, 1) if page.hidden]
    if not pages:
        return []
    reasons = sorted({hidden.reason for page in raw for hidden in page.hidden})
    done = "read because it was asked for" if included else "not read; --include-hidden reads it"
    return [f"hidden text on {page_list(pages)} ({', '.join(reasons)}): {done}"]


def open_request(request: ReadRequest) -> tuple[Any, ReadRequest]:
    """pypdf's reader, and the request with the bytes that it reads and the password that opened them: those of a PDF
    that pypdf cannot read as it is are mended where they can be. Raises Encrypted, Unreadable."""
    try:
        reader, password = open_pdf(request.content, request.password)
        return reader, replace(request, password=password)
    except Unreadable:
        copy = rebuilt(request.content, request.password)
        if copy is None:
            raise
    except Encrypted:
        copy = without_idle_encryption(new_reader(request.content), request.content)
        if copy is None:
            raise
    reader, _ = open_pdf(copy, None)
    return reader, replace(request, data=copy, password=None)


def new_reader(data: bytes) -> Any:
    """pypdf's reader, not decrypted. Raises what pypdf raises on a bad file."""
    from pypdf import PdfReader, apply_configuration, get_configuration

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    apply_configuration(get_configuration().with_overwrites(jbig2dec_binary=None))
    return PdfReader(io.BytesIO(data), strict=False)


def open_pdf(data: bytes, password: str | None) -> tuple[Any, str | None]:
    """pypdf's reader, and the password that opened it (None where none was needed). Raises Encrypted, Unreadable."""
    try:
        reader = new_reader(data)
        if not reader.is_encrypted:
            return reader, None
        for attempt in ("", password):
            if attempt is not None and reader.decrypt(attempt):
                return reader, attempt
    except pdf_errors() as error:
        raise Unreadable(f"not a readable PDF ({reason(error)})", hint=DAMAGED) from error
    if password is None:
        raise Encrypted("the PDF is encrypted and needs a password", hint=_ASK_PASSWORD)
    raise Encrypted("the given password does not open the PDF", hint="Check the password file")


def count_pages(reader: Any) -> int:
    """How many pages there are. Raises Unreadable, TooLarge."""
    try:
        count = len(reader.pages)
    except pdf_errors() as error:
        raise Unreadable(f"its page tree cannot be read ({reason(error)})", hint=DAMAGED) from error
    if count == 0:
        raise Unreadable("the PDF has no pages", hint=DAMAGED)
    refuse_over(MAX_PAGES, count, "pages")
    return count


def _pages(
    raw: list[RawPage], furniture: list[set[int]], labels: list[str | None], include_hidden: bool
) -> tuple[list[Page], list[outline.Candidate]]:
    """The pages with their text, and lines that may be headings; takes the lines from `raw`."""
    hyphens = Hyphens(line.text for page in raw for line in page.lines)
    pages: list[Page] = []
    candidates: list[outline.Candidate] = []
    for index, page in enumerate(raw):
        heads = _heads_of(page, furniture[index])
        kept = [line for at, line in enumerate(page.lines) if at not in furniture[index] or stays_in_text(index, line)]
        joined = _join_plain_lines(kept, hyphens) if page.plain else join_lines(kept, hyphens)
        if page.numbers:
            heads.append(f"line numbers {page.numbers}")
        mark = grade(joined.text, repaired=bool(page.numbers), score=page.score, order=page.order)
        text = joined.text.replace("\u00ad", "-")
        blocks = joined.blocks
        if include_hidden:
            text, blocks = _add_hidden(text, blocks, page.hidden)
        pages.append(Page(index, labels[index], text, mark, blocks, tuple(heads), joined.numbered, joined.tables))
        candidates.extend(outline.Candidate(index + 1, heading) for heading in joined.headings)
        page.lines = []  # those of thousands of pages are more than their text
    return mark_continued(pages), candidates


def _heads(raw: list[RawPage], furniture: list[set[int]]) -> list[list[str]]:
    """The running heads and feet of every page."""
    return [_heads_of(page, spots) for page, spots in zip(raw, furniture, strict=True)]


def _heads_of(page: RawPage, spots: set[int]) -> list[str]:
    return [line.text for at, line in enumerate(page.lines) if at in spots]


def _label_warning(pages: list[int]) -> list[str]:
    if not pages:
        return []
    return [f"the file's page labels differ from the numbers printed on {page_list(pages)}: the printed ones are cited"]


def _add_hidden(text: str, blocks: tuple[Block, ...], hidden: list[Hidden]) -> tuple[str, tuple[Block, ...]]:
    """The page with its hidden text as last paragraphs."""
    for item in hidden:
        words = squeeze(strip_invisible(clean(item.text))[0])
        if words:
            text = f"{text}\n{words}" if text else words
            blocks = (*blocks, Block(len(text) - len(words), len(text), "hidden"))
    return text, blocks


def _join_plain_lines(lines: list[Line], hyphens: Hyphens) -> PageText:
    text = "\n".join(unwrap([line.text for line in lines], hyphens))
    blocks = line_blocks(text)
    headings = [
        outline.Heading(b.start, text[b.start : b.end], 1.0, False, True) for b in blocks if b.end - b.start < 120
    ]
    return PageText(text, blocks, tuple(headings))


def _sections(reader: Any, pages: list[Page], candidates: list[outline.Candidate], body: float) -> tuple[Section, ...]:
    marks = bookmarks.from_bookmarks(structure.bookmarks(reader), pages)
    if not marks:
        marks = outline.from_numbering(candidates, body)
    if not marks and body:
        marks = outline.from_style(candidates, body)
    return outline.build(outline.with_opinions(marks, pages), [page.label for page in pages])
