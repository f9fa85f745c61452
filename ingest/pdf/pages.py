"""The pages of a PDF: each is read by pdfium, or by pypdf, or lost alone with a reason."""

import pickle
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from docqa.ingest.errors import Unreadable
from docqa.ingest.limits import MAX_PAGE_CHARS, WORKER_MAX_LOST_PAGES, WORKER_MEMORY_BYTES
from docqa.ingest.pdf import ocr
from docqa.ingest.pdf.errors import pdf_errors, reason
from docqa.ingest.pdf.layout.line_numbers import pages_to_read_again
from docqa.ingest.pdf.layout.lines import Line
from docqa.ingest.pdf.layout.reading_order import order_lines
from docqa.ingest.pdf.ocr import FEW_LETTERS, NotRecognised, Recognised, Recogniser, is_picture
from docqa.ingest.pdf.pool import PageForks
from docqa.ingest.pdf.raw_page import Hidden, PageWords, PdfiumFile
from docqa.ingest.pdf.streams import Streams, fonts_without_encoding
from docqa.ingest.pdf.visibility.raster import page_png
from docqa.ingest.process.limits import memory_limit
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.structure.clean import clean, squeeze, strip_invisible

T = TypeVar("T")
# More pages stay as bytes, a third of what they take as lines, until the forks and their memory are
# gone.
_AT_ONCE = 1_000
ZERO_WIDTH = "zero-width characters"


@dataclass
class RawPage:
    """A page between extraction and text: lines with boxes (pdfium), or plain paragraphs (pypdf).

    `width` (0: unknown) and `height` in points, of pypdf in lines. `numbers`: its printed line
    numbers ("1–28"). `ocr`: recognised from a picture, by docqa (with a `score`, 0 to 1, and
    `doubted` lines) or before; `scan`: a picture that was not. `problem`: why it was not read;
    `lost`: another reading may get it. `order`: the grade of its reading order, A, B or C.
    """

    lines: list[Line] = field(default_factory=list)
    plain: str = ""
    width: float = 0.0
    height: float = 0.0
    hidden: list[Hidden] = field(default_factory=list)
    ocr: bool = False
    numbers: str | None = None
    problem: str | None = None
    scan: bool = False
    score: float | None = None
    doubted: int = 0
    order: str = "A"
    lost: bool = False


def extract(
    reader: Any,
    request: ReadRequest,
    events: PageEvents,
    processes: int,
    meanwhile: Callable[[], T],
    first: int = 0,
) -> tuple[list[RawPage], T]:
    """Every page in order, with a `first` only so many and nothing recognised, and what `meanwhile`
    gave; pages of `request.skip` are lost for the reason there.

    Forks read most pages of a long file, without events, while `meanwhile` runs. Pictures to
    recognise, pages with a problem, and those that line numbers around speak of are read here.
    Raises Unreadable where too many pages are lost.
    """
    count = first or len(reader.pages)
    streams = Streams()
    with ExitStack() as stack:
        file = _open_pdfium(reader, request, stack)
        recogniser = None if first else _recogniser(request, events)

        def read_early(index: int) -> bytes | None:
            with suppress(MemoryError):
                page = _read(reader, streams, file, index, None)
                if page.problem is None and not (page.scan and recogniser is not None):
                    # A fork is no further from the user's files than this process, which may trust
                    # it.
                    return pickle.dumps(page, pickle.HIGHEST_PROTOCOL)
            return None

        indices = [index for index in range(count) if index + 1 not in request.skip]
        lost = dict(request.skip)
        pages: list[Any] = []
        with PageForks(read_early, indices, processes, request.page_seconds) as forks:
            besides = meanwhile()
            for index in range(count):
                early = forks.take(index)
                lost |= {at + 1: why for at, why in forks.lost.items()}
                if forks.lost and len(lost) > WORKER_MAX_LOST_PAGES:
                    what = f"{len(lost)} of its pages cannot be read; page {max(lost)} {lost[max(lost)]}"
                    raise Unreadable(what, hint="Print it to a new PDF and try that")
                if index + 1 in lost:
                    pages.append(RawPage(problem=lost[index + 1], lost=True))
                elif early is not None:
                    events.on_read(index + 1)
                    pages.append(pickle.loads(early) if index < _AT_ONCE else early)
                else:
                    events.on_page(index + 1)
                    pages.append(_read(reader, streams, file, index, recogniser))
        pages = [pickle.loads(page) if isinstance(page, bytes) else page for page in pages]
        again = (
            pages_to_read_again([page.numbers is not None for page in pages])
            if file is not None
            else {}
        )
        for index, numbered in again.items():
            if not pages[index].ocr and pages[index].problem is None and pages[index].lines:
                events.on_page(index + 1)
                pages[index] = _read(reader, streams, file, index, None, numbered=numbered)
    events.on_page(0)
    return pages, besides


