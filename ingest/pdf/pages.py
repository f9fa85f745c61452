"""The pages of a PDF: each is parsed by pdfium, or by pypdf, or lost alone with a reason."""

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from docqa.ingest.limits import MAX_PAGE_CHARS, WORKER_MEMORY_BYTES
from docqa.ingest.process.limits import memory_limit
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.structure.clean import clean_text, squeeze_spaces, strip_invisible

from . import ocr
from .errors import error_reason, pdf_errors
from .layout.line_numbers import pages_to_parse_again
from .layout.lines import Line
from .layout.reading_order import lines_in_reading_order
from .measures import FEW_LETTERS
from .ocr import OcrFailed, OcrResult, Recogniser, is_image_of_text
from .raw_page import HiddenWords, PageWords, PdfiumFile
from .references import root_entry
from .streams import StreamSizes, fonts_without_encoding
from .visibility.raster import page_png

ZERO_WIDTH = "zero-width characters"


@dataclass
class RawPage:
    """A page between extraction and text: lines with boxes (pdfium), or plain paragraphs (pypdf).

    `width` (0: unknown) and `height` in points, of pypdf in lines. `numbers`: its printed line
    numbers ("1–28"). `ocr`: recognised from an image, by docqa (with a `score`, 0 to 1, and
    `doubted` lines) or before; `scan`: an image of text that was not. `problem`: why it was not
    parsed; `lost`: parsing it once more may succeed. `order`: the grade of its reading order, A, B
    or C.
    """

    lines: list[Line] = field(default_factory=list)
    plain: str = ""
    width: float = 0.0
    height: float = 0.0
    hidden: list[HiddenWords] = field(default_factory=list)
    ocr: bool = False
    numbers: str | None = None
    problem: str | None = None
    scan: bool = False
    score: float | None = None
    doubted: int = 0
    order: str = "A"
    lost: bool = False


def extract_pages(
    reader: Any,
    request: ReadRequest,
    events: PageEvents,
    first: int = 0,
) -> list[RawPage]:
    """Every page in order, with a `first` only so many and nothing recognised; pages of
    `request.skip` are lost for the reason there."""
    count = first or len(reader.pages)
    sizes = StreamSizes()
    with ExitStack() as stack:
        file = _open_pdfium(reader, request, stack)
        recogniser = None if first else _recogniser_if_available(request, events)
        pages: list[RawPage] = []
        for index in range(count):
            if index + 1 in request.skip:
                pages.append(RawPage(problem=request.skip[index + 1], lost=True))
            else:
                events.on_page(index + 1)
                pages.append(_parse_page(reader, sizes, file, index, recogniser))
        numbered = [page.numbers is not None for page in pages]
        for index, has_numbers in pages_to_parse_again(numbered).items() if file else ():
            if not pages[index].ocr and pages[index].problem is None and pages[index].lines:
                events.on_page(index + 1)
                pages[index] = _parse_page(reader, sizes, file, index, None, numbered=has_numbers)
    events.on_page(0)
    return pages


def extract_one_page(
    reader: Any,
    request: ReadRequest,
    index: int,
    events: PageEvents,
    *,
    has_line_numbers: bool = False,
) -> tuple[RawPage, bytes | None]:
    """Page `index` (from 0) alone, and its image as a PNG, None where pdfium did not open it.
    `has_line_numbers`: the document has line numbers."""
    import pypdfium2

    with ExitStack() as stack:
        file = _open_pdfium(reader, request, stack)
        recogniser = _recogniser_if_available(request, events)
        page = _parse_page(
            reader, StreamSizes(), file, index, recogniser, numbered=has_line_numbers
        )
        png = None
        # The text of a page that cannot be drawn is worth showing all the same.
        with suppress(pypdfium2.PdfiumError, MemoryError):
            if file is not None and page.width:
                png = page_png(stack.enter_context(file.page(index)))
        return page, png


def _recogniser_if_available(request: ReadRequest, events: PageEvents) -> Recogniser | None:
    return Recogniser(events.on_ocr) if request.pdfium and ocr.is_ocr_available() else None


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
        return bool(root_entry(reader, "/OCProperties").get("/OCGs"))
    return True


def _parse_page(
    reader: Any,
    sizes: StreamSizes,
    file: PdfiumFile | None,
    index: int,
    recogniser: Recogniser | None,
    *,
    numbered: bool | None = None,
) -> RawPage:
    try:
        problem = sizes.problem(reader, index)
        if problem is not None:
            return RawPage(problem=problem)
        if file is None:
            return _pypdf_page(reader, index)
        fonts = fonts_without_encoding(reader.pages[index])
        return _pdfium_page(file, index, recogniser, numbered, fonts)
    except MemoryError:
        if memory_limit() < WORKER_MEMORY_BYTES:  # where there is more, all pages are parsed
            raise
        limit = f"{WORKER_MEMORY_BYTES / 2**30:g} GiB"
        return RawPage(problem=f"needs more memory than the limit of {limit}, not read")
    except pdf_errors() as error:
        return RawPage(problem=f"damaged, not read ({error_reason(error)})")


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
        recognised, problem = _recognise_if_image_of_text(file, index, seen, recogniser)
    except pypdfium2.PdfiumError as error:
        return RawPage(problem=f"damaged, not read ({error_reason(error)})")
    if seen.chars > MAX_PAGE_CHARS:
        return _overlong_page(seen.chars)
    # What is recognised has the few words that are printed over an image too.
    words = recognised.words if recognised is not None and recognised.words else seen.words
    lines, numbers, order = lines_in_reading_order(
        words, seen.width, rules=seen.rules, is_numbered=numbered
    )
    hidden = list(seen.hidden)
    for line in lines:
        text, invisible = strip_invisible(clean_text(line.text))
        line.text = squeeze_spaces(text)
        hidden.extend([HiddenWords("", ZERO_WIDTH)] * invisible)
    lines = [line for line in lines if line.text]
    page = RawPage(
        lines, "", seen.width, seen.height, hidden, seen.ocr, numbers, problem, order=order
    )
    if recognised is not None and recognised.words:
        page.ocr = True
        page.score = recognised.score
        page.doubted = recognised.doubted
    else:
        page.scan = recognised is not None
    return page


def _recognise_if_image_of_text(
    file: PdfiumFile, index: int, seen: PageWords, recogniser: Recogniser | None
) -> tuple[OcrResult | None, str | None]:
    """What was recognised where the page is an image of text, and why it was not."""
    letters = sum(len(word.text) for word in seen.words)
    if seen.chars > MAX_PAGE_CHARS or letters >= FEW_LETTERS:
        return None, None
    with file.page(index) as page:
        if not is_image_of_text(page, letters):
            return None, None
        if not recogniser:
            return OcrResult([], 0.0, 0), None
        try:
            return recogniser.recognise(page, index + 1), None
        except OcrFailed as error:
            return None, str(error)


def _overlong_page(chars: int) -> RawPage:
    return RawPage(problem=f"{chars:,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")


def _pypdf_page(reader: Any, index: int) -> RawPage:
    text = reader.pages[index].extract_text()
    if len(text) > MAX_PAGE_CHARS:
        return _overlong_page(len(text))
    text, invisible = strip_invisible(clean_text(text))
    # Without boxes the height of a line is its number, and its size is unknown.
    lines = [squeeze_spaces(line) for line in text.split("\n") if line.strip()]
    boxed = [Line(line, 0, n, 0, n, False) for n, line in enumerate(lines)]
    height = float(max(len(lines), 1))
    return RawPage(boxed, "\n".join(lines), 0.0, height, [HiddenWords("", ZERO_WIDTH)] * invisible)
