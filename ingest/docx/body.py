"""The body of a DOCX, paragraph by paragraph: text as it would be printed with all tracked changes accepted."""

from __future__ import annotations

import re
from itertools import takewhile
from xml.etree.ElementTree import Element

from docqa.ingest.docx.markup import DELETED, INSERTED, WRAPPERS, alternative, boxes, children, equation, has_text, sign
from docqa.ingest.docx.numbering import ListPlace, Numbering, Style, Styles, indent, number, toggled
from docqa.ingest.docx.outline import Item
from docqa.ingest.structure.numbering import in_roman, parse_heading
from docqa.ingest.writer import BlockWriter, raised
from docqa.ingest.xml_tree import attribute, child, local

_DRAWN = frozenset(("drawing", "pict", "object", "AlternateContent"))
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_MAX_HEADING_CHARS, _MAX_LEAD_CHARS = 160, 80
_RUN_IN = re.compile(r"([^.;:]{1,80})[.:—]\s")


class _Line:
    """The text of one paragraph while it is collected, with what hangs on it."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.parts: list[tuple[str, bool]] = []
        self.boxes: list[Element] = []
        self.after_hidden = False

    def text(self) -> str:
        lines = "".join(part for part, _ in self.parts).split("\n")
        if self.style.name.lower().startswith("toc ") and "\t" in lines[-1]:
            # The leader that Word prints before the page number.
            lines[-1] = " .... ".join(lines[-1].rsplit("\t", 1))
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))

    def lead(self) -> str:
        """The bold or underlined words that the paragraph begins with."""
        strong = takewhile(lambda part: part[1] or not part[0].strip(), self.parts)
        return " ".join("".join(part for part, _ in strong).split())


class DocxBody:
    """Writes body elements into `writer`; `items` are its paragraphs for the outline, the counts what was left out."""

    def __init__(
        self, writer: BlockWriter, styles: Styles, numbering: Numbering, notes: dict[str, dict[str, Element]]
    ) -> None:
        self.items: list[Item] = []
        self.title = ""
        self.insertions = self.deletions = self.embedded = 0
        self._writer = writer
        self._styles = styles
        self._numbering = numbering
        self._notes = notes
        self._counts = {"footnote": 0, "endnote": 0}
        self._due: list[tuple[str, Element]] = []
        self._fields: list[bool] = []
        self._carry = ""

    def write(self, parent: Element) -> None:
        """Writes the paragraphs and tables in `parent`, in order."""
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name in WRAPPERS or name in INSERTED:
                self.write(element)
            elif name in DELETED:
                self.deletions += has_text(element)
            elif name == "AlternateContent":
                self.write(alternative(element))
            elif name == "altChunk":
                self.embedded += 1

    def _paragraph(self, element: Element) -> None:
        line, place = self._read(element)
        text = line.text()
        if text:
            self._write_paragraph(element, line, place, text)
        self._write_notes()
        for box in line.boxes:
            self.write(box)

    def _read(self, element: Element) -> tuple[_Line, ListPlace | None]:
        """The words of a paragraph and its place among the lists, which is counted."""
        properties = child(element, "pPr")
        style_id = attribute(child(properties, "pStyle"), "val")
        line = _Line(self._styles.get(style_id))
        if self._carry:
            line.parts.append((self._carry, False))
            self._carry = ""
        self._runs(element, line)
        mark = child(properties, "rPr")
        if child(mark, "del") is not None or child(mark, "moveFrom") is not None:
            # The end of this paragraph was deleted: what is left of it begins the next one.
            self._carry = "".join(part for part, _ in line.parts)
            line.parts.clear()
            return line, None
        if not line.text() and toggled(mark, "vanish", False):
            return line, None
        return line, self._numbering.next(style_id, line.style, properties)

    def _write_paragraph(self, element: Element, line: _Line, place: ListPlace | None, text: str) -> None:
        properties = child(element, "pPr")
        outline = _outline(properties, line.style)
        if not self.title and line.style.name.lower() == "title":
            self.title = text
        printed = place.printed.strip() if place and place.printed else ""
        words = " ".join(text.split()) if outline is not None else text
        heading = outline is not None and len(words) <= _MAX_HEADING_CHARS
        kind = "heading" if heading else "list" if place else "para"
        prefix = f"{printed} " if printed else "- " if place else ""
        lead = line.lead()
        start = self._writer.block(prefix + words, kind, bold=lead == words)
        if start is None:
            return
        number_, title = self._numbered(printed, words if heading else self._run_in(words, lead, outline), outline)
        left = indent(child(properties, "ind"), None)
        if left is None:
            left = place.indent if place and place.indent is not None else line.style.indent
        self.items.append(Item(start, outline, number_, title, place, left or 0))

    @staticmethod
    def _run_in(words: str, lead: str, outline: int | None) -> str:
        """The words that name a paragraph at its beginning: those set apart by their look, or a heading's first."""
        if lead and len(lead) <= _MAX_LEAD_CHARS:
            return lead.rstrip(" .:—")
        opening = _RUN_IN.match(words) if outline is not None else None
        return opening[1] if opening else ""

    @staticmethod
    def _numbered(printed: str, title: str, outline: int | None) -> tuple[str | None, str]:
        """Number and title; a heading may bring its number in its words."""
        if printed.strip(" ."):
            return printed.strip(" ."), title
        parsed = parse_heading(title) if outline is not None and title else None
        return (parsed.number, parsed.title) if parsed and parsed.number else (None, title)

    def _runs(self, parent: Element, line: _Line) -> None:
        for element in parent:
            name = local(element)
            if name == "r":
                self._run(element, line)
            elif name in WRAPPERS:
                self._runs(element, line)
            elif name in INSERTED:
                self.insertions += has_text(element)
                self._runs(element, line)
            elif name in DELETED:
                self.deletions += has_text(element)
            elif name in ("oMath", "oMathPara"):
                line.parts.append((f" {equation(element)} ", False))
            elif name == "AlternateContent":
                self._runs(alternative(element), line)

    def _run(self, run: Element, line: _Line) -> None:
        properties = child(run, "rPr")
        style = self._styles.get(attribute(child(properties, "rStyle"), "val"), paragraph=False)
        if toggled(properties, "vanish", style.hidden or line.style.hidden):
            for element in run:
                if local(element) == "fldChar":
                    self._field(element)
            if has_text(run):
                words = "".join(element.text or "" for element in run if local(element) == "t")
                self._writer.hide(words, goes_on=line.after_hidden)
                line.after_hidden = True
            return
        underline = attribute(child(properties, "u"), "val") not in (None, "none")
        strong = toggled(properties, "b", False) or underline
        for element in run:
            text = self._character(element, line)
            if text and local(element) == "t" and attribute(child(properties, "vertAlign"), "val") == "superscript":
                text = raised(line.parts[-1][0] if line.parts else "", text)
            if text and all(self._fields):
                line.parts.append((text, strong))
                line.after_hidden = False

    def _field(self, element: Element) -> None:
        """A field is its instruction, which is not printed, and then its result."""
        kind = attribute(element, "fldCharType")
        if kind == "begin":
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _character(self, element: Element, line: _Line) -> str:
        name = local(element)
        if name == "t" or name in _CHARACTERS:
            return _CHARACTERS.get(name, element.text or "")
        if name == "fldChar":
            self._field(element)
        elif name == "sym":
            return sign(attribute(element, "char") or "")
        elif name in ("footnoteReference", "endnoteReference"):
            return self._note(name.removesuffix("Reference"), attribute(element, "id"))
        elif name in _DRAWN:
            line.boxes += boxes(element)
        elif name == "ruby":
            self._runs(element, line)
        return ""

    def _note(self, kind: str, note_id: str | None) -> str:
        if not all(self._fields):
            return ""
        self._counts[kind] += 1
        count = self._counts[kind]
        mark = f"[{in_roman(count) if kind == 'endnote' else count}]"
        # Taken out, so that one that many places refer to is read once, and one that refers to itself ends.
        note = self._notes.get(kind, {}).pop(note_id or "", None)
        if note is not None:
            self._due.append((mark, note))
        return mark

    def _write_notes(self) -> None:
        while self._due:
            mark, note = self._due.pop(0)
            self._writer.block(f"{mark} {self._cell(note)}", "para")

    def _table(self, table: Element) -> None:
        rows = list(children(table, "tr"))
        if all(len(list(children(row, "tc"))) < 2 for row in rows) or self._has_headings(table):
            # A frame around text, not data.
            for row in filter(self._is_kept, rows):
                for cell in children(row, "tc"):
                    self.write(cell)
            return
        for row in filter(self._is_kept, rows):
            cells = [self._cell(cell) for cell in children(row, "tc")]
            if any(cells):
                self._writer.block(" | ".join(cells), "table")
        self._write_notes()

    def _is_kept(self, row: Element) -> bool:
        properties = child(row, "trPr")
        self.insertions += child(properties, "ins") is not None
        deleted = child(properties, "del") is not None
        self.deletions += deleted
        return not deleted

    def _has_headings(self, table: Element) -> bool:
        found = (child(paragraph, "pPr") for paragraph in table.iter() if local(paragraph) == "p")
        styled = ((properties, attribute(child(properties, "pStyle"), "val")) for properties in found)
        return any(_outline(properties, self._styles.get(style)) is not None for properties, style in styled)

    def _cell(self, parent: Element) -> str:
        """The paragraphs and tables in a cell or a note on one line."""
        words: list[str] = []
        for element in parent:
            name = local(element)
            if name == "p":
                line, place = self._read(element)
                prefix = f"{place.printed} " if place and place.printed else "- " if place else ""
                text = " ".join(line.text().split())
                words += [prefix + text] if text else []
                words += [self._cell(box) for box in line.boxes]
            elif name == "tbl":
                words += [self._cell(cell) for row in children(element, "tr") for cell in children(row, "tc")]
            elif name in WRAPPERS or name in INSERTED:
                words.append(self._cell(element))
        return " ".join(filter(None, words))


def _outline(properties: Element | None, style: Style) -> int | None:
    """The level of a heading from 0, None for other paragraphs."""
    level = number(child(properties, "outlineLvl"), style.outline)
    return level if level is not None and 0 <= level <= 8 else None
