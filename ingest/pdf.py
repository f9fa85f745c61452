"""PDF to Document. pypdf opens the file, checks its sizes and reads its structure; pdfium gives words with boxes.

Where pypdfium2 is absent, or crashed before, pypdf alone gives the text, in drawing order.
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from . import outline
from .assemble import assemble, grade
from .clean import Hyphens, clean, squeeze, strip_invisible, unwrap
from .errors import Encrypted, TooLarge, Unreadable
from .flow import Flow, Heading, find_furniture, flow, typical_body_size
from .layout import Line, order_lines
from .limits import MAX_PAGE_CHARS, MAX_PAGE_STREAM_BYTES, MAX_PAGES
from .pdfium import PdfiumFile, available
from .types import Block, Document, Page, Section

_DAMAGED = "The file is damaged or was cut off; get it again, or repair it with a PDF tool such as qpdf"
_ASK_PASSWORD = "Give its password in a file: --password-file FILE"
# What pypdf raises on damaged objects beside its own errors.
_STRUCTURE_ERRORS = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError, RecursionError,
    ArithmeticError, NotImplementedError, OSError, EOFError, zlib.error, struct.error,
)  # fmt: skip


@dataclass
class _RawPage:
    """A page between extraction and text: lines with boxes (pdfium), or plain paragraphs (pypdf)."""

    lines: list[Line] = field(default_factory=list)
    plain: str = ""
    height: float = 0.0
    hidden: int = 0
    numbers: str | None = None
    problem: str | None = None


def read_pdf(
    data: bytes,
    path: str,
    *,
    stem: str,
    password: str | None = None,
    pdfium: bool | None = None,
    on_pages: Callable[[int], None] | None = None,
) -> Document:
    """The Document of the PDF `data`.

    `pdfium` False reads with pypdf alone, None with pdfium where it is installed. `on_pages` is told the number of
    pages before the first is read. Raises Encrypted, Unreadable, TooLarge, NoText.
    """
    reader, password = _open(data, path, password)
    count = _count_pages(reader, path)
    if on_pages is not None:
        on_pages(count)
    use_pdfium = available() if pdfium is None else pdfium
    raw = list(_extract(reader, data, password, count, use_pdfium))
    problems = [f"page {number}: {page.problem}" for number, page in enumerate(raw, 1) if page.problem]
    if len(problems) == count:
        raise Unreadable(f"no page could be read; {problems[0]}", path, _DAMAGED)
    labels = _labels(reader, count)
    pages, candidates = _pages(raw, labels)
    sections = _sections(reader, pages, candidates, typical_body_size([page.lines for page in raw]))
    return assemble(
        data, path, title=_title(reader, sections, stem), media_type="application/pdf", paged=True, pages=pages,
        sections=sections, hidden=sum(page.hidden for page in raw), warnings=[*problems, *_left_out(reader)],
    )  # fmt: skip


def _open(data: bytes, path: str, password: str | None) -> tuple[Any, str | None]:
    """The open reader, and the password that opened it (None where none was needed)."""
    from pypdf import PdfReader, apply_configuration, get_configuration

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    apply_configuration(get_configuration().with_overwrites(jbig2dec_binary=None))
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if not reader.is_encrypted:
            return reader, None
        for attempt in ("", password):
            if attempt is not None and reader.decrypt(attempt):
                return reader, attempt
    except _pdf_errors() as error:
        raise Unreadable(f"not a readable PDF ({_reason(error)})", path, _DAMAGED) from error
    if password is None:
        raise Encrypted("the PDF is encrypted and needs a password", path, _ASK_PASSWORD)
    raise Encrypted("the given password does not open the PDF", path, "Check the password file")


def _count_pages(reader: Any, path: str) -> int:
    try:
        count = len(reader.pages)
    except _pdf_errors() as error:
        raise Unreadable(f"its page tree cannot be read ({_reason(error)})", path, _DAMAGED) from error
    if count == 0:
        raise Unreadable("the PDF has no pages", path, _DAMAGED)
    if count > MAX_PAGES:
        raise TooLarge(f"{count:,} pages, the limit is {MAX_PAGES:,}", path, "Split the file")
    return count


def _pdf_errors() -> tuple[type[Exception], ...]:
    """All that pypdf raises on a bad file."""
    from pypdf.errors import DependencyError, PyPdfError

    return (PyPdfError, DependencyError, *_STRUCTURE_ERRORS)


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())[:120]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _extract(reader: Any, data: bytes, password: str | None, count: int, use_pdfium: bool) -> Iterator[_RawPage]:
    with ExitStack() as stack:
        file: PdfiumFile | None = None
        if use_pdfium:
            file = _open_pdfium(data, password, count, stack)
        for index in range(count):
            problem = _check_streams(reader, index)
            if problem is not None:
                yield _RawPage(problem=problem)
            elif file is not None:
                yield _pdfium_page(file, index)
            else:
                yield _pypdf_page(reader, index)


def _open_pdfium(data: bytes, password: str | None, count: int, stack: ExitStack) -> PdfiumFile | None:
    """The file in pdfium, None where it cannot open it or counts its pages differently."""
    import pypdfium2

    try:
        file = stack.enter_context(PdfiumFile(data, password))
    except pypdfium2.PdfiumError:
        return None
    return file if len(file) == count else None


def _check_streams(reader: Any, index: int) -> str | None:
    """Inflates the content streams of a page under pypdf's limits; what is wrong with them, or None."""
    from pypdf.errors import LimitReachedError

    try:
        size = _stream_bytes(reader.pages[index], set())
    except LimitReachedError as error:
        return f"over a limit, not read ({_reason(error)})"
    except _pdf_errors() as error:
        return f"damaged, not read ({_reason(error)})"
    if size > MAX_PAGE_STREAM_BYTES:
        return f"{size:,} bytes of content, the limit is {MAX_PAGE_STREAM_BYTES:,}; not read"
    return None


