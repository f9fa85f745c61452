"""The two-column paper: text from paper.txt, figures drawn here, footnotes at the foot of their column."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import B5
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    FrameBreak,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
)

from layout import SANS, SERIF_BOLD, SERIF_ITALIC, SOURCES, centred, escape, justified, style, table
from paper_figures import FIGURES, PONDS

WIDTH, HEIGHT = B5
LEFT, FOOT, TOP, GUTTER = 46.0, 54.0, 58.0, 18.0
COLUMN = (WIDTH - 2 * LEFT - GUTTER) / 2
HEAD_HEIGHT = 248.0
BODY = justified("body", 10.5, 14.0, firstLineIndent=11)
FIRST = justified("first", 10.5, 14.0)
REFERENCE = justified("reference", 9, 11.4, leftIndent=16, firstLineIndent=-16, spaceAfter=3)
NOTE = justified("note", 8, 9.8)
CAPTION = justified("caption", 8.8, 11, spaceBefore=3, spaceAfter=10)
SECTION = style("section", 12, 15, fontName=SERIF_BOLD, spaceBefore=12, spaceAfter=5)
SUBSECTION = style("subsection", 10.4, 13.4, fontName=SERIF_ITALIC, spaceBefore=8, spaceAfter=3)
CELL = style("cell", 8.4, 10)
CELL_HEAD = style("cellhead", 8.4, 10, fontName=SERIF_BOLD)
Place = tuple[int, int]


def read_source(path: Path) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Returns the head fields, the body's lines and the footnotes by number."""
    fields: dict[str, str] = {}
    notes: dict[str, str] = {}
    body: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            fields[key] = value
        elif note := re.match(r"\[\^(\d+)\]: (.*)", line):
            notes[note[1]] = note[2]
        elif line.strip():
            body.append(line.strip())
    return fields, body, notes


def running_text(text: str) -> str:
    return re.sub(r"\[\^(\d+)\]", r'<onDraw name="note_mark" label="\1"/><super size="7">\1</super>', escape(text))


def figure(name: str, caption: str) -> Flowable:
    drawing = FIGURES[name](COLUMN)
    return KeepTogether([Spacer(1, 6), drawing, Paragraph(escape(caption), CAPTION)])


CAPTIONS = {
    "fig1": "Figure 1. Section through the wall at a sluice, not to scale. The weir is drawn in its lowered position.",
    "fig2": "Figure 2. Oxygen 0.2 m above the bed in three ponds from noon on 17 July to noon on 19 July 2022. The "
    "dashed line marks the limit of 2 mg/L.",
    "fig3": "Figure 3. Mean number of hypoxic nights for a pond and season, by kind of connection.",
    "table1": "Table 1. The fourteen ponds. Depth is the mean at the level of neap high water.",
}


def story(fields: dict[str, str], lines: list[str]) -> list[Flowable]:
    """Returns the flowables of the whole paper."""
    flowables: list[Flowable] = [
        Spacer(1, 10),
        Paragraph(escape(fields["title"]), centred("title", 16, 20, fontName=SERIF_BOLD, spaceAfter=9)),
        Paragraph(escape(fields["authors"]), centred("authors", 11.5, 15)),
        Paragraph(escape(fields["affiliation"]), centred("affiliation", 9.5, 12, fontName=SERIF_ITALIC, spaceAfter=9)),
        Paragraph("<b>Abstract.</b> " + escape(fields["abstract"]), justified("abstract", 9.8, 12.6, leftIndent=28,
                  rightIndent=28, spaceAfter=5)),
        Paragraph("<b>Keywords:</b> " + escape(fields["keywords"]), style("key", 9.4, 12, leftIndent=28)),
        FrameBreak(),
    ]
    after_heading = True
    for line in lines:
        if line.startswith("#") and not after_heading:
            flowables.append(CondPageBreak(64))
        if line.startswith("## "):
            flowables.append(Paragraph(escape(line[3:]), SUBSECTION))
        elif line.startswith("# "):
            flowables.append(Paragraph(escape(line[2:]), SECTION))
        elif line == "!table1":
            widths = [COLUMN * share for share in (0.16, 0.26, 0.15, 0.16, 0.27)]
            flowables.append(KeepTogether([Paragraph(CAPTIONS["table1"], CAPTION),
                                           table(PONDS, widths, CELL, CELL_HEAD), Spacer(1, 8)]))
        elif line.startswith("!"):
            flowables.append(figure(line[1:], CAPTIONS[line[1:]]))
        elif re.match(r"\[\d+\] ", line):
            flowables.append(Paragraph(escape(line), REFERENCE))
        else:
            flowables.append(Paragraph(running_text(line), FIRST if after_heading else BODY))
        after_heading = line.startswith("#")
    return flowables


