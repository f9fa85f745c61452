"""The body of a DOCX: text as printed with all tracked changes accepted."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from xml.etree.ElementTree import Element

from docqa.ingest.colours import Colour
from docqa.ingest.language.numbers import in_roman
from docqa.ingest.structure.clean import collapse_whitespace, collapse_whitespace_by_line
from docqa.ingest.structure.grids import MarkupCell
from docqa.ingest.structure.outline import split_number
from docqa.ingest.writer import BlockWriter, superscript_text
from docqa.ingest.xml_tree import (
    attribute,
    children_named,
    descendants_with_names,
    first_descendant_by_path,
    local_name,
)

from . import markup as word
from .comments import Comments
from .formatting import (
    RunFormat,
    are_letters_invisible,
    is_hidden_drawing,
    is_off_the_page,
    shading_colour,
    text_box_background,
)
from .markup import value
from .numbering import Numbering
from .styles import ResolvedStyle, Styles, format_of_run

_DRAWN = frozenset(("drawing", "pict", "object", "AlternateContent"))
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_MAX_HEADING_CHARS = 160  # a longer paragraph in the style of a heading is a clause
_MOST_COLUMNS = 200
_LOWEST_ROW = 40  # in twentieths of a point: two points
T = TypeVar("T")


class ParagraphLine:
    """A paragraph while its text is collected; `ground`: the colour after it, None: unknown;
    `unseen`: off the page.
    """

    def __init__(
        self, style: ResolvedStyle, ground: Colour | None, *, unseen: bool = False
    ) -> None:
        self.style = style
        self.ground = ground
        self.unseen = unseen
        self.boxes: list[tuple[Element, Colour | None]] = []
        self.after_hidden = False
        self._parts: list[tuple[str, RunFormat]] = []

    @property
    def is_table_of_contents_line(self) -> bool:
        """Whether its style is that of a line in a table of contents."""
        return self.style.name.lower().startswith("toc ")

    def add(self, text: str, run_format: RunFormat) -> None:
        """More words at the end."""
        self._parts.append((text, run_format))

    def pop_words(self) -> str:
        """The words collected so far, which it forgets."""
        words = "".join(part for part, _ in self._parts)
        self._parts.clear()
        return words

    def last_added_text(self) -> str:
        """What was added last."""
        return self._parts[-1][0] if self._parts else ""

    def text(self) -> str:
        """The words as printed, white space in order."""
        before, end, line = "".join(part for part, _ in self._parts).rpartition("\n")
        if self.is_table_of_contents_line:
            # The leader that Word prints before the page number.
            line = " .... ".join(line.rsplit("\t", 1))
        return collapse_whitespace_by_line(before + end + line)

    def size_and_emphasis(self) -> tuple[float, bool]:
        """The size of most letters in points, and whether all are bold, underlined or capitals."""
        parts = [
            (text.strip(), letters) for text, letters in self._parts if any(map(str.isalnum, text))
        ]
        if not parts:
            return self.style.letters.size, False
        sizes = Counter[float]()
        for text, letters in parts:
            sizes[letters.size] += len(text)
        apart = all(
            letters.bold or letters.underlined or letters.capitals or text.isupper()
            for text, letters in parts
        )
        return sizes.most_common(1)[0][0], apart


class DocxBody:
    """Writes body elements into `writer` and counts what is left out. `ground`: the page's colour;
    `under_boxes`: the colour after its text boxes, None where images float there."""

    def __init__(
        self,
        writer: BlockWriter,
        styles: Styles,
        numbering: Numbering,
        notes: Mapping[str, dict[str, Element]],
        comments: Comments,
        ground: Colour,
        under_boxes: Colour | None,
    ) -> None:
        self.title = ""
        self.insertions = self.deletions = self.embedded = 0
        self._writer = writer
        self._styles = styles
        self._numbering = numbering
        self._notes = notes
        self._comments = comments
        self._ground: Colour | None = ground
        self._under_boxes = under_boxes
        self._counts = {"footnote": 0, "endnote": 0}
        self._due: list[tuple[str, Element]] = []
        self._fields: list[bool] = []
        self._carry = ""

    def write(self, parent: Element) -> None:
        """Writes the paragraphs and tables in `parent`, in order."""
        for element in self._elements_without_wrappers(parent):
            name = local_name(element)
            if name == "p":
                self._write_paragraph_and_boxes(element)
            elif name == "tbl":
                self._write_table(element)
            elif name == "altChunk":
                self.embedded += 1

    def _elements_without_wrappers(
        self, parent: Element, *, runs: bool = False
    ) -> Iterator[Element]:
        """The elements in `parent` and in wrappers; counts deletions, and in `runs` insertions."""
        for element in parent:
            name = local_name(element)
            if name in word.TRANSPARENT:
                self.insertions += runs and name in word.INSERTED and word.has_text(element)
                yield from self._elements_without_wrappers(element, runs=runs)
            elif name in word.DELETED:
                self.deletions += word.has_text(element)
            elif name == "AlternateContent":
                yield from self._elements_without_wrappers(
                    word.newest_alternate_content(element), runs=runs
                )
            elif name in ("commentRangeStart", "commentRangeEnd"):
                self._comments.mark(name, attribute(element, "id"))
            else:
                yield element

    def words_of(self, part: Element) -> str:
        """The words of a header, a footer or a comment, a line a paragraph."""
        return "\n".join(filter(None, map(self._words_on_one_line, part)))

    def _write_paragraph_and_boxes(self, element: Element) -> None:
        line, printed = self._line_and_list_number(element)
        text = line.text()
        if text:
            self._write_paragraph(element, line, printed, text)
        self._write_notes()
        for box, ground in line.boxes:
            self._call_with_background(ground, self.write, box)

    def _line_and_list_number(self, element: Element) -> tuple[ParagraphLine, str]:
        """The words of a paragraph, and what its list prints before them."""
        properties = first_descendant_by_path(element, "pPr")
        style_id = value(properties, "pStyle")
        style = self._styles.get(style_id)
        ground = shading_colour(properties) or style.ground or self._ground
        unseen = style.off_page or is_off_the_page(properties)
        line = ParagraphLine(style, ground, unseen=unseen)
        if self._carry:
            line.add(self._carry, style.letters)
            self._carry = ""
        self._add_runs(element, line)
        mark = first_descendant_by_path(properties, "rPr")
        if (
            first_descendant_by_path(mark, "del") is not None
            or first_descendant_by_path(mark, "moveFrom") is not None
        ):
            # The end of this paragraph was deleted: what is left of it begins the next one.
            self._carry = line.pop_words()
            return line, ""
        if not line.text() and word.is_property_on(mark, "vanish", False):
            return line, ""
        return line, self._numbering.next(style_id, line.style, properties)

    def _write_paragraph(
        self, element: Element, line: ParagraphLine, list_number: str, text: str
    ) -> None:
        level = _heading_level(first_descendant_by_path(element, "pPr"), line.style)
        if not self.title and line.style.name.lower() == "title":
            self.title = text
        words = text if level is None else collapse_whitespace(text)
        # A line of the table of contents is no heading, however it looks.
        if line.is_table_of_contents_line or len(words) > _MAX_HEADING_CHARS:
            level = None
        kind = "list" if list_number or line.is_table_of_contents_line else "para"
        size, apart = line.size_and_emphasis()
        start = self._writer.block(
            f"{list_number} {words}" if list_number else words,
            kind if level is None else "heading",
            is_bold=apart,
            size=size,
        )
        if level is not None and start is not None:
            number = list_number.strip(" .-")
            numbered = (number, words) if number else split_number(words)
            self._writer.mark(level + 1, *numbered, start)

    def _add_runs(self, parent: Element, line: ParagraphLine) -> None:
        for element in self._elements_without_wrappers(parent, runs=True):
            name = local_name(element)
            if name == "r":
                self._add_run(element, line)
            elif name in ("oMath", "oMathPara"):
                line.add(f" {word.equation_on_one_line(element)} ", line.style.letters)

    def _add_run(self, run: Element, line: ParagraphLine) -> None:
        properties = first_descendant_by_path(run, "rPr")
        characters = self._styles.get(value(properties, "rStyle"), paragraph=False)
        letters = format_of_run(line.style, characters, properties)
        if line.unseen or are_letters_invisible(letters, line.ground):
            self._hide_run(run, line)
            return
        for element in run:
            text = self._text_of_character(element, line)
            if (
                text
                and local_name(element) == "t"
                and value(properties, "vertAlign") == "superscript"
            ):
                text = superscript_text(line.last_added_text(), text)
            if text and all(self._fields):
                line.add(text, letters)
                line.after_hidden = False
                self._comments.add_document_words(text)

    def _hide_run(self, run: Element, line: ParagraphLine) -> None:
        """Its fields, boxes and notes still count."""
        for element in run:
            if local_name(element) not in ("t", *_CHARACTERS):
                self._text_of_character(element, line)
        if word.has_text(run):
            words = "".join(text.text or "" for text in children_named(run, "t"))
            self._writer.hide(words, continues_last=line.after_hidden)
            line.after_hidden = True

    def _handle_field_character(self, element: Element) -> None:
        """The instruction is not printed, the result is."""
        kind = attribute(element, "fldCharType")
        if kind == "begin":
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _text_of_character(self, element: Element, line: ParagraphLine) -> str:
        name = local_name(element)
        if name == "t" or name in _CHARACTERS:
            return _CHARACTERS.get(name, element.text or "")
        if name == "fldChar":
            self._handle_field_character(element)
        elif name == "sym":
            return word.symbol_character(attribute(element, "char") or "")
        elif name in ("footnoteReference", "endnoteReference"):
            return self._count_note_and_make_mark(
                name.removesuffix("Reference"), attribute(element, "id")
            )
        elif name == "commentReference":
            self._comments.mark(name, attribute(element, "id"))
        elif name in _DRAWN and is_hidden_drawing(word.newest_alternate_content(element)):
            self._writer.hide(word.words_in(element))
        elif name in _DRAWN:
            ground = text_box_background(element, self._under_boxes)
            line.boxes += [(box, ground) for box in word.text_box_contents(element)]
        elif name == "ruby":
            self._add_runs(element, line)
        return ""

    def _count_note_and_make_mark(self, kind: str, note_id: str | None) -> str:
        if not all(self._fields):
            return ""
        self._counts[kind] += 1
        count = self._counts[kind]
        mark = f"[{in_roman(count) if kind == 'endnote' else count}]"
        # Taken out, so that one that many places refer to is read once, and one that refers to
        # itself ends.
        note = self._notes.get(kind, {}).pop(note_id or "", None)
        if note is not None:
            self._due.append((mark, note))
        return mark

    def _write_notes(self) -> None:
        while self._due:
            mark, note = self._due.pop(0)
            self._writer.block(f"{mark} {self._words_on_one_line(note)}", "para")

    def _write_table(self, table: Element) -> None:
        outer = self._ground
        if self._styles.is_shaded(value(table, "tblPr", "tblStyle")):
            self._ground = None  # which cells the style fills depends on where they are
        rows = list(word.children(table, "tr"))
        if all(
            len(list(word.children(row, "tc"))) < 2 for row in rows
        ) or self._has_headings_in_cells(table):
            # A frame around text, not data.
            for row in filter(self._is_row_kept, rows):
                for cell in word.children(row, "tc"):
                    self._call_with_cell_background(cell, self.write)
        else:
            kept = list(filter(self._is_row_kept, rows))
            for row, cells in zip(kept, cells_with_spans_by_row(kept), strict=True):
                named = first_descendant_by_path(row, "trPr", "tblHeader") is not None
                shown: list[MarkupCell] = []
                for docx_cell in cells:
                    words = ""
                    if docx_cell.element is not None:
                        words = self._call_with_cell_background(
                            docx_cell.element, self._words_on_one_line
                        )
                    if docx_cell.goes_on:
                        self._writer.hide(words)
                    else:
                        shown.append(MarkupCell(words, docx_cell.columns, docx_cell.rows, named))
                self._writer.row(shown, id(table))
            self._write_notes()
        self._ground = outer

    def _call_with_cell_background(self, cell: Element, function: Callable[[Element], T]) -> T:
        return self._call_with_background(
            shading_colour(first_descendant_by_path(cell, "tcPr")) or self._ground, function, cell
        )

    def _call_with_background(
        self, colour: Colour | None, function: Callable[[Element], T], element: Element
    ) -> T:
        outer = self._ground
        self._ground = colour
        result = function(element)
        self._ground = outer
        return result

    def _is_row_kept(self, row: Element) -> bool:
        properties = first_descendant_by_path(row, "trPr")
        self.insertions += first_descendant_by_path(properties, "ins") is not None
        deleted = first_descendant_by_path(properties, "del") is not None
        self.deletions += deleted
        height = first_descendant_by_path(properties, "trHeight")
        low = (
            attribute(height, "hRule") == "exact"
            and word.attribute_as_number(height, "val", _LOWEST_ROW + 1) <= _LOWEST_ROW
        )
        if low or word.is_property_on(properties, "hidden", False):
            self._writer.hide(word.words_in(row))
            return False
        return not deleted

    def _has_headings_in_cells(self, table: Element) -> bool:
        for paragraph in descendants_with_names(table, "p"):
            properties = first_descendant_by_path(paragraph, "pPr")
            style = self._styles.get(value(properties, "pStyle"))
            if _heading_level(properties, style) is not None:
                return True
        return False

    def _words_on_one_line(self, parent: Element) -> str:
        words: list[str] = []
        for element in [parent] if local_name(parent) in ("p", "tbl") else parent:
            name = local_name(element)
            if name == "p":
                words += self._words_of_paragraph(element)
            elif name == "tbl":
                for row in word.children(element, "tr"):
                    words += [
                        self._call_with_cell_background(cell, self._words_on_one_line)
                        for cell in word.children(row, "tc")
                    ]
            elif name in word.TRANSPARENT:
                words.append(self._words_on_one_line(element))
        return " ".join(filter(None, words))

    def _words_of_paragraph(self, element: Element) -> list[str]:
        line, printed = self._line_and_list_number(element)
        text = collapse_whitespace(line.text())
        words = [f"{printed} {text}" if printed else text] if text else []
        return words + [
            self._call_with_background(ground, self._words_on_one_line, box)
            for box, ground in line.boxes
        ]


def _heading_level(properties: Element | None, style: ResolvedStyle) -> int | None:
    """The level of a heading from 0, None for other paragraphs."""
    level = word.child_val_as_number(properties, "outlineLvl", style.outline)
    return level if level is not None and 0 <= level <= 8 else None  # 9 is body text


@dataclass(slots=True)
class DocxCell:
    """A cell over so many `rows`. `element`: None for columns that its row leaves out; `goes_on`:
    it continues the cell above, its own words are not shown."""

    element: Element | None
    columns: int
    goes_on: bool = False
    rows: int = 1


def cells_with_spans_by_row(rows: Sequence[Element]) -> list[list[DocxCell]]:
    """The cells of each row, in order."""
    placed: list[list[DocxCell]] = []
    above: dict[int, DocxCell] = {}  # column -> the cell of merged rows that covers it
    for row in rows:
        cells: list[DocxCell] = []
        merged: dict[int, DocxCell] = {}
        column = _column_count(first_descendant_by_path(row, "trPr"), "gridBefore", 0)
        if column:
            cells.append(DocxCell(None, column))
        for element in word.children(row, "tc"):
            properties = first_descendant_by_path(element, "tcPr")
            cell = DocxCell(element, _column_count(properties, "gridSpan", 1))
            merge = first_descendant_by_path(properties, "vMerge")
            if merge is not None and attribute(merge, "val") != "restart" and column in above:
                above[column].rows += 1
                cell.goes_on = True
                merged[column] = above[column]
            elif merge is not None:
                merged[column] = cell
            cells.append(cell)
            column += cell.columns
        placed.append(cells)
        above = merged
    return placed


def _column_count(properties: Element | None, name: str, minimum: int) -> int:
    return min(max(word.child_val_as_number(properties, name, minimum), minimum), _MOST_COLUMNS)
