"""The Document of a parsed PDF: pages without their running heads, annotations, sections."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from docqa.ingest.assemble import assemble_document, grade_page_text, hidden_remark, page_list
from docqa.ingest.errors import NoText, Unreadable
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
from docqa.ingest.types import Document, Page, Section

from . import bookmarks, ocr, structure
from .annotations import (
    PageNote,
    annotation_warnings,
    append_annotations,
    append_block,
    read_annotations,
)
from .errors import DAMAGED
from .labels import check_labels_against_print
from .layout.lines import Line
from .layout.paragraphs import (
    PageTextWithBlocks,
    join_lines,
    printed_title,
    typical_body_size,
)
from .layout.running_heads import find_running_heads, stays_in_text
from .measures import COVER_LINES, MOST_HEADING_CHARS
from .pages import RawPage

ALL_HIDDEN = "all of its text is hidden from a reader of the page"


@dataclass(frozen=True)
class FileLevelContent:
    """What a PDF has outside its pages' text: `labels` (one a page), `bookmarks`, and in `left_out`
    what is not read.
    """

    title: str
    labels: list[str | None]
    bookmarks: list[bookmarks.Bookmark]
    annotations: dict[int, list[PageNote]]
    left_out: list[str]


def parse_file_level_content(reader: Any, request: ReadRequest) -> FileLevelContent:
    """What the file open in pypdf's `reader` has outside its pages' text."""
    return FileLevelContent(
        structure.title_in_file(reader),
        structure.page_labels_in_file(reader, len(reader.pages)),
        structure.bookmarks_in_file(reader),
        read_annotations(reader, request),
        list(structure.names_of_unsupported_parts(reader)),
    )


def build_document(
    request: ReadRequest, raw_pages: list[RawPage], file_level_content: FileLevelContent
) -> Document:
    """The Document of all pages, emptied of their lines. Raises Unreadable where no page could be
    parsed, NoText, TooLarge."""
    numbered = list(enumerate(raw_pages, 1))
    problems = [f"page {number}: {page.problem}" for number, page in numbered if page.problem]
    if len(problems) == len(raw_pages):
        raise Unreadable(f"no page could be read; {problems[0]}", hint=DAMAGED)
    body = typical_body_size([page.lines for page in raw_pages])
    furniture = find_running_heads(
        [page.lines for page in raw_pages], [page.height for page in raw_pages]
    )
    heads = list(map(_running_heads_of, raw_pages, furniture))
    labels, differing = check_labels_against_print(file_level_content.labels, heads)
    titled = next((page for page in raw_pages[:2] if len(page.lines) > COVER_LINES), raw_pages[0])
    printed = printed_title(titled.lines, body)
    pages, candidates = _pages_and_heading_lines(
        raw_pages, furniture, labels, request.include_hidden
    )
    notes = file_level_content.annotations
    pages = append_annotations(pages, notes, include_hidden=request.include_hidden)
    hidden = sum(len(page.hidden) for page in raw_pages)
    hidden += sum(note.kind == "hidden" for note in chain(*notes.values()))
    if not any(page.text.strip() for page in pages):
        raise _no_text_error(len(raw_pages), hidden)
    warnings = [
        *problems,
        *_scan_warnings(raw_pages),
        *_warning_about_hidden_text(raw_pages, request.include_hidden),
    ]
    if differing:
        what = f"the file's page labels differ from the numbers printed on {page_list(differing)}"
        warnings.append(f"{what}: the printed ones are cited")
    warnings += annotation_warnings(notes, request.include_hidden)
    document = assemble_document(
        request,
        title=file_level_content.title,
        media_type="application/pdf",
        paged=True,
        pages=pages,
        sections=_build_sections(file_level_content.bookmarks, pages, candidates, body),
        hidden=hidden,
        ocr=[number for number, page in numbered if page.ocr],
        warnings=[*warnings, *file_level_content.left_out],
        lost=[number for number, page in numbered if page.lost],
    )
    return replace(document, printed_title=printed)


def _no_text_error(pages: int, hidden: int) -> NoText:
    if hidden:
        return NoText(ALL_HIDDEN, hint="--include-hidden reads it")
    many = f"none of its {pages} pages has" if pages > 1 else "its only page does not have"
    tool = "Run OCR on it first, for example with ocrmypdf"
    hint = tool if ocr.is_ocr_available() else f"{ocr.INSTALL} lets docqa recognise it. Or: {tool}"
    return NoText(f"{many} text; it may be a scan", hint=hint)


def _scan_warnings(raw: list[RawPage]) -> Iterator[str]:
    images = [number for number, page in enumerate(raw, 1) if page.scan and not page.problem]
    doubted = [number for number, page in enumerate(raw, 1) if page.doubted]
    if images and ocr.is_ocr_available():
        yield f"only a picture, in which no text was recognised, on {page_list(images)}"
    elif images:
        where = page_list(images)
        yield f"only a picture, perhaps of text, on {where}: not read; {ocr.INSTALL} reads it"
    if doubted:
        count = sum(page.doubted for page in raw)
        what = f"{count} line{'s' if count > 1 else ''} recognised with doubt"
        yield f"{what} on {page_list(doubted)}"


def _warning_about_hidden_text(raw_pages: list[RawPage], is_included: bool) -> Iterator[str]:
    pages = [number for number, page in enumerate(raw_pages, 1) if page.hidden]
    reasons = sorted({hidden.reason for page in raw_pages for hidden in page.hidden})
    if pages:
        yield f"hidden text on {page_list(pages)} ({', '.join(reasons)}): {hidden_remark(is_included)}"


def _pages_and_heading_lines(
    raw: list[RawPage], furniture: list[set[int]], labels: list[str | None], include_hidden: bool
) -> tuple[list[Page], list[outline.HeadingLine]]:
    """The pages with their text, and lines that may be headings; empties `raw` of its lines."""
    hyphens = Dehyphenator(line.text for page in raw for line in page.lines)
    pages: list[Page] = []
    candidates: list[outline.HeadingLine] = []
    for index, page in enumerate(raw):
        lines = [
            line
            for number, line in enumerate(page.lines)
            if number not in furniture[index] or stays_in_text(index, line)
        ]
        joined = _join_plain_lines(lines, hyphens) if page.plain else join_lines(lines, hyphens)
        heads = _running_heads_of(page, furniture[index])
        if page.numbers:
            heads.append(f"line numbers {page.numbers}")
        made = Page(
            index,
            labels[index],
            joined.text.replace("\u00ad", "-"),
            grade_page_text(
                joined.text,
                is_repaired=bool(page.numbers),
                ocr_score=page.score,
                order_grade=page.order,
            ),
            joined.blocks,
            tuple(heads),
            joined.numbered,
            joined.tables,
        )
        for hidden in page.hidden if include_hidden else ():
            made = append_block(
                made, squeeze_spaces(strip_invisible(clean_text(hidden.text))[0]), "hidden"
            )
        pages.append(made)
        candidates += [replace(heading, page=index + 1) for heading in joined.headings]
        page.lines = []  # those of thousands of pages are more than their text
    return pages, candidates


def _running_heads_of(page: RawPage, furniture: set[int]) -> list[str]:
    return [line.text for number, line in enumerate(page.lines) if number in furniture]


def _join_plain_lines(lines: list[Line], hyphens: Dehyphenator) -> PageTextWithBlocks:
    text = "\n".join(join_hard_wrapped_lines([line.text for line in lines], hyphens))
    blocks = paragraph_block_per_line(text)
    headings = [
        outline.HeadingLine(b.start, b.of(text), 1.0, False, True)
        for b in blocks
        if b.end - b.start < MOST_HEADING_CHARS
    ]
    return PageTextWithBlocks(text, blocks, tuple(headings))


def _build_sections(
    given: list[bookmarks.Bookmark],
    pages: list[Page],
    candidates: list[outline.HeadingLine],
    body_size: float,
) -> tuple[Section, ...]:
    marks = bookmarks.from_bookmarks(given, pages)
    if not marks:
        marks = outline.headings_by_numbering(candidates, body_size)
    if not marks and body_size:
        marks = outline.headings_by_style(candidates, body_size)
    return outline.build_sections(
        outline.add_opinion_headings(marks, pages), [page.label for page in pages]
    )
