"""The handbook: every chapter file in handbook/ in order, A5, with contents, bookmarks and running headers."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A5
from reportlab.platypus import Flowable, PageBreak, Paragraph, Spacer

from layout import (
    SERIF_BOLD,
    SERIF_ITALIC,
    SOURCES,
    Heading,
    RecordingDoc,
    centred,
    escape,
    heading,
    justified,
    printed_label,
    save_with_labels,
    single_frame,
    split_row,
    style,
    table,
)

WIDTH, HEIGHT = A5
MARGINS = (54.0, 60.0, 54.0, 62.0)
CHAPTERS = SOURCES / "handbook"
CHAPTER = style("chapter", 20, 25, fontName=SERIF_BOLD, spaceBefore=40, spaceAfter=20)
SECTION = style("section", 14, 18, fontName=SERIF_BOLD, spaceAfter=10)
BODY = justified("body", 11, 15.6, spaceAfter=8)
BULLET = justified("bullet", 11, 15.6, leftIndent=14, bulletIndent=2, spaceAfter=4)
CELL = style("cell", 9.4, 12)
CELL_HEAD = style("cellhead", 9.4, 12, fontName=SERIF_BOLD)
CONTENTS_CHAPTER = style("contentschapter", 10.2, 13.4, fontName=SERIF_BOLD, spaceBefore=5)
CONTENTS_SECTION = style("contentssection", 9.8, 12.6, leftIndent=12)


def front_matter(lines: list[str], entries: list[Heading], front_pages: int) -> list[Flowable]:
    """Returns title page, imprint and contents; the page numbers are the printed ones of the pass before."""
    title, subtitle, *imprint = lines
    flowables: list[Flowable] = [
        Spacer(1, 130),
        Paragraph(escape(title), centred("title", 24, 30, fontName=SERIF_BOLD, spaceAfter=16)),
        Paragraph(escape(subtitle), centred("subtitle", 13, 18)),
        PageBreak(),
        Spacer(1, 220),
        *(Paragraph(escape(line), style("imprint", 9.6, 13, spaceAfter=7)) for line in imprint),
        PageBreak(),
        Paragraph("Contents", CHAPTER),
    ]
    for entry in entries:
        number = printed_label(entry.page, front_pages)
        row = CONTENTS_CHAPTER if entry.level == 0 else CONTENTS_SECTION
        flowables.append(Paragraph(f"{escape(entry.title)} . . . {number}", row))
    return flowables


def body(lines: list[str]) -> list[Flowable]:
    """Returns the flowables of one chapter file."""
    flowables: list[Flowable] = []
    paragraph: list[str] = []
    rows: list[list[str]] = []
    for line in [*lines, ""]:
        if paragraph and (not line.strip() or line.startswith(("#", "- ", "|"))):
            flowables.append(Paragraph(escape(" ".join(paragraph)), BODY))
            paragraph = []
        if rows and not line.startswith("|"):
            width = (WIDTH - MARGINS[0] - MARGINS[2]) / len(rows[0])
            flowables += [table(rows, [width] * len(rows[0]), CELL, CELL_HEAD), Spacer(1, 10)]
            rows = []
        if line.startswith("## "):
            flowables += [PageBreak(), heading(line[3:].strip(), SECTION, 1)]
        elif line.startswith("# "):
            flowables += [PageBreak(), heading(line[2:].strip(), CHAPTER, 0)]
        elif line.startswith("|"):
            if set(line) - set("|-: "):
                rows.append(split_row(line))
        elif line.startswith("- "):
            flowables.append(Paragraph(escape(line[2:].strip()), BULLET, bulletText="\u2022"))
        elif line.strip():
            paragraph.append(line.strip())
    return flowables


def build(path: Path) -> None:
    """Writes the handbook to `path`; passes go on until the length of the contents is settled.

    Raises FileNotFoundError when handbook/ holds no chapter.
    """
    files = sorted(CHAPTERS.glob("[0-9]*.md"))
    if not files:
        raise FileNotFoundError(f"{CHAPTERS}: no chapter files (01_*.md and on); write one first")
    front = (SOURCES / "handbook_front.txt").read_text(encoding="utf-8").splitlines()
    entries: list[Heading] = []
    front_pages = 3

    def furniture(canvas: Any, doc: Any) -> None:
        if doc.page == 1:
            return
        canvas.setFont(SERIF_ITALIC, 9)
        if doc.current:
            canvas.drawString(MARGINS[0], HEIGHT - 40, front[0])
            canvas.drawRightString(WIDTH - MARGINS[2], HEIGHT - 40, doc.current.get(0, ""))
        canvas.drawCentredString(WIDTH / 2, 34, printed_label(doc.page, front_pages))

    for _ in range(5):
        target = BytesIO()
        doc = RecordingDoc(target, pagesize=A5, title=front[0], author="docqa sample documents",
                           pageTemplates=[single_frame(A5, MARGINS, furniture)])
        flowables = front_matter(front, entries, front_pages)
        for file in files:
            flowables += body(file.read_text(encoding="utf-8").splitlines())
        doc.build(flowables)
        if doc.headings == entries:
            save_with_labels(target, path, front_pages)
            return
        entries = doc.headings
        front_pages = entries[0].page - 1
    raise RuntimeError("handbook: the contents did not settle in five passes; shorten a heading")
