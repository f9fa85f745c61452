"""What docqa saw on one page of a PDF, with places: blocks, lines, running heads, hidden text, and
the picture.

A Document keeps no boxes; they are found again from the file. The Document stays the truth about
text, kinds and running heads, and its letters lead every line to its block.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from docqa.ingest.errors import Unreadable, reading
from docqa.ingest.pdf.layout.lines import Line
from docqa.ingest.pdf.layout.paragraphs import join_lines
from docqa.ingest.pdf.layout.running_heads import stays_in_text
from docqa.ingest.pdf.pages import RawPage, extract_one
from docqa.ingest.pdf.reader import count_pages, open_request
from docqa.ingest.pdf.visibility.objects import Box, around
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.serialize import maker, row_of
from docqa.ingest.structure.clean import Hyphens, grouped
from docqa.ingest.types import Page

# What joining wrapped lines changes: spaces, and hyphens at line ends.
_NO_LETTERS = {ord(c): None for c in "-\u00ad\u2010"}
_NO_PLACES = "the places of its words are not known"


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line and its box; of a table's row the boxes of its cells, and whether it names columns."""

    text: str
    box: Box
    cells: tuple[Box, ...] = ()
    head: bool = False


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block of the Document's page: its range, its kind, and its lines in reading order. `boxes`:
    one for each run of lines below one another; a paragraph over two columns has two."""

    start: int
    end: int
    kind: str
    lines: tuple[SeenLine, ...] = ()
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenFurniture:
    """A running head or foot, or the page's line numbers (no box). `in_text`: in the page's text,
    too.
    """

    text: str
    box: Box | None
    in_text: bool = False


@dataclass(frozen=True, slots=True)
class SeenHidden:
    """Text that cannot be seen, why, how often in a row, and a box for each line."""

    text: str
    reason: str
    count: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PageView:
    """A page as it was seen. Boxes are left, top, right and bottom in points from the top left
    corner as displayed. `picture`: a PNG. `ocr`: its words were recognised. `notes`: what could not
    be shown, and why; blocks have no boxes then."""

    width_pt: float
    height_pt: float
    blocks: tuple[SeenBlock, ...]
    furniture: tuple[SeenFurniture, ...]
    hidden: tuple[SeenHidden, ...]
    ocr: bool
    picture: bytes | None
    notes: tuple[str, ...]


def inspect_page(request: ReadRequest, page: Page, events: PageEvents | None = None) -> PageView:
    """What stands where on `page` of the PDF; no places without pdfium. Raises Encrypted, and
    Unreadable where the file has no such page."""
    events = events or PageEvents()
    with reading(request.name):
        reader, request = open_request(request)
        count = count_pages(reader)
        if page.index >= count:
            raise Unreadable(
                f"it has {count} pages, and no page {page.page}", hint="Read the file again"
            )
        events.on_page(page.page)
        return _view(
            page, *extract_one(reader, request, page.index, events, numbered=bool(page.lines))
        )


def text_view(page: Page, *notes: str) -> PageView:
    """The view of a page whose words have no places: without pages, or not read."""
    blocks = tuple(SeenBlock(b.start, b.end, b.kind) for b in page.blocks)
    furniture = tuple(SeenFurniture(text, None) for text in page.furniture)
    return PageView(0.0, 0.0, blocks, furniture, (), False, None, notes)


def _view(page: Page, raw: RawPage, picture: bytes | None) -> PageView:
    if not raw.width:
        return text_view(page, raw.problem or f"{_NO_PLACES}: pypdfium2 did not read this page")
    heads = _head_lines(page, raw)
    kept = [
        line
        for at, line in enumerate(raw.lines)
        if at not in heads or stays_in_text(page.index, line)
    ]
    printed = [
        line
        for block in join_lines(kept, Hyphens(line.text for line in kept)).printed
        for line in block
    ]
    blocks = _blocks(page, printed)
    notes = [raw.problem] if raw.problem is not None else []
    if blocks is None:
        blocks = text_view(page).blocks
        notes.append(f"{_NO_PLACES}: the page was read in another way before")
    if picture is None:
        notes.append("the page cannot be drawn")
    placed = [
        SeenFurniture(
            raw.lines[at].text, raw.lines[at].box, stays_in_text(page.index, raw.lines[at])
        )
        for at in sorted(heads)
    ]
    left = Counter(page.furniture) - Counter(item.text for item in placed)
    furniture = (*placed, *(SeenFurniture(text, None) for text in left.elements()))
    # Equal ones without a place (runs of zero-width characters) are one with their count.
    hidden = tuple(
        SeenHidden(h.text, h.reason, count, h.boxes) for h, count in Counter(raw.hidden).items()
    )
    return PageView(
        raw.width, raw.height, blocks, furniture, hidden, raw.ocr, picture, tuple(notes)
    )


def _head_lines(page: Page, raw: RawPage) -> set[int]:
    """The lines that are furniture: of equal ones, those nearest the page's edges."""
    wanted = Counter(page.furniture)
    found: set[int] = set()
    for at, line in sorted(
        enumerate(raw.lines), key=lambda item: min(item[1].top, raw.height - item[1].bottom)
    ):
        if wanted[line.text] > 0:
            wanted[line.text] -= 1
            found.add(at)
    return found


def _blocks(page: Page, lines: Sequence[Line]) -> tuple[SeenBlock, ...] | None:
    """The Document's blocks with these lines, in reading order; None where their text differs."""
    texts = [
        _letters(page.text[b.start : b.end]) if b.kind != "hidden" else "" for b in page.blocks
    ]
    if "".join(texts) != "".join(_letters(line.text) for line in lines):
        return None
    ends = list(accumulate(map(len, texts)))
    members: list[list[Line]] = [[] for _ in texts]
    block = position = 0
    for line in lines:
        # A block of dashes alone has no letters, but a line.
        while (
            block + 1 < len(texts) and position >= ends[block] and (texts[block] or members[block])
        ):
            block += 1
        members[block].append(line)
        position += len(_letters(line.text))
    return tuple(
        SeenBlock(b.start, b.end, b.kind, tuple(map(_seen_line, own)), _runs(own))
        for b, own in zip(page.blocks, members, strict=True)
    )


def _seen_line(line: Line) -> SeenLine:
    cells = tuple(cell.box for cell in line.grid.cells) if line.grid is not None else ()
    return SeenLine(line.text, line.box, cells, line.grid is not None and line.grid.head)


def _letters(text: str) -> str:
    return "".join(text.translate(_NO_LETTERS).split())


def _runs(lines: Sequence[Line]) -> tuple[Box, ...]:
    """The boxes around lines below one another in one column."""
    runs = grouped(
        lines, lambda run, line: line.region == run[-1].region and line.top >= run[-1].top - 1
    )
    return tuple(around(*(line.box for line in run)) for run in runs)


def to_bytes(view: PageView) -> bytes:
    """`view` as one line of JSON and its picture, for the way out of the worker; `from_bytes` gives
    an equal one.
    """
    row = json.dumps(replace(view, picture=None), default=row_of, separators=(",", ":"))
    return row.encode("utf-8", "replace") + b"\n" + (view.picture or b"")


def from_bytes(data: bytes) -> PageView:
    """The PageView that `to_bytes` wrote."""
    row, _, picture = data.partition(b"\n")
    view: PageView = maker(PageView)(json.loads(row))
    return replace(view, picture=picture or None)
