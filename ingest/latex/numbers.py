"""Numbers of LaTeX sections, figures and tables as the standard classes print them, and what
references read as.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from docqa.ingest.language.numbers import in_letters, in_roman
from docqa.ingest.language.words import word_set
from docqa.ingest.structure.grids import MarkupCell

_SECTIONS = "part chapter section subsection subsubsection paragraph subparagraph"
LEVELS = {name: level for level, name in enumerate(_SECTIONS.split())}
_COUNTING = word_set("appendix frontmatter mainmatter backmatter setcounter addtocounter")
_WHOLE_NUMBER = re.compile(r"-?\d{1,4}")
_REFERENCE = re.compile("\x01([^\x01\x02]*)\x02")


class UnnumberedBlock(NamedTuple):
    """A block before it is numbered. `kind`: a Block's, or the macro that changes the counting
    (`appendix`, `frontmatter`, `setcounter` with its counter as `name`); `name`: the macro or float
    it came from. A reference in `text` is its label between U+0001 and U+0002, which no cleaned
    text has. A table's row has `cells` and the number of its `table` instead."""

    kind: str
    text: str
    name: str = ""
    numbered: bool = False
    labels: tuple[str, ...] = ()
    number: str = ""
    cells: tuple[MarkupCell, ...] = ()
    table: int = 0


class LatexNumbering:
    """Counts as the standard classes do, and knows what each label stands for."""

    def __init__(
        self, document_class: str, pieces: list[UnnumberedBlock], depth: int | None = None
    ) -> None:
        names = {piece.name for piece in pieces if piece.kind == "heading"}
        self._chapters = (
            document_class in ("book", "report", "memoir", "scrbook", "scrreprt")
            or "chapter" in names
        )
        self._counters = [0] * len(LEVELS)
        self._floats = {"figure": 0, "table": 0}
        # LaTeX counts parts as -1 or 0, sections as 1.
        self._deepest = 1 + (depth if depth is not None else 2 if self._chapters else 3)
        self._appendix = self._unnumbered = False
        self._labels: dict[str, str] = {}
        self._pieces = pieces

    def number_blocks_and_references(self) -> list[UnnumberedBlock]:
        """The pieces with their numbers and with references replaced."""
        current = ""
        out: list[UnnumberedBlock] = []
        for piece in self._pieces:
            if piece.kind in _COUNTING:
                self._change_section_counters(piece)
                continue
            if piece.kind == "heading" and piece.numbered:
                piece = piece._replace(number=self._next_section_number(LEVELS[piece.name]))
                current = piece.number or current
            own = piece.number or current
            if piece.name in self._floats and piece.kind != "heading":
                own = self._next_float_number(piece.name)
                piece = piece._replace(text=f"{piece.name.capitalize()} {own}: {piece.text}")
            for label in piece.labels:
                # Where nothing was counted the key itself is all there is to read.
                self._labels.setdefault(label, own or f"[{label}]")
            out.append(piece)
        return [self._replace_references(piece) for piece in out]

    def _replace_references(self, block: UnnumberedBlock) -> UnnumberedBlock:
        cells = (
            replace(cell, text=_REFERENCE.sub(self._label_for_reference, cell.text))
            for cell in block.cells
        )
        return block._replace(
            text=_REFERENCE.sub(self._label_for_reference, block.text), cells=tuple(cells)
        )

    def _change_section_counters(self, piece: UnnumberedBlock) -> None:
        if piece.kind == "appendix":
            self._appendix = True
            self._counters[1 if self._chapters else 2] = 0
        elif piece.kind == "mainmatter":
            self._unnumbered = False
        elif piece.kind in ("frontmatter", "backmatter"):
            self._unnumbered = True
        elif _WHOLE_NUMBER.fullmatch(piece.text):
            value = int(piece.text)
            added = piece.kind == "addtocounter"
            if piece.name in LEVELS:
                at = LEVELS[piece.name]
                self._counters[at] = value + added * self._counters[at]
            elif piece.name in self._floats:
                self._floats[piece.name] = value + added * self._floats[piece.name]

    def _label_for_reference(self, match: re.Match[str]) -> str:
        return self._labels.get(match.group(1), f"[{match.group(1)}]")

    def _next_section_number(self, level: int) -> str:
        """The printed number of the next section, empty where the class prints none."""
        if level > self._deepest or (self._unnumbered and level > 0):
            return ""  # chapters of the front and back matter are not counted
        self._counters[level] += 1
        if level == 0:
            return f"Part {in_roman(self._counters[0]).upper()}"
        self._counters[level + 1 :] = [0] * (len(self._counters) - level - 1)
        if level == 1:
            self._floats = dict.fromkeys(self._floats, 0)
        first = 1 if self._chapters else 2
        numbers = [str(n) for n in self._counters[first : level + 1]]
        if self._appendix:
            numbers[0] = in_letters(self._counters[first]).upper()
        return ".".join(numbers)

    def _next_float_number(self, name: str) -> str:
        self._floats[name] += 1
        chapter = self._counters[1]
        if not (self._chapters and chapter):
            return str(self._floats[name])
        prefix = in_letters(chapter).upper() if self._appendix else chapter
        return f"{prefix}.{self._floats[name]}"
