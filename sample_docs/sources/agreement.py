"""The services agreement: clauses from agreement.txt, roman front matter, contents with page numbers."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
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

WIDTH, HEIGHT = A4
FRONT_PAGES = 3
CLAUSE = style("clause", 12, 15, fontName=SERIF_BOLD, spaceBefore=13, spaceAfter=5, keepWithNext=1)
SUBCLAUSE = justified("subclause", 10.8, 14.6, leftIndent=24, firstLineIndent=-24, spaceAfter=5)
ITEM = justified("item", 10.8, 14.6, leftIndent=44, firstLineIndent=-18, spaceAfter=4)
DEFINITION = justified("definition", 10.8, 14.6, leftIndent=24, spaceAfter=4)
PLAIN = justified("plain", 10.8, 14.6, spaceAfter=7)
FRONT_HEAD = style("fronthead", 15, 19, fontName=SERIF_BOLD, spaceAfter=12)
CONTENTS = style("contents", 10.6, 15.4)
CELL = style("cell", 9.6, 12)
CELL_HEAD = style("cellhead", 9.6, 12, fontName=SERIF_BOLD)


def cover(lines: list[str]) -> list[Flowable]:
    big = centred("cover", 22, 28, fontName=SERIF_BOLD, spaceAfter=24)
    small = centred("coversmall", 13, 19, spaceAfter=14)
    flowables: list[Flowable] = [Spacer(1, 150)]
    for line in lines:
        flowables.append(Paragraph(escape(line), big if line.isupper() else small))
    return [*flowables, PageBreak()]


def contents(entries: list[Heading]) -> list[Flowable]:
    """Returns the contents page; page numbers are the printed ones."""
    rows: list[Flowable] = [Paragraph("Contents", FRONT_HEAD)]
    for entry in entries:
        number = printed_label(entry.page, FRONT_PAGES)
        if entry.level == 0:
            dots = "." * max(3, 84 - len(entry.title))
            rows.append(Paragraph(f"{escape(entry.title)} {dots} {number}", CONTENTS))
    return [*rows, PageBreak()]


def clause_line(line: str) -> Flowable:
    """Returns one line of the body in the style that its number asks for."""
    if match := re.match(r"(\d+\.\d+|\d+) (.*)", line):
        return Paragraph(f"{match[1]}&nbsp;&nbsp;&nbsp;{escape(match[2])}", SUBCLAUSE)
    if match := re.match(r"(\([a-z]\)) (.*)", line):
        return Paragraph(f"{match[1]}&nbsp;&nbsp;{escape(match[2])}", ITEM)
    return Paragraph(escape(line), DEFINITION if line.startswith('"') else PLAIN)


def table_widths(columns: int) -> list[float]:
    usable = WIDTH - 144
    shares = {2: (0.62, 0.38), 3: (0.4, 0.25, 0.35), 4: (0.1, 0.48, 0.14, 0.28), 5: (0.08, 0.37, 0.15, 0.15, 0.25)}
    return [usable * share for share in shares[columns]]


def story(source: list[str], entries: list[Heading]) -> list[Flowable]:
    """Returns the whole agreement; `entries` are the headings of the pass before."""
    flowables: list[Flowable] = []
    part = ""
    cover_lines: list[str] = []
    rows: list[list[str]] = []
    for line in [*source, ""]:
        if rows and not line.startswith("|"):
            flowables += [Spacer(1, 4), table(rows, table_widths(len(rows[0])), CELL, CELL_HEAD), Spacer(1, 9)]
            rows = []
        if line.startswith("@"):
            part, _, title = line[1:].partition(" ")
            if part == "contents":
                flowables += cover(cover_lines) + contents(entries)
            elif part == "front":
                flowables.append(Paragraph(title, FRONT_HEAD))
            elif part != "cover":
                flowables.append(PageBreak())
            if part == "schedule":
                flowables.append(heading(title, FRONT_HEAD, 0))
        elif part == "cover":
            cover_lines.append(line)
        elif line.startswith("|"):
            rows.append(split_row(line))
        elif line.startswith("# "):
            flowables.append(heading(line[2:], CLAUSE, 1 if part == "schedule" else 0))
        elif line:
            flowables.append(clause_line(line))
    return flowables


def furniture(canvas: Any, doc: Any) -> None:
    """Draws the running header and the printed page number."""
    if doc.page == 1:
        return
    canvas.setFont(SERIF_ITALIC, 9)
    canvas.drawString(72, HEIGHT - 46, "Pellworth Data Services Limited and Ansgar Cold Storage plc")
    canvas.drawRightString(WIDTH - 72, HEIGHT - 46, "Services Agreement PDS/ACS/2025/031")
    canvas.drawCentredString(WIDTH / 2, 40, printed_label(doc.page, FRONT_PAGES))


def build(path: Path) -> None:
    """Writes the agreement to `path`; two passes, the second with the page numbers of the first."""
    source = (SOURCES / "agreement.txt").read_text(encoding="utf-8").splitlines()
    entries: list[Heading] = []
    for _ in range(2):
        target = BytesIO()
        doc = RecordingDoc(target, pagesize=A4, title="Services Agreement", author="Pellworth Data Services Limited",
                           pageTemplates=[single_frame(A4, (72, 66, 72, 72), furniture)])
        doc.build(story(source, entries or [Heading(0, "to come", 1)] * 25))
        entries = doc.headings
    save_with_labels(target, path, FRONT_PAGES)
