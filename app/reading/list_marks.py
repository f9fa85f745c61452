"""The marks of lists in a text, "(a)", "2.", "iv)", "•", and which of them follow one another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.ingest.language.numbers import in_letters, in_roman, ordinal_of

_OPENING = re.compile(
    r"(?:^|(?<=\n))(?P<indent>[ \t]*)(?:(?P<bracketed>\((?:[ivxlc]{1,6}|[IVXLC]{1,6}|[A-Za-z]{1,2}|\d{1,3})\))|"
    r"(?P<bare>(?:[ivxlc]{1,6}|[IVXLC]{1,6}|[A-Za-z]|\d{1,3})[.)])|(?P<bullet>[•▪◦●■‣*+·–—-]))[ \t]+(?=\S)"
)
_INSIDE = re.compile(
    r"(?<=[\s:;,—–-])(?P<bracketed>\((?:[ivxlc]{1,6}|[IVXLC]{1,6}|[A-Za-z]|\d{1,2})\))\s+(?=[\w“\"‘'(§$])"
)
_CITED = re.compile(
    r"(?:\b(?:sections?|subsections?|paragraphs?|subparagraphs?|clauses?|subclauses?|articles?|rules?|parts?|items?|limbs?|sub-?\w+|"
    r"§+)|\([A-Za-z0-9]{1,4}\)(?:\s*(?:,|and|or|to|through|and/or))?|\d)\s*$",
    re.IGNORECASE,
)
_NEAR = 24
_AROUND = 8

Place = tuple[str, int]
"""(style of a mark, as "(a)", with the white space in front of a bullet; which it is, from 1, 0 for
bullets).
"""


@dataclass(frozen=True)
class ListMark:
    """A mark at `at` of a text, for what begins at `body`; `opens_line`: nothing is in front of it
    on its line. `places`: what it may be, as "(i)" is the first of "(i)" or the ninth of "(a)"."""

    at: int
    body: int
    places: tuple[Place, ...]
    opens_line: bool

    @property
    def is_bullet(self) -> bool:
        return self.places[0][1] == 0


def find_list_marks(text: str) -> list[ListMark]:
    """The marks of `text` in order; "(b)" of "section 4(b)" is none."""
    found: dict[int, ListMark] = {}
    for match in _OPENING.finditer(text):
        _add_mark(found, match, opens_line=True)
    for match in _INSIDE.finditer(text):
        before = text[max(0, match.start() - _NEAR) : match.start()]
        first_behind = any(mark.body == match.start() for mark in found.values() if mark.opens_line)
        if match.start() not in found and (first_behind or not _CITED.search(before)):
            _add_mark(found, match, opens_line=first_behind)
    return [found[at] for at in sorted(found)]


def _add_mark(
    marks_by_offset: dict[int, ListMark], match: re.Match[str], *, opens_line: bool
) -> None:
    groups = match.groupdict()
    mark = groups.get("bullet") or groups.get("bare") or groups["bracketed"]
    places = (
        (((groups["indent"] or "") + mark, 0),)
        if groups.get("bullet")
        else _numbering_positions(mark)
    )
    at = match.start() + match.group().index(mark)
    if places:
        marks_by_offset[at] = ListMark(at, match.end(), places, opens_line)


def _numbering_positions(mark: str) -> tuple[Place, ...]:
    inner = mark.strip("().")
    if inner.isdigit():
        return ((mark.replace(inner, "1"), int(inner)),)
    case = str.upper if inner.isupper() else str.lower
    found = []
    if len(inner) == 1 or len(set(inner)) == 1:
        number = ord(inner[0].lower()) - 96 + 26 * (len(inner) - 1)
        if case(in_letters(number)) == inner:
            found.append((mark.replace(inner, case("a")), number))
    roman = ordinal_of(inner) if re.fullmatch("[ivxlc]+", inner.lower()) else ()
    if roman and case(in_roman(roman[0])) == inner:
        found.append((mark.replace(inner, case("i")), roman[0]))
    return tuple(sorted(found, key=lambda place: place[1]))


def list_starting_at_mark(
    marks: Sequence[ListMark], first: int, stops: Sequence[int]
) -> tuple[list[int], int | None]:
    """(the marks of the list that mark `first` begins, where its text ends at the latest; None: no
    mark ends it). Marks of other styles between two items belong to the first, where they begin
    with one and count on; else this one has ended, as it has at `stops` (headings)."""
    style, value = marks[first].places[0]
    run = [first]
    nested: dict[str, int] = {}
    around = {
        bullet
        for mark in marks[max(0, first - _AROUND) : first]
        for bullet, count in mark.places
        if not count
    }
    for number in range(first + 1, len(marks)):
        mark = marks[number]
        stop = next((at for at in stops if marks[run[-1]].at < at <= mark.at), None)
        if stop is not None and stop != mark.at:
            return run, stop
        if (style, value and value + 1) in mark.places:
            run.append(number)
            value = value and value + 1
            nested.clear()
        elif mark.opens_line and (
            mark.places[0][0] in around or not _is_nested(mark, style, nested)
        ):
            return run, mark.at
    return run, next((at for at in stops if at > marks[run[-1]].at), None)


def _is_nested(mark: ListMark, style: str, nested: dict[str, int]) -> bool:
    """Whether `mark` begins a list within an item, or goes on with one in `nested`; notes which."""
    for other, value in mark.places:
        outer = not value and len(other) < len(style)  # a bullet further to the left
        if other != style and not outer and (value <= 1 or nested.get(other) == value - 1):
            nested[other] = value
            return True
    return False
