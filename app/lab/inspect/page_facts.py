"""A page as docqa saw it, with what the Document knows around it, as facts and JSON."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import count

from docqa.app.answer.text import clip
from docqa.app.errors import UsageError
from docqa.app.options import Options
from docqa.app.output.render import page_text, printable
from docqa.app.storage.sources import read_one, reading_of
from docqa.app.storage.store import store_of
from docqa.ingest.pdf.inspection import PageBoxes, extract_page, text_view, view_of
from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.types import Document, Page, Section, Table

from .seen import Furniture, HiddenText, furniture_of, hidden_of

GRADES = {"A": "order certain", "B": "repaired", "C": "doubtful", "F": "no usable text"}
_SECTION = ("id", "number", "title", "level", "start", "source", "confidence")
_PHYSICAL = re.compile(r"pdf\s*(\d{1,6})$", re.IGNORECASE)


@dataclass(frozen=True)
class Inspection:
    """One page of `document`. `ocr`: its words were recognised. `notes`: how it was found, and
    warnings.
    """

    document: Document
    page: Page
    view: PageBoxes
    furniture: tuple[Furniture, ...]
    hidden: tuple[HiddenText, ...] = ()
    ocr: bool = False
    notes: tuple[str, ...] = ()

    @property
    def sections(self) -> list[Section]:
        return [section for section in self.document.sections if section.page == self.page.page]

    def path_at(self, start: int) -> tuple[str, ...]:
        """The headings above offset `start`, outermost first."""
        return self.document.section_path(self.document.section_of(self.page.page, start))

    def block_of(self, section: Section) -> int | None:
        """The number (from 1) of the block with the heading of a section of this page, or None."""
        blocks = enumerate(self.view.blocks, 1)
        return next(
            (number for number, block in blocks if block.start <= section.start < block.end), None
        )


def inspect_file(path: str, wanted: str | None, options: Options) -> Inspection:
    """The page `wanted` (see `find_page`) of the only document at `path`, or its whole text without
    pages. Raises UsageError for a page that is not there, InputError, and docqa.ingest.errors."""
    document, data, found = read_one(path, reading_of(options), store_of(options))
    page, notes = find_page(document, wanted)
    notes = [*found.warnings, *found.notices, *notes]
    if not document.paged:
        view = text_view(page, "a document of this kind has no pages")
        furniture = tuple(Furniture(text, None) for text in page.furniture)
        return Inspection(document, page, view, furniture, notes=tuple(notes))
    request = ReadRequest(path, data, password=options.password)
    raw, picture = extract_page(request, page, PageEvents())
    return Inspection(
        document,
        page,
        view_of(page, raw, picture),
        furniture_of(page, raw),
        hidden_of(raw),
        raw.ocr,
        tuple(notes),
    )


def find_page(document: Document, wanted: str | None) -> tuple[Page, list[str]]:
    """The page with the printed label `wanted` (None: the first), else with that physical number,
    as "PDF 4" always is; and what to say about it. Raises UsageError."""
    pages = document.pages
    if wanted is None:
        return pages[0], []
    if not document.paged:
        raise UsageError(
            "has no pages", where=document.path, hint="leave out --page to see all of it"
        )
    name = wanted.strip()
    same = [page for page in pages if page.label == name] or [
        page for page in pages if page.label is not None and page.label.lower() == name.lower()
    ]
    if same:
        others = ", ".join(f'"PDF {page.page}"' for page in same[1:6])
        return same[0], [
            f"more than one page is labelled {name}; --page takes {others} too"
        ] if others else []
    physical = _PHYSICAL.match(name)
    number = (
        int(physical[1]) if physical else int(name) if name.isdecimal() and len(name) < 7 else 0
    )
    if 0 < number <= len(pages):
        page = pages[number - 1]
        known = physical or page.label is None
        return page, [] if known else [
            f"no page is labelled {name}; this is p. {page_text(page.page, page.label)}"
        ]
    first, last = (printable(page.label or str(page.page)) for page in (pages[0], pages[-1]))
    hint = f'its {len(pages):,} pages run from {first} to {last}; "PDF 1" is the first of them'
    raise UsageError(f"no page is labelled {name!r}", where=document.path, hint=hint)


def to_json_object(inspection: Inspection) -> dict[str, object]:
    """All facts as one object: boxes are left, top, right, bottom in points from the top left
    corner.
    """
    document = inspection.document
    page = inspection.page
    view = inspection.view
    return {
        "schema": 1,
        "file": document.path,
        "page": page.page if document.paged else None,
        "label": page.label,
        "pages": len(document.pages) if document.paged else None,
        "width_pt": round(view.width_pt, 2) if view.width_pt else None,
        "height_pt": round(view.height_pt, 2) if view.height_pt else None,
        "grade": page.grade,
        "grades": grades(document),
        "ocr": inspection.ocr,
        "section": list(inspection.path_at(0)),
        "sections": [
            {name: getattr(section, name) for name in _SECTION}
            | {"block": inspection.block_of(section)}
            for section in inspection.sections
        ],
        "blocks": _block_objects(inspection),
        "tables": [_table_object(page, table) for table in page.tables],
        "furniture": [
            {
                "text": item.text,
                "in_text": item.in_text,
                "box": _box(item.box) if item.box else None,
            }
            for item in inspection.furniture
        ],
        "hidden": [
            {
                "text": item.text,
                "reason": item.reason,
                "count": item.count,
                "boxes": [_box(b) for b in item.boxes],
            }
            for item in inspection.hidden
        ],
        "notes": list(view.notes),
        "warnings": list(document.coverage.warnings),
    }


def grades(document: Document) -> dict[str, int]:
    counts = Counter(page.grade for page in document.pages)
    return {grade: counts[grade] for grade in sorted(counts)}


def remarks(inspection: Inspection) -> list[str]:
    """The sections that begin on the page, what of it is not in the text, and notes, each in a
    line.
    """
    titles = ((" ".join(filter(None, (s.number, s.title))), s) for s in inspection.sections)
    found = [
        f"section: {clip(t, 90)} [level {s.level}, {s.source} {s.confidence:.2f}]"
        for t, s in titles
    ]
    found += [f"head or foot: {clip(item.text, 90)}" for item in inspection.furniture]
    found += [f"hidden ({item.reason}): {clip(item.text, 90)}" for item in inspection.hidden]
    found += [
        f"note: {note}" for note in (*inspection.view.notes, *inspection.document.coverage.warnings)
    ]
    return [printable(line) for line in found]


def head_lines(inspection: Inspection) -> list[str]:
    """Page and file, its grade beside those of the others, and the section it begins in."""
    document = inspection.document
    page = inspection.page
    lines = [printable(document.path)]
    if document.paged:
        lines.append(f"p. {page_text(page.page, page.label)}, {len(document.pages):,} in all")
    lines.append(f"grade {page.grade}: {GRADES.get(page.grade, 'unknown')}")
    if len(document.pages) > 1:
        lines.append(
            "grades of all pages: "
            + ", ".join(f"{grade} {n:,}" for grade, n in grades(document).items())
        )
    if inspection.ocr:
        lines.append("text recognised from a picture")
    path = inspection.path_at(0)
    lines.append("begins in: " + (" > ".join(map(printable, path)) if path else "no section"))
    return lines


def _table_object(page: Page, table: Table) -> dict[str, object]:
    names = ("start", "end", "row", "column", "rows", "columns")
    cells = [
        {name: getattr(c, name) for name in names} | {"text": page.text[c.start : c.end]}
        for c in table.cells
    ]
    counts = {
        name: getattr(table, name)
        for name in ("start", "end", "rows", "columns", "heads", "continued")
    }
    return counts | {"cells": cells}


def _block_objects(inspection: Inspection) -> list[dict[str, object]]:
    line_order = count(1)
    return [
        {
            "order": number,
            "kind": block.kind,
            "start": block.start,
            "end": block.end,
            "text": inspection.page.text[block.start : block.end],
            "section": list(inspection.path_at(block.start)),
            "boxes": [_box(box) for box in block.boxes],
            "lines": [
                {"order": next(line_order), "text": line.text, "box": _box(line.box)}
                for line in block.lines
            ],
        }
        for number, block in enumerate(inspection.view.blocks, 1)
    ]


def _box(box: Box) -> list[float]:
    """Hundredths of a point are more than any eye sees."""
    return [round(edge, 2) for edge in box]