def _stream_bytes(page: Any, seen: set[int]) -> int:
    """Bytes of the inflated content of a page or form, with the forms that it uses."""
    total = 0
    contents = page.get("/Contents")
    contents = contents.get_object() if contents is not None else None
    streams = [] if contents is None else contents if isinstance(contents, list) else [contents]
    for stream in streams:
        stream = stream.get_object()
        if hasattr(stream, "get_data"):
            total += len(stream.get_data())
    resources = page.get("/Resources")
    resources = resources.get_object() if resources is not None else {}
    forms = resources.get("/XObject") if hasattr(resources, "get") else None
    forms = forms.get_object() if forms is not None else {}
    for name in forms:
        form = forms[name].get_object()
        number = getattr(getattr(form, "indirect_reference", None), "idnum", id(form))
        if number in seen or not hasattr(form, "get") or form.get("/Subtype") != "/Form":
            continue
        seen.add(number)
        total += len(form.get_data()) + _stream_bytes(form, seen)
        if total > MAX_PAGE_STREAM_BYTES:
            break
    return total


def _pdfium_page(file: PdfiumFile, index: int) -> _RawPage:
    import pypdfium2

    try:
        seen = file.page_words(index)
    except pypdfium2.PdfiumError as error:
        return _RawPage(problem=f"damaged, not read ({_reason(error)})")
    if len(seen.text) > MAX_PAGE_CHARS:
        return _RawPage(problem=f"{len(seen.text):,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")
    lines, numbers = order_lines(seen.words, seen.width)
    hidden = int(seen.outside > 0)
    for line in lines:
        text, invisible = strip_invisible(clean(line.text))
        line.text = squeeze(text)
        hidden += invisible
    return _RawPage([line for line in lines if line.text], "", seen.height, hidden, numbers)


def _pypdf_page(reader: Any, index: int) -> _RawPage:
    try:
        text = reader.pages[index].extract_text()
    except _pdf_errors() as error:
        return _RawPage(problem=f"damaged, not read ({_reason(error)})")
    if len(text) > MAX_PAGE_CHARS:
        return _RawPage(problem=f"{len(text):,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")
    text, hidden = strip_invisible(clean(text))
    # Without boxes a line's place is its number, and its size is unknown.
    lines = [squeeze(line) for line in text.split("\n") if line.strip()]
    boxed = [Line(line, 0, n, 0, n, False, 0, -1, 0, 0) for n, line in enumerate(lines)]
    return _RawPage(boxed, "\n".join(lines), float(max(len(lines), 1)), hidden)


def _pages(raw: list[_RawPage], labels: list[str | None]) -> tuple[list[Page], list[outline.Candidate]]:
    furniture = find_furniture([page.lines for page in raw], [page.height for page in raw])
    printed = _printed_numbers(raw, furniture) if not any(labels) else labels
    hyphens = Hyphens(line.text for page in raw for line in page.lines)
    pages: list[Page] = []
    candidates: list[outline.Candidate] = []
    for index, page in enumerate(raw):
        heads = [line.text for at, line in enumerate(page.lines) if at in furniture[index]]
        # A running head says something once (a case number, a journal and date): page 1 keeps it in its text.
        says = [index == 0 and sum(word.isalpha() for word in line.text.split()) > 1 for line in page.lines]
        kept = [line for at, line in enumerate(page.lines) if at not in furniture[index] or says[at]]
        flowed = _plain_flow(kept, hyphens) if page.plain else flow(kept, hyphens)
        if page.numbers:
            heads.append(f"line numbers {page.numbers}")
        mark = grade(flowed.text, repaired=bool(page.numbers))
        text = flowed.text.replace("\u00ad", "-")
        pages.append(Page(index, printed[index], text, mark, flowed.blocks, tuple(heads)))
        candidates.extend(outline.Candidate(index + 1, heading) for heading in flowed.headings)
    return pages, candidates


