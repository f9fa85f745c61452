"""Documents of which only some sections are used (`--sections 3-5,A`): all else is blank, offsets
stay.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from docqa.app.errors import InputError, UsageError
from docqa.ingest.types import Block, Document, Page, Passage, Span

from .named import find_section_region
from .resolve import Region, intersect_spans, strip_span

_RANGE = re.compile(r"([^-–—]+)[-–—]([^-–—]+)")
_WORD = re.compile(r"\S+")


def limit_to_sections(documents: Sequence[Document], sections: str) -> tuple[Document, ...]:
    """`documents` with the text of `sections` alone, named one by one or from first to last:
    "3-5,A"; without those that have none of them. Raises UsageError where none is named, InputError
    for one that no document has."""
    names = [name.strip() for name in sections.split(",") if name.strip()]
    if not names:
        raise UsageError("no section is named", where="--sections", hint="--sections 3-5,A")
    found = [[_region_of_sections(document, name) for name in names] for document in documents]
    for name, regions in zip(names, zip(*found, strict=True), strict=True):
        if not any(regions):
            where = ", ".join(document.path for document in documents[:3])
            raise InputError(
                f"there is no section {name!r}", where=where, hint="`docqa outline FILE` lists them"
            )
    chosen = (
        (document, list(filter(None, regions)))
        for document, regions in zip(documents, found, strict=True)
    )
    return tuple(
        _limit_document(document, regions, sections) for document, regions in chosen if regions
    )


def _region_of_sections(document: Document, name: str) -> Region | None:
    """The section `name`, or those from the one before its hyphen to the one after it."""
    whole = find_section_region(document, name)
    ends = _RANGE.fullmatch(name)
    if whole or not ends:
        return whole
    first, last = (find_section_region(document, end) for end in ends.groups())
    if first is None or last is None or last.start < first.start:
        return None
    return Region(first.document, first.start, max(first.end, last.end))


def _limit_document(document: Document, regions: Sequence[Region], sections: str) -> Document:
    """`document` with the text of `regions`, the `used` spans of each page in order and without
    overlap."""
    used: dict[int, list[Span]] = {page.page: [] for page in document.pages}
    for region in sorted(regions, key=lambda region: region.start):
        for page, span in region.parts(document):
            spans = used[page.page]
            start = max(span.start, spans[-1].end if spans else 0)
            if start < span.end:
                spans.append(Span(start, span.end))
    warning = f"only the sections {sections} were used"
    coverage = replace(document.coverage, warnings=(*document.coverage.warnings, warning))
    return replace(
        document,
        pages=tuple(_blank_outside_spans(page, used[page.page]) for page in document.pages),
        passages=tuple(
            part
            for each in document.passages
            for part in _passage_parts_in_spans(document, each, used[each.page])
        ),
        references=tuple(
            each for each in document.references if _is_inside_spans(used[each.page], each.start)
        ),
        notes=tuple(
            each for each in document.notes if _is_inside_spans(used[each.page], each.start)
        ),
        coverage=coverage,
    )


def _is_inside_spans(spans: Sequence[Span], start: int) -> bool:
    return any(span.start <= start < span.end for span in spans)


def _blank_outside_spans(page: Page, spans: Sequence[Span]) -> Page:
    text = _WORD.sub(lambda word: " " * len(word[0]), page.text)
    for span in spans:
        text = text[: span.start] + span.of(page.text) + text[span.end :]
    blocks = (
        Block(part.start, part.end, b.kind)
        for b in page.blocks
        for part in intersect_spans(spans, b.start, b.end)
    )
    tables = (
        table
        for table in page.tables
        if any(s.start <= table.start and table.end <= s.end for s in spans)
    )
    return replace(page, text=text, blocks=tuple(blocks), tables=tuple(tables))


def _passage_parts_in_spans(
    document: Document, passage: Passage, spans: Sequence[Span]
) -> list[Passage]:
    text = document.pages[passage.page - 1].text
    parts = (strip_span(text, part) for part in intersect_spans(spans, passage.start, passage.end))
    return [replace(passage, start=part.start, end=part.end) for part in parts if part]