def extract_one(
    reader: Any, request: ReadRequest, index: int, events: PageEvents, *, numbered: bool = False
) -> tuple[RawPage, bytes | None]:
    """Page `index` (from 0) alone, and its picture as a PNG, None where pdfium did not open it.
    `numbered`: the document has line numbers."""
    import pypdfium2

    with ExitStack() as stack:
        file = _open_pdfium(reader, request, stack)
        page = _read(
            reader, Streams(), file, index, _recogniser(request, events), numbered=numbered
        )
        picture = None
        # What was read of a page that cannot be drawn is worth showing all the same.
        with suppress(pypdfium2.PdfiumError, MemoryError):
            if file is not None and page.width:
                picture = page_png(stack.enter_context(file.page(index)))
        return page, picture


def _recogniser(request: ReadRequest, events: PageEvents) -> Recogniser | None:
    return Recogniser(events.on_ocr) if request.pdfium and ocr.available() else None


def _open_pdfium(reader: Any, request: ReadRequest, stack: ExitStack) -> PdfiumFile | None:
    """None where pdfium is not wanted, cannot open the file or counts its pages differently."""
    import pypdfium2

    if not request.pdfium:
        return None
    try:
        file = PdfiumFile(request.content, request.password, layered=_has_layers(reader))
    except pypdfium2.PdfiumError:
        return None
    stack.enter_context(file)
    return file if len(file) == len(reader.pages) else None


def _has_layers(reader: Any) -> bool:
    """Whether there are optional content groups; True where that is unknown."""
    with suppress(*pdf_errors()):
        layers = reader.root_object.get("/OCProperties")
        return bool(layers is not None and layers.get_object().get("/OCGs"))
    return True


def _read(
    reader: Any,
    streams: Streams,
    file: PdfiumFile | None,
    index: int,
    recogniser: Recogniser | None,
    *,
    numbered: bool | None = None,
) -> RawPage:
    try:
        problem = streams.problem(reader, index)
        if problem is not None:
            return RawPage(problem=problem)
        return (
            _pypdf_page(reader, index)
            if file is None
            else _pdfium_page(
                file, index, recogniser, numbered, fonts_without_encoding(reader.pages[index])
            )
        )
    except MemoryError:
        if memory_limit() < WORKER_MEMORY_BYTES:  # where there is more, all pages are read
            raise
        return RawPage(
            problem=f"needs more memory than the limit of {WORKER_MEMORY_BYTES / 2**30:g} GiB, not read"
        )
    except pdf_errors() as error:
        return RawPage(problem=f"damaged, not read ({reason(error)})")


def _pdfium_page(
    file: PdfiumFile,
    index: int,
    recogniser: Recogniser | None,
    numbered: bool | None,
    unencoded: frozenset[str],
) -> RawPage:
    import pypdfium2

    try:
        seen = file.page_words(index, unencoded)
        read, problem = _recognised(file, index, seen, recogniser)
    except pypdfium2.PdfiumError as error:
        return RawPage(problem=f"damaged, not read ({reason(error)})")
    if seen.chars > MAX_PAGE_CHARS:
        return RawPage(
            problem=f"{seen.chars:,} characters, the limit is {MAX_PAGE_CHARS:,}; not read"
        )
    # What is recognised has the few words that are printed over a picture too.
    words = read.words if read is not None and read.words else seen.words
    lines, numbers, order = order_lines(words, seen.width, rules=seen.rules, numbered=numbered)
    hidden = list(seen.hidden)
    for line in lines:
        text, invisible = strip_invisible(clean(line.text))
        line.text = squeeze(text)
        hidden.extend([Hidden("", ZERO_WIDTH)] * invisible)
    lines = [line for line in lines if line.text]
    page = RawPage(
        lines, "", seen.width, seen.height, hidden, seen.ocr, numbers, problem, order=order
    )
    if read is not None and read.words:
        page.ocr = True
        page.score = read.score
        page.doubted = read.doubted
    else:
        page.scan = read is not None
    return page


def _recognised(
    file: PdfiumFile, index: int, seen: PageWords, recogniser: Recogniser | None
) -> tuple[Recognised | None, str | None]:
    """What was recognised where the page is a picture, and why it was not."""
    letters = sum(len(word.text) for word in seen.words)
    if seen.chars > MAX_PAGE_CHARS or letters >= FEW_LETTERS:
        return None, None
    with file.page(index) as page:
        if not is_picture(page, letters):
            return None, None
        try:
            return recogniser.recognise(page, index + 1) if recogniser else Recognised(
                [], 0.0, 0
            ), None
        except NotRecognised as error:
            return None, str(error)


def _pypdf_page(reader: Any, index: int) -> RawPage:
    text = reader.pages[index].extract_text()
    if len(text) > MAX_PAGE_CHARS:
        return RawPage(
            problem=f"{len(text):,} characters, the limit is {MAX_PAGE_CHARS:,}; not read"
        )
    text, invisible = strip_invisible(clean(text))
    # Without boxes a line's place is its number, and its size is unknown.
    lines = [squeeze(line) for line in text.split("\n") if line.strip()]
    boxed = [Line(line, 0, n, 0, n, False, 0, -1, 0, 0) for n, line in enumerate(lines)]
    height = float(max(len(lines), 1))
    return RawPage(boxed, "\n".join(lines), 0.0, height, [Hidden("", ZERO_WIDTH)] * invisible)
