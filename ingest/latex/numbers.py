"""Numbers of LaTeX sections, figures and tables as the standard classes print them, and what
references read as.
"""

import re
from typing import NamedTuple

from docqa.ingest.language.numbers import in_letters, in_roman
from docqa.ingest.language.words import word_set
from docqa.ingest.structure.grids import MarkupCell

_SECTIONS = "part chapter section subsection subsubsection paragraph subparagraph"
_FLOATS = ("figure", "table")
LEVELS = {name: level for level, name in enumerate(_SECTIONS.split())}
COUNTING = word_set("appendix frontmatter mainmatter backmatter setcounter addtocounter")
_WHOLE_NUMBER = re.compile(r"-?\d{1,4}")
_REFERENCE = re.compile("\x01([^\x01\x02]*)\x02")


class UnnumberedBlock(NamedTuple):
    """A block before it is numbered. `kind`: a Block's, `label` with its key as `text`, or the
    macro that changes the counting (`appendix`, `frontmatter`, `setcounter` with its counter as
    `name`); `name`: the macro or float it came from. A reference in `text` is its label between
    U+0001 and U+0002, which no cleaned text has. A table's row has `cells` and the number of its
    `table`, too."""

    kind: str
    text: str
    name: str = ""
    numbered: bool = False
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
        self._counters = dict.fromkeys((*LEVELS, *_FLOATS), 0)
        # LaTeX counts parts as -1 or 0, sections as 1.
        self._deepest = 1 + (depth if depth is not None else 2 if self._chapters else 3)
        self._appendix = self._unnumbered = False
        self._labels: dict[str, str] = {}
        self._pieces = pieces

    def number_blocks_and_references(self) -> list[UnnumberedBlock]:
        """The pieces with their numbers and with references replaced."""
        current = own = ""
        out: list[UnnumberedBlock] = []
        for piece in self._pieces:
            if piece.kind == "label":
                # Where nothing was counted the key itself is all there is to read.
                self._labels.setdefault(piece.text, own or f"[{piece.text}]")
                continue
            if piece.kind in COUNTING:
                self._change_section_counters(piece)
                continue
            if piece.kind == "heading" and piece.numbered:
                piece = piece._replace(number=self._next_section_number(piece.name))
                current = piece.number or current
            own = piece.number or current
            if piece.name in _FLOATS:
                own = self._next_float_number(piece.name)
                piece = piece._replace(text=f"{piece.name.capitalize()} {own}: {piece.text}")
            out.append(piece)
        return [
            piece._replace(
                text=self._with_references(piece.text),
                cells=tuple(
                    cell._replace(text=self._with_references(cell.text)) for cell in piece.cells
                ),
            )
            for piece in out
        ]

    def _with_references(self, text: str) -> str:
        return _REFERENCE.sub(lambda match: self._labels.get(match[1], f"[{match[1]}]"), text)

    def _change_section_counters(self, piece: UnnumberedBlock) -> None:
        if piece.kind == "appendix":
            self._appendix = True
            self._counters["chapter" if self._chapters else "section"] = 0
        elif piece.kind.endswith("matter"):
            self._unnumbered = piece.kind != "mainmatter"
        elif piece.name in self._counters and _WHOLE_NUMBER.fullmatch(piece.text):
            before = self._counters[piece.name] if piece.kind == "addtocounter" else 0
            self._counters[piece.name] = before + int(piece.text)

    def _next_section_number(self, name: str) -> str:
        """The printed number of the next section, empty where the class prints none."""
        level = LEVELS[name]
        if level > self._deepest or (self._unnumbered and level > 0):
            return ""  # chapters of the front and back matter are not counted
        self._counters[name] += 1
        if level == 0:
            return f"Part {in_roman(self._counters[name]).upper()}"
        lower = [other for other in LEVELS if LEVELS[other] > level]
        self._counters |= dict.fromkeys((*lower, *(_FLOATS if level == 1 else ())), 0)
        first = 1 if self._chapters else 2
        counts = [self._counters[other] for other in LEVELS][first : level + 1]
        return ".".join([self._first_number(counts[0]), *map(str, counts[1:])])

    def _first_number(self, count: int) -> str:
        return in_letters(count).upper() if self._appendix else str(count)

    def _next_float_number(self, name: str) -> str:
        self._counters[name] += 1
        chapter = self._counters["chapter"]
        prefix = f"{self._first_number(chapter)}." if self._chapters and chapter else ""
        return f"{prefix}{self._counters[name]}"
