"""One page of a PDF with the boxes of its blocks and lines, and its image.

A Document keeps no boxes; they are found again from the file. The Document stays the truth about
text, kinds and running heads, and its letters lead every line to its block.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from docqa.ingest.errors import Unreadable, name_file_in_errors
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.serialize import field_values, json_decoder_for
from docqa.ingest.structure.clean import Dehyphenator, group_consecutive
from docqa.ingest.types import Page

from .layout.lines import Line
from .layout.paragraphs import join_lines
from .layout.running_heads import stays_in_text
from .pages import RawPage, extract_one_page
from .reader import count_pages, open_request
from .visibility.objects import Box, box_around

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
class PageBoxes:
    """A page with the boxes of its lines: left, top, right and bottom in points from the top left
    corner as displayed. `image`: a PNG. `notes`: what could not be shown, and why; blocks have no
    boxes then."""

    width_pt: float
    height_pt: float
    blocks: tuple[SeenBlock, ...]
    picture: bytes | None
    notes: tuple[str, ...]


def inspect_page(request: ReadRequest, page: Page, events: PageEvents | None = None) -> PageBoxes:
    """The view of `page` of the PDF; no boxes without pdfium. Raises as `extract_page`."""
    return view_of(page, *extract_page(request, page, events or PageEvents()))


def extract_page(
    request: ReadRequest, page: Page, events: PageEvents
) -> tuple[RawPage, bytes | None]:
    """`page` of the PDF, extracted once more, and its image as a PNG. Raises Encrypted, and
    Unreadable where the file has no such page.
    """
    with name_file_in_errors(request.name):
        reader, request = open_request(request)
        count = count_pages(reader)
        if page.index >= count:
            raise Unreadable(
                f"it has {count} pages, and no page {page.page}", hint="Read the file again"
            )
        events.on_page(page.page)
        return extract_one_page(
            reader, request, page.index, events, has_line_numbers=bool(page.lines)
        )


def text_view(page: Page, *notes: str) -> PageBoxes:
    """The view of a page whose lines have no boxes: without pages, or not extracted."""
    blocks = tuple(SeenBlock(block.start, block.end, block.kind) for block in page.blocks)
    return PageBoxes(0.0, 0.0, blocks, None, notes)


def view_of(page: Page, raw_page: RawPage, picture: bytes | None) -> PageBoxes:
    """The view of `page`, with the lines of `raw_page` in its blocks."""
    if not raw_page.width:
        return text_view(
            page, raw_page.problem or f"{_NO_PLACES}: pypdfium2 did not read this page"
        )
    heads = head_lines(page, raw_page)
    body = [
        line
        for number, line in enumerate(raw_page.lines)
        if number not in heads or stays_in_text(page.index, line)
    ]
    printed = [
        line
        for block in join_lines(body, Dehyphenator(line.text for line in body)).printed
        for line in block
    ]
    blocks = _inspect_blocks(page, printed)
    notes = [raw_page.problem] if raw_page.problem is not None else []
    if blocks is None:
        blocks = text_view(page).blocks
        notes.append(f"{_NO_PLACES}: the page was read in another way before")
    if picture is None:
        notes.append("the page cannot be drawn")
    return PageBoxes(raw_page.width, raw_page.height, blocks, picture, tuple(notes))


def head_lines(page: Page, raw_page: RawPage) -> set[int]:
    """The numbers of the lines that are running heads or feet: of equal lines, those nearest the
    page's edges.
    """
    wanted = Counter(page.furniture)
    heads: set[int] = set()
    for number, line in sorted(
        enumerate(raw_page.lines),
        key=lambda item: min(item[1].top, raw_page.height - item[1].bottom),
    ):
        if wanted[line.text] > 0:
            wanted[line.text] -= 1
            heads.add(number)
    return heads


def _inspect_blocks(page: Page, lines: Sequence[Line]) -> tuple[SeenBlock, ...] | None:
    """The Document's blocks with these lines, in reading order; None where their text differs."""
    texts = [_letters_and_digits(page.words(b)) if b.kind != "hidden" else "" for b in page.blocks]
    if "".join(texts) != "".join(_letters_and_digits(line.text) for line in lines):
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
        position += len(_letters_and_digits(line.text))
    return tuple(
        SeenBlock(
            b.start, b.end, b.kind, tuple(map(_inspect_line, own)), _boxes_of_column_runs(own)
        )
        for b, own in zip(page.blocks, members, strict=True)
    )


def _inspect_line(line: Line) -> SeenLine:
    cells = tuple(cell.box for cell in line.grid.cells) if line.grid is not None else ()
    return SeenLine(line.text, line.box, cells, line.grid is not None and line.grid.head)


def _letters_and_digits(text: str) -> str:
    return "".join(text.translate(_NO_LETTERS).split())


def _boxes_of_column_runs(lines: Sequence[Line]) -> tuple[Box, ...]:
    """The boxes around lines below one another in one column."""
    runs = group_consecutive(
        lines, lambda run, line: line.region == run[-1].region and line.top >= run[-1].top - 1
    )
    return tuple(box_around(*(line.box for line in run)) for run in runs)


def to_bytes(view: PageBoxes) -> bytes:
    """`view` as one line of JSON and its image, for the way out of the worker; `from_bytes` gives
    an equal one.
    """
    row = json.dumps(replace(view, picture=None), default=field_values, separators=(",", ":"))
    return row.encode("utf-8", "replace") + b"\n" + (view.picture or b"")


def from_bytes(data: bytes) -> PageBoxes:
    """The PageBoxes that `to_bytes` wrote."""
    row, _, picture = data.partition(b"\n")
    view: PageBoxes = json_decoder_for(PageBoxes)(json.loads(row))
    return replace(view, picture=picture or None)