def _plain_flow(lines: list[Line], hyphens: Hyphens) -> Flow:
    paragraphs = unwrap([line.text for line in lines], hyphens)
    blocks: list[Block] = []
    headings: list[Heading] = []
    start = 0
    for paragraph in paragraphs:
        blocks.append(Block(start, start + len(paragraph), "para"))
        if len(paragraph) < 120:
            headings.append(Heading(start, paragraph, 1.0, False, True))
        start += len(paragraph) + 1
    return Flow("\n".join(paragraphs), tuple(blocks), tuple(headings))


def _labels(reader: Any, count: int) -> list[str | None]:
    try:
        if "/PageLabels" not in reader.root_object:
            return [None] * count
        labels = [clean(label).strip() or None for label in reader.page_labels]
    except _pdf_errors():
        return [None] * count
    return [*labels, *[None] * count][:count]


def _printed_numbers(raw: list[_RawPage], furniture: list[set[int]]) -> list[str | None]:
    """Page labels from running heads: the one difference between printed and physical number that four fifths of
    the pages with a head share."""
    numbers = [
        {int(word) for at in spots for word in page.lines[at].text.split() if word.isdecimal() and len(word) < 6}
        for page, spots in zip(raw, furniture, strict=True)
    ]
    shifts = Counter(number - index - 1 for index, found in enumerate(numbers) for number in found)
    if not shifts:
        return [None] * len(raw)
    shift, times = shifts.most_common(1)[0]
    if times < max(3, 0.8 * len(raw)):
        return [None] * len(raw)
    return [str(index + 1 + shift) if index + 1 + shift in found else None for index, found in enumerate(numbers)]


def _sections(reader: Any, pages: list[Page], candidates: list[outline.Candidate], body: float) -> tuple[Section, ...]:
    marks = outline.from_bookmarks(_bookmarks(reader), pages)
    if not marks:
        marks = outline.from_numbering(candidates, body)
    if not marks and body:
        marks = outline.from_style(candidates, body)
    return outline.build(marks, [page.label for page in pages])


def _bookmarks(reader: Any) -> list[outline.Bookmark]:
    try:
        if "/Outlines" not in reader.root_object:
            return []
        numbers = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages, 1)}
        found: list[outline.Bookmark] = []
        _walk_outline(reader.outline, 1, numbers, found)
        return found
    except _pdf_errors():
        return []


def _walk_outline(entries: list[Any], level: int, numbers: dict[int, int], found: list[outline.Bookmark]) -> None:
    for entry in entries:
        if isinstance(entry, list):
            _walk_outline(entry, level + 1, numbers, found)
            continue
        page = numbers.get(getattr(entry.get("/Page"), "idnum", -1))
        if page is not None and entry.title:
            found.append(outline.Bookmark(level, clean(str(entry.title)), page))


def _title(reader: Any, sections: tuple[Section, ...], stem: str) -> str:
    """The title in the file's own record when it is one, else the file's name."""
    try:
        title = squeeze(clean(str(reader.metadata.title or ""))) if reader.metadata else ""
    except _pdf_errors():
        title = ""
    lowered = title.lower()
    made_up = lowered.startswith(("microsoft word", "untitled", "(anonymous", "layout 1")) or lowered.endswith(
        (".doc", ".docx", ".dvi", ".tex", ".pdf", ".indd", ".qxd", ".wpd")
    )
    return title if len(title) > 2 and not made_up else stem


def _left_out(reader: Any) -> list[str]:
    """What the file holds beside its pages' text, which docqa does not read."""
    lines: list[str] = []
    try:
        root = reader.root_object
        form = root.get("/AcroForm")
        form = form.get_object() if form is not None else {}
        if form.get("/Fields"):
            lines.append("form fields: what was filled in is not read")
        names = root.get("/Names")
        names = names.get_object() if names is not None else {}
        if "/EmbeddedFiles" in names:
            lines.append("attached files are not read")
    except _pdf_errors():
        return lines
    return lines
