"""What the sample documents share: styles, a document template that records its headings, page labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Table, TableStyle

SOURCES = Path(__file__).resolve().parent
SAMPLES = SOURCES.parent
SERIF, SERIF_BOLD, SERIF_ITALIC = "Times-Roman", "Times-Bold", "Times-Italic"
SANS, SANS_BOLD = "Helvetica", "Helvetica-Bold"


@dataclass(frozen=True)
class Heading:
    """One heading as it fell in the last pass; `page` is physical, from 1."""

    level: int
    title: str
    page: int


def style(name: str, size: float, leading: float, **settings: Any) -> ParagraphStyle:
    """Returns a serif paragraph style; sizes and leading in points."""
    settings.setdefault("fontName", SERIF)
    return ParagraphStyle(name, fontSize=size, leading=leading, **settings)


def justified(name: str, size: float, leading: float, **settings: Any) -> ParagraphStyle:
    return style(name, size, leading, alignment=TA_JUSTIFY, **settings)


def centred(name: str, size: float, leading: float, **settings: Any) -> ParagraphStyle:
    return style(name, size, leading, alignment=TA_CENTER, **settings)


def escape(text: str) -> str:
    """Returns `text` for reportlab's paragraph markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def heading(text: str, paragraph_style: ParagraphStyle, level: int, title: str | None = None) -> Paragraph:
    """Returns a paragraph that `RecordingDoc` notes and bookmarks at `level` (0 is the top)."""
    flowable = Paragraph(escape(text), paragraph_style)
    flowable.heading_mark = (level, title or text)
    return flowable


class RecordingDoc(BaseDocTemplate):
    """A document that bookmarks each `heading` and keeps where it fell, for a contents list in the next pass."""

    def __init__(self, target: Any, **settings: Any) -> None:
        super().__init__(target, invariant=1, **settings)
        self.headings: list[Heading] = []
        self.current: dict[int, str] = {}

    def afterFlowable(self, flowable: Flowable) -> None:
        mark = getattr(flowable, "heading_mark", None)
        if mark is None:
            return
        level, title = mark
        key = f"h{len(self.headings)}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(title, key, level=level, closed=level == 0)
        self.headings.append(Heading(level, title, self.page))
        self.current = {depth: text for depth, text in self.current.items() if depth < level}
        self.current[level] = title


def single_frame(
    size: tuple[float, float],
    margins: tuple[float, float, float, float],
    on_page_end: Callable[[Any, Any], None],
    name: str = "page",
) -> PageTemplate:
    """Returns a one-column page; `margins` are left, bottom, right, top in points."""
    left, bottom, right, top = margins
    frame = Frame(left, bottom, size[0] - left - right, size[1] - bottom - top, 0, 0, 0, 0)
    return PageTemplate(id=name, frames=[frame], onPageEnd=on_page_end, pagesize=size)


def table(rows: list[list[str]], widths: list[float], cell: ParagraphStyle, head: ParagraphStyle) -> Table:
    """Returns a ruled table whose first row is its head."""
    body = [[Paragraph(escape(text), head if number == 0 else cell) for text in row] for number, row in enumerate(rows)]
    flowable = Table(body, colWidths=widths, repeatRows=1)
    rules = [
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, "black"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.4, "black"),
        ("LINEBELOW", (0, -1), (-1, -1), 0.8, "black"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    flowable.setStyle(TableStyle(rules))
    return flowable


def split_row(line: str) -> list[str]:
    """Returns the cells of a `| a | b |` line."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def roman(number: int) -> str:
    """Returns a small roman numeral for 1 to 99."""
    tens = ["", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc"]
    ones = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"]
    return tens[number // 10] + ones[number % 10]


def printed_label(page: int, front_pages: int) -> str:
    """Returns what stands on physical `page` (from 1) behind `front_pages` pages of roman front matter."""
    return roman(page) if page <= front_pages else str(page - front_pages)


def save_with_labels(data: BytesIO, path: Path, front_pages: int) -> None:
    """Writes the PDF with page labels: roman for the front matter, then arabic from 1."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.constants import PageLabelStyle

    writer = PdfWriter(clone_from=PdfReader(data))
    last = len(writer.pages) - 1
    if front_pages:
        writer.set_page_label(0, front_pages - 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(front_pages, last, style=PageLabelStyle.DECIMAL)
    writer.write(path)
