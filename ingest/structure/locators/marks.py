"""The numbers and letters that open lines, and their open levels: (1), in it (a), in it (i)."""

import re
from collections.abc import Iterator, Sequence
from string import ascii_letters
from typing import NamedTuple

from docqa.ingest.language.numbers import ROMAN, in_letters
from docqa.ingest.language.places import ELSEWHERE
from docqa.ingest.language.sentences import sentences
from docqa.ingest.language.words import alternatives, word_set
from docqa.ingest.structure.clean import LEADER, collapse_whitespace
from docqa.ingest.types import Page, lines_of, location_of

ABJAD = "أ –"
BRACKET = frozenset(("(a)", "a)", ABJAD, "1 –"))
ALONE = "alone"
_ABJAD = "أبجدهوزحطيكلمنسعفصقر"
"""The letters by which Arabic counts, in their order."""
_ABJAD_MARK = rf"\s{{0,80}}([{_ABJAD}])\u0640{{0,3}}\s?(?:[-–—.](?=\s|\d|[\u0621-\u064a])\s?|(?=\d{{1,2}}\s?-))"
# A line from right to left may have the sign after its number in front of it: ".3", "– 3".
_ARABIC_NUMBER = (
    r"\s{0,80}(?:(\d{1,3})\s?[-–—\u0640]|[.–-]\s?(\d{1,3}))\s?(?:\u0640\s)?(?=[\u0621-\u064a])"
)
_INNER = r"\d{1,3}(?:[A-Z]{1,2}|[a-z])?|[a-z]{1,5}(?:\d{1,2})?|[A-Z]{1,5}"
_BRACKETED = re.compile(rf"\s{{0,80}}\(\s?({_INNER})\s?\)(?=[\s(—–:A-Z“-]|$)")
WORDED = "Article 1"
DIVISION = "Part 1"
_DIVISIONS = "|".join(
    ("article", "section", "rule", "clause", "regulation", "art\\.", "sec\\.", *ELSEWHERE)
)
_WORDED = rf"\s{{0,80}}((?:(?:{_DIVISIONS})\s+|§\s?)\(?\d{{1,4}}[A-Z]?\)?)(?=[.:,–—-]?(?:\s|$))"
_DIVISION = r"\s{0,80}((?:Part|PART|Chapter|CHAPTER|Title|TITLE)\s+(?:\d{1,3}|[IVXLC]{1,8}|[A-Z]))(?=\s*[-–—:.]\s|\s*$)"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){1,5}"
_DEEP = r"\d{1,3}(?:\.\d{1,3}){2,5}"
_CLAUSE = (
    r"\s{0,80}(?:(?:Section|SECTION)\s{1,3})?"
    rf"({_DOTTED}[A-Z]?(?=[.)\s])|{_DOTTED}(?=[A-Z][A-Za-z]{{2}})|{_DEEP}(?=$))[.)]?"
)
_SHAPES = (
    (WORDED, re.compile(_WORDED, re.IGNORECASE)),
    (DIVISION, re.compile(_DIVISION)),
    ("(a)", _BRACKETED),
    ("1.1", re.compile(_CLAUSE)),
    ("1.", re.compile(r"\s{0,80}(\d{1,4})\.\s++(?=[^\W\d_]|[“\"‘'(\[])")),
    ("[1]", re.compile(r"\s{0,80}(?:\[(\d{1,4})\]|¶\s?(\d{1,4})\.?)\s++(?=[^\W\d_]|[“\"‘'(\[])")),
    ("a)", re.compile(r"\s{0,80}(\d{1,3}|[a-z]{1,5}|[A-Z])\)(?=\s|[A-Za-z]{2})")),
    (ABJAD, re.compile(_ABJAD_MARK)),
    ("1 –", re.compile(_ARABIC_NUMBER)),
    ("a.", re.compile(r"\s{0,80}([A-Z]|[a-z]|[ivxlc]{2,5}|[IVXLC]{2,5})\.(?=\s)")),
)
_ALONE = re.compile(r"\s*([IVX]{1,5}|[A-Z]|\d{1,2})\.?\s*$")
_FIRST_MARK = re.compile(r"\s*[(\[¶§.–\w-]")
_INLINE = re.compile(rf"([;:.—–])\s*(?:(?:and|or|and/or)\s+)?(?=\((?:{_INNER})\)\s)")
_COUNTED_NAMES = word_set(
    "Theorem Lemma Proposition Corollary Definition Conjecture Axiom Claim Remark Example Algorithm Assumption "
    "Figure FIGURE Fig\\. Table TABLE Listing Box Recital Théorème Lemme Corollaire Définition Remarque Exemple "
    "Tableau Satz Korollar Abbildung Tabelle Teorema Definición Tabla Figura"
)
_NAMED = re.compile(
    rf"((?:{alternatives(_COUNTED_NAMES)})\s+"
    r"(?:\d{1,3}(?:[.\-–]\d{1,3}){0,3}[a-z]?|[A-Z]\.?\d{1,3}|[IVX]{1,5}))(?:\s*[.:|—(]|\s+(?=[A-Z“\"])|\s*$)"
)
_MOST_MARKS = 4
_ROMAN = {text: number for text, number in ROMAN.items() if number < 100}
_LETTERS = {in_letters(number): number for number in range(1, 105)}
_GAP = 3
"""Numbers that may be missing between two marks of a level: repealed ones, or marks that the print
lost.
"""
_WIDE_GAP = 20
"""The same where the marks after it count on."""
_LOOK_AHEAD = 150
"""Lines in which the second mark of a level is looked for."""
_PART_AHEAD = 1500
"""The same for the parts of an opinion and for subsections, which may run over many pages."""


