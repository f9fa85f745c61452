"""The text of a document without pages, written block by block with its headings, and its
Document.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from .assemble import assemble_document, grade_page_text, hidden_remark
from .request import ReadRequest
from .structure import outline
from .structure.clean import clean_text, collapse_whitespace, strip_invisible
from .structure.grids import GridRows, MarkupCell
from .types import Block, Document, Page

TIGHT = frozenset(("list", "table"))
_MAX_HEADING_CHARS = 120
# "4th", "1er", "Docqa(tm)" and the marks of notes by asterisks are plain as they are.
_ORDINAL = re.compile(r"(?:st|nd|rd|th|o|a|er|e|tm|sm|[®™©*†‡§¶]+)$", re.IGNORECASE)


def superscript_text(text_before: str, text: str, *, is_note: bool = False) -> str:
    """A superscript as it reads after `text_before`: "10^2" for a power, "word[1]" for the mark of a
    note.
    """
    mark = text.strip()
    if (
        not mark
        or mark.startswith(("[", "("))
        or _ORDINAL.match(mark)
        or not (is_note or text_before[-1:].isalnum())
    ):
        return text
    return f"[{mark}]" if is_note else f"^{mark}"


class TextWriter:
    """Collects blocks and headings in reading order; `hidden` counts what a reader does not see."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.marks: list[outline.HeadingMark] = []
        self.hidden = 0
        self.grids = GridRows()
        self._parts: list[str] = []
        self._length = 0

    def put(self, text: str, kind: str, separator: str) -> int:
        """Writes `text` as a block, after `separator` where it is not the first; returns where it
        begins.
        """
        start = self._length + (len(separator) if self.blocks else 0)
        self._parts += [separator, text] if self.blocks else [text]
        self._length = start + len(text)
        self.blocks.append(Block(start, self._length, kind))
        return start

    def last_text(self) -> str:
        """The words of the last block, or ""."""
        return self._parts[-1] if self._parts else ""

    def page(self, furniture: Sequence[str] = ()) -> Page:
        """The one page of what was written."""
        text = "".join(self._parts)
        tables = self.grids.tables()
        return Page(
            0,
            None,
            text,
            grade_page_text(text),
            tuple(self.blocks),
            tuple(furniture),
            tables=tables,
        )


class BlockWriter(TextWriter):
    """A TextWriter that cleans what it gets and sets blocks apart: an empty line between them, none
    within a list or table. With `include_hidden` what is hidden comes last, in a section of its
    own."""

    def __init__(self, *, include_hidden: bool = False) -> None:
        super().__init__()
        self._include_hidden = include_hidden
        self._hidden: list[str] = []
        self._labels: list[str | None] = []
        self._lines: list[outline.HeadingLine] = []
        self._sizes = Counter[float]()

    def block(
        self, text: str, kind: str, *, is_bold: bool = False, size: float = 1.0
    ) -> int | None:
        """Writes `text` as a block and returns where it begins, None without words. `is_bold` and
        `size` (in any unit): for `infer_headings`."""
        text, hidden = strip_invisible(clean_text(text))
        self.hidden += hidden
        text = text.strip("\n") if kind == "code" else text.strip()
        if not text.strip():
            return None
        tight = kind in TIGHT and bool(self.blocks) and self.blocks[-1].kind == kind
        start = self.put(text, kind, "\n" if tight else "\n\n")
        self._sizes[size] += len(text)
        if kind in ("para", "list") and len(text) <= _MAX_HEADING_CHARS and "\n" not in text:
            self._lines.append(outline.HeadingLine(start, text, size, is_bold, kind == "para"))
        return start

    def row(self, cells: Sequence[MarkupCell], table_id: int) -> int | None:
        """Writes a row of the table of this number as a block; as `block` does."""
        text = " | ".join(cell.text for cell in cells)
        start = self.block(text if any(cell.text for cell in cells) else "", "table")
        if start is not None:
            self.grids.add(table_id, start, self.last_text(), cells)
        else:
            self.grids.leave_out(table_id)
        return start

    def heading(self, text: str, level: int) -> None:
        """Writes a heading of `level` (1: the outermost); a printed number at its beginning becomes
        the section's.
        """
        text = collapse_whitespace(text)
        start = self.block(text, "heading")
        if start is not None:
            number, title = outline.split_number(clean_text(text))
            self.mark(level, number, title, start)

    def mark(
        self,
        level: int,
        number: str | None,
        title: str,
        start: int,
        *,
        label: str | None = None,
        confidence: float = 1.0,
    ) -> None:
        """Has a section begin at `start`; its locator is `label`, else its number, else its
        title.
        """
        title = strip_invisible(clean_text(title))[0]
        self.marks.append(outline.HeadingMark(level, number, title, 1, start, "markup", confidence))
        self._labels.append(label)

    def infer_headings(self) -> None:
        """Makes sections of lines numbered or set like headings, where the markup has one heading
        or none.
        """
        if len(self.marks) > 1 or not self._lines:
            return
        usual = self._sizes.most_common(1)[0][0]
        found = outline.headings_by_numbering(self._lines, usual) or outline.headings_by_style(
            self._lines, usual
        )
        known = {mark.start for mark in self.marks}
        found = [
            mark
            for mark in outline.add_opinion_headings(found, [self.page()])
            if mark.start not in known
        ]
        pairs = [*zip(self.marks, self._labels, strict=True), *((mark, None) for mark in found)]
        pairs.sort(key=lambda pair: pair[0].start)
        self.marks = [mark for mark, _ in pairs]
        self._labels = [label for _, label in pairs]

    def hide(self, text: str, *, continues_last: bool = False) -> None:
        """Counts `text` as hidden; one that `continues_last` belongs to the one before."""
        if continues_last and self._hidden:
            self._hidden[-1] += text
        elif text.strip():
            self._hidden.append(text)
            self.hidden += 1

    def _write_hidden(self) -> list[str]:
        """A warning where something is hidden; its words where they are wanted."""
        if not self._hidden:
            return []
        starts = [
            self.block(collapse_whitespace(text), "hidden")
            for text in self._hidden
            if self._include_hidden
        ]
        first = next((start for start in starts if start is not None), None)
        if first is not None:
            self.mark(1, None, "Hidden text", first)
        many = len(self._hidden)
        return [
            f"{many} passage{'s' if many > 1 else ''} of hidden text: {hidden_remark(self._include_hidden)}"
        ]

    def document(
        self,
        request: ReadRequest,
        *,
        title: str,
        media_type: str,
        warnings: Sequence[str] = (),
        furniture: Sequence[str] = (),
    ) -> Document:
        """The Document of what was written. Raises NoText and TooLarge."""
        warnings = [*warnings, *self._write_hidden()]
        page = self.page(furniture)
        sections = tuple(
            section if label is None else replace(section, label=label)
            for section, label in zip(outline.build_sections(self.marks), self._labels, strict=True)
        )
        return assemble_document(
            request,
            title=collapse_whitespace(clean_text(title or request.stem)),
            media_type=media_type,
            paged=False,
            pages=[page],
            sections=sections,
            hidden=self.hidden,
            warnings=warnings,
        )
