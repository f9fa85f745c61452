"""Markdown to Document: what a reader of the rendered page sees, headings as sections, no pages."""

from __future__ import annotations

import re
from typing import Any

from docqa.ingest.assemble import assemble
from docqa.ingest.encoding import decode
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import clean, strip_invisible
from docqa.ingest.structure.grids import MarkedCell
from docqa.ingest.types import Document
from docqa.ingest.writer import TIGHT, TextWriter

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def read_markdown(request: ReadRequest) -> Document:
    """The Document of Markdown. Raises NotADocument and NoText."""
    from markdown_it import MarkdownIt

    decoded, warnings = decode(request.content)
    source, hidden = strip_invisible(clean(decoded))
    tokens = MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", source))
    writer = _MarkdownWriter()
    for token in tokens:
        writer.take(token)
    sections = outline.build(writer.marks)
    title = sections[0].title if sections and sections[0].level == 1 else ""
    return assemble(
        request, title=title, media_type="text/markdown", paged=False, pages=[writer.page()], sections=sections,
        hidden=hidden, warnings=warnings,
    )  # fmt: skip


class _MarkdownWriter(TextWriter):
    """Collects the text of tokens with its blocks and headings."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0
        self._cells: list[str] | None = None
        self._items: list[int | None] = []
        self._bullet = ""
        self._head = False
        self._table = 0

    def take(self, token: Any) -> None:
        kind = token.type
        if kind == "heading_open":
            self._level = int(token.tag[1])
        elif kind == "heading_close":
            self._level = 0
        elif kind == "inline":
            self._inline(_plain(token.children or []))
        elif kind in ("fence", "code_block"):
            self._block(token.content.rstrip("\n"), "code")
        elif kind == "bullet_list_open":
            self._items.append(None)
        elif kind == "ordered_list_open":
            self._items.append(int(token.attrs.get("start", 1)))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._items.pop()
        elif kind == "list_item_open":
            self._bullet = f"{token.info}{token.markup} " if self._items[-1] is not None else "- "
        elif kind == "tr_open":
            self._cells = []
        elif kind == "tr_close" and self._cells is not None:
            row, self._cells = self._cells, None
            start, marked = self._block(" | ".join(row), "table"), [MarkedCell(text, head=self._head) for text in row]
            if any(row):
                self.grids.add(self._table, start, self.last_text(), marked)
        elif kind == "table_open":
            self._table += 1
        elif kind in ("thead_open", "thead_close"):
            self._head = kind == "thead_open"

    def _inline(self, text: str) -> None:
        if self._cells is not None:
            self._cells.append(text)
        elif self._level:
            number, title = outline.split_number(text)
            start = self._block(text, "heading")
            if title:
                self.marks.append(outline.HeadingMark(self._level, number, title, 1, start, "markup", 1.0))
        elif self._items:
            bullet, self._bullet = self._bullet, ""
            self._block(bullet + text, "list")
        else:
            self._block(text, "para")

    def _block(self, text: str, kind: str) -> int:
        """Where the block begins; what has no words is not written."""
        tight = bool(self.blocks) and self.blocks[-1].kind in TIGHT
        return self.put(text, kind, "\n" if tight else "\n\n") if text.strip() else 0


def _plain(children: list[Any]) -> str:
    out: list[str] = []
    for child in children:
        if child.type in ("text", "code_inline", "text_special"):
            out.append(child.content)
        elif child.type == "softbreak":
            out.append(" ")
        elif child.type == "hardbreak":
            out.append("\n")
        elif child.type == "image":
            out.append(_plain(child.children or []))
    return "".join(out).strip()