class NumberMark(NamedTuple):
    """A number or letter at offset `start` of `page`: `text` without what sets it apart, `shape`:
    "(a)", "a)", "a.", "1.", "1.1", "[1]". `stop`: the sign in front of one within a line."""

    page: int
    start: int
    text: str
    shape: str
    stop: str = ""


class MarkedLine(NamedTuple):
    """A line `start:end` of `page` with its `text`: `marks` that open it, `inline` ones after a
    stop in it, its `name` where it is a theorem or a caption. `sentence_end`: where the last inline
    mark's sentence begins, or 0."""

    page: int
    start: int
    text: str
    marks: tuple[NumberMark, ...]
    inline: tuple[NumberMark, ...]
    name: str | None
    sentence_end: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parse_marked_lines(pages: Sequence[Page]) -> Iterator[MarkedLine]:
    """The lines that have words, in order, without those of a table of contents."""
    for page in pages:
        for at in lines_of(page.text):
            text = at.of(page.text)
            if text.strip() and not LEADER.search(text):
                yield parse_line(page.page, at.start, text)


def parse_line(page: int, start: int, text: str) -> MarkedLine:
    alone = _ALONE.match(text)
    if alone:
        marks: tuple[NumberMark, ...] = (
            NumberMark(page, start + alone.start(1), alone.group(1), ALONE),
        )
    else:
        marks = tuple(_opening_marks(page, start, text)) if _FIRST_MARK.match(text) else ()
    named = _NAMED.match(text)
    name = collapse_whitespace(named.group(1)) if named else None
    inline = tuple(_inline_marks(page, start, text)) if "(" in text else ()
    following = (start + span.start for span in sentences(text)) if inline else ()
    return MarkedLine(
        page,
        start,
        text,
        marks,
        inline,
        name,
        next((at for at in following if at > inline[-1].start), 0),
    )


def _opening_marks(page: int, start: int, text: str) -> Iterator[NumberMark]:
    """The marks that open a line: one, or several as "4. (1) (a)"."""
    at = 0
    if " | " in text:
        return
    for count in range(_MOST_MARKS):
        for shape, pattern in _SHAPES:
            match = pattern.match(text, at)
            if match and (count == 0 or shape in ("(a)", "a.", "1 –")):
                group = match.lastindex or 1
                first = match.start(group)
                if shape in ("1 –", "1.1"):
                    first = match.start()
                elif shape in ("(a)", "[1]") and "¶" not in text[:first]:
                    first = text.rfind(shape[0], 0, first)
                yield NumberMark(page, start + max(first, 0), match[group], shape)
                at = match.end()
                break
        else:
            return