def note_block(numbers: list[str], notes: dict[str, str]) -> tuple[list[Paragraph], float]:
    """Returns the notes of one column and the height they need, rule and gap included, in points."""
    paragraphs = [Paragraph(f'<super size="6">{number}</super> {escape(notes[number])}', NOTE) for number in numbers]
    return paragraphs, sum(paragraph.wrap(COLUMN, HEIGHT)[1] for paragraph in paragraphs) + 14


class PagedDoc(BaseDocTemplate):
    """A document with a page template for every page, since the room for footnotes differs."""

    def handle_pageBegin(self) -> None:
        self.pageTemplate = self.pageTemplates[self.page]
        super().handle_pageBegin()


def one_pass(
    fields: dict[str, str],
    lines: list[str],
    notes: dict[str, str],
    placed: dict[Place, list[str]],
    reserved: dict[Place, list[str]],
) -> tuple[BytesIO, dict[Place, list[str]]]:
    """Sets the paper with the `placed` notes and room for the `reserved` ones.

    Returns the PDF and where the marks really fell.
    """
    found: dict[Place, list[str]] = {}

    def mark(canvas: Any, _kind: str, label: str) -> None:
        column = 0 if canvas.absolutePosition(0, 0)[0] < WIDTH / 2 - 1 else 1
        found.setdefault((canvas.getPageNumber(), column), []).append(label)

    def begin(canvas: Any, doc: Any) -> None:
        canvas.setNamedCB("note_mark", mark)
        canvas.setFont(SANS, 7.5)
        canvas.drawString(LEFT, HEIGHT - 38, fields["journal"] if doc.page % 2 else fields["running"])
        canvas.drawRightString(WIDTH - LEFT, HEIGHT - 38, str(doc.page))

    def end(canvas: Any, doc: Any) -> None:
        for column in (0, 1):
            if numbers := placed.get((doc.page, column)):
                paragraphs, height = note_block(numbers, notes)
                x, y = LEFT + column * (COLUMN + GUTTER), FOOT + height - 8
                canvas.line(x, y, x + 60, y)
                for paragraph in paragraphs:
                    y -= paragraph.wrap(COLUMN, HEIGHT)[1]
                    paragraph.drawOn(canvas, x, y - 3)

    templates = []
    for page in range(1, 16):
        top = HEIGHT - TOP - (HEAD_HEIGHT if page == 1 else 0)
        frames = [Frame(LEFT, top, WIDTH - 2 * LEFT, HEAD_HEIGHT, 0, 0, 0, 0)] if page == 1 else []
        for column in (0, 1):
            room = note_block(reserved[page, column], notes)[1] if reserved.get((page, column)) else 0.0
            x = LEFT + column * (COLUMN + GUTTER)
            frames.append(Frame(x, FOOT + room, COLUMN, top - FOOT - room, 0, 0, 0, 0))
        templates.append(PageTemplate(id=f"p{page}", frames=frames, onPage=begin, onPageEnd=end))
    target = BytesIO()
    doc = PagedDoc(target, pagesize=B5, pageTemplates=templates, title=fields["title"],
                   author=fields["authors"], invariant=1)
    doc.build(story(fields, lines))
    return target, found


def build(path: Path) -> None:
    """Writes the paper to `path`.

    A mark that its own note pushes into the next column would swing for ever, so from the third pass on the room once
    reserved is kept. Raises RuntimeError when the notes do not settle.
    """
    fields, lines, notes = read_source(SOURCES / "paper.txt")
    placed: dict[Place, list[str]] = {}
    reserved: dict[Place, list[str]] = {}
    for attempt in range(8):
        target, found = one_pass(fields, lines, notes, placed, reserved)
        if found == placed:
            path.write_bytes(target.getvalue())
            return
        placed = found
        reserved = {**reserved, **found} if attempt >= 2 else found
    raise RuntimeError("paper.txt: the footnotes did not settle in eight passes; move a mark to another sentence")