def _inline_marks(page: int, start: int, text: str) -> Iterator[NumberMark]:
    for stop in _INLINE.finditer(text):
        match = _BRACKETED.match(text, stop.end())
        if match:
            yield NumberMark(page, start + match.start(1) - 1, match.group(1), "(a)", stop.group(1))


class NumberingLevel(NamedTuple):
    """A level with the mark that was last opened in it."""

    shape: str
    kind: str
    ordinal: int
    text: str


class NumberingLevelStack:
    """The open levels of one section. Mutable. `lines` are those of the document, for what comes
    next.
    """

    def __init__(self, lines: Sequence[MarkedLine]) -> None:
        self.lines = lines
        self.open: list[NumberingLevel] = []
        self._own = 0  # levels that are the section's own number, which no list closes

    def open_own_levels(self, texts: Sequence[str], shape: str) -> None:
        """Opens the levels of a section that is itself a part: "(a)" and "(1)" of 101(a)(1), so
        that "(b)" follows.
        """
        for text in texts:
            if readings := possible_kinds_and_ordinals(text):
                self.open.append(NumberingLevel(shape, *readings[0 if self.open else -1], text))
        self._own = len(self.open)

    def clear(self) -> None:
        self.open.clear()
        self._own = 0

    def close_below_depth(self, depth: int) -> None:
        """Leaves `depth` levels open, and those of the section itself."""
        del self.open[max(depth, self._own) :]

    def open_if_next(self, line_number: int, mark: NumberMark) -> bool:
        """Opens what `mark` of line number `line_number` begins; False for a stray."""
        follows = self._level_continued_by(mark)
        if follows and not self._is_roman_one(line_number, mark, follows):
            return self._set_level(*follows)
        for kind, ordinal in possible_kinds_and_ordinals(mark.text):
            if ordinal == 1 and self._is_continued_before_restart(line_number, mark, kind):
                shapes = [(level.shape, level.kind) for level in self.open]
                shapes.append((mark.shape, kind))
                depth = shapes.index((mark.shape, kind))
                return self._set_level(depth, NumberingLevel(mark.shape, kind, 1, mark.text))
            if (
                not self.open
                and ordinal in (2, 3)
                and self._is_next_mark(line_number, mark, kind, ordinal + 1)
            ):
                # The first is lost in print.
                return self._set_level(0, NumberingLevel(mark.shape, kind, ordinal, mark.text))
        later = self._level_continued_by(mark, _GAP)
        # After a wide gap in print ("30." and "37.") the numbers must count on.
        digits = mark.text if not later and mark.text.isdigit() else ""
        if digits and self._is_next_mark(line_number, mark, "1", int(digits) + 1):
            later = self._level_continued_by(mark, _WIDE_GAP)
        return later is not None and self._set_level(*later)

    def reopen_alone(self, mark: NumberMark) -> None:
        """Opens `mark` alone: its level counts on from one that a new part of the document
        closed.
        """
        kind, ordinal = possible_kinds_and_ordinals(mark.text)[0]
        self.open[self._own :] = [NumberingLevel(mark.shape, kind, ordinal, mark.text)]

    def is_innermost_continued_after(self, line_number: int) -> bool:
        """Whether the innermost open level goes on after line number `line_number` before it begins
        again.
        """
        if not self.open:
            return True
        level = self.open[-1]
        here = self.lines[line_number]
        for after in self._later_marks_of_shape(
            line_number, NumberMark(here.page, here.start, "", level.shape)
        ):
            readings = possible_kinds_and_ordinals(after.text)
            if (level.kind, level.ordinal + 1) in readings:
                return True
            if (level.kind, 1) in readings:
                return False
        return False

    def open_if_next_inline(self, line_number: int, mark: NumberMark) -> bool:
        """As `open_if_next` for a mark within a line, which must be the very next one or begin a
        list after a colon.
        """
        follows = self._level_continued_by(mark)
        if follows:
            return self._set_level(*follows)
        for kind, ordinal in possible_kinds_and_ordinals(mark.text):
            if (
                ordinal == 1
                and mark.stop in ":—–"
                and self._is_continued_before_restart(line_number, mark, kind)
            ):
                return self._set_level(
                    len(self.open), NumberingLevel(mark.shape, kind, 1, mark.text)
                )
        return False

    def _set_level(self, depth: int, level: NumberingLevel) -> bool:
        self.open[depth:] = [level]
        return True

    def _level_continued_by(
        self, mark: NumberMark, most_missing: int = 0
    ) -> tuple[int, NumberingLevel] | None:
        """The innermost open level that `mark` goes on, as it is then."""
        for depth, level in reversed(list(enumerate(self.open))):
            for kind, ordinal in possible_kinds_and_ordinals(mark.text):
                step = ordinal - level.ordinal
                # "2A" follows "2", "iiia" follows "iii".
                follows = 0 < step <= most_missing + 1 or (step == 0 and mark.text != level.text)
                if follows and (level.shape, level.kind) == (mark.shape, kind):
                    return depth, NumberingLevel(mark.shape, kind, ordinal, mark.text)
        return None

    def _is_roman_one(
        self, line_number: int, mark: NumberMark, continued: tuple[int, NumberingLevel]
    ) -> bool:
        """Whether "(i)" after "(h)" is a one: "(ii)" comes next."""
        if mark.text.lower() != "i" or continued[1].kind.lower() == "i":
            return False
        after = next(self._later_marks_of_shape(line_number, mark), None)
        return after is not None and after.text.lower() == "ii"

    def _is_next_mark(self, line_number: int, mark: NumberMark, kind: str, ordinal: int) -> bool:
        """Whether the next mark counted as `mark` has this number."""
        for after in self._later_marks_of_shape(line_number, mark):
            readings = dict(possible_kinds_and_ordinals(after.text))
            if kind in readings:
                return readings[kind] == ordinal
        return False

    def _is_continued_before_restart(self, line_number: int, mark: NumberMark, kind: str) -> bool:
        """Whether a later mark of the level that `mark` begins comes before its first again."""
        for after in self._later_marks_of_shape(line_number, mark):
            if after.text == mark.text:
                return False
            if 1 < dict(possible_kinds_and_ordinals(after.text)).get(kind, 0) <= 2 + _GAP:
                return True
        return False

    def _later_marks_of_shape(self, line_number: int, mark: NumberMark) -> Iterator[NumberMark]:
        """The marks of the same shape in the lines that follow."""
        outer = mark.shape == ALONE or (mark.text == "1" and not self.open)
        far = _PART_AHEAD if outer else _LOOK_AHEAD
        for number in range(line_number, min(line_number + far, len(self.lines))):
            row = self.lines[number]
            for after in (*row.marks, *row.inline):
                if after.shape == mark.shape and location_of(after) > location_of(mark):
                    yield after


def possible_kinds_and_ordinals(text: str) -> list[tuple[str, int]]:
    """What a mark may count as (kind, ordinal): "i" is a Roman one or the ninth letter, "2A" a
    two.
    """
    digits = text.rstrip(ascii_letters) if text[:1].isdigit() else ""
    if digits:
        return [("1", int(digits))]
    if text in _ABJAD:
        return [("أ", _ABJAD.index(text) + 1)]
    lowered = text.lower().rstrip("0123456789")  # "a1", which an amendment put after "a"
    inserted = lowered not in _ROMAN and len(lowered) > 2 and lowered[:-1] in _ROMAN  # "iiia"
    numeral = lowered[:-1] if inserted else lowered
    readings = [("i", _ROMAN[numeral])] if numeral in _ROMAN else []
    if lowered in _LETTERS:
        readings.append(("a", _LETTERS[lowered]))
    return [(kind if text.islower() else kind.upper(), ordinal) for kind, ordinal in readings]
