"""Words as they are seen on a page, where pdfium parts them elsewhere: letters that stand apart, words that run
together, letters that are drawn twice.

pdfium parts words by spaces in the text, drawn over or not, and by gaps that it measures by a guess. Here the other
gaps of the line are the measure, where it runs from left to right. That takes a look at every letter, so only pages
whose text raises a doubt are measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from docqa.ingest.language.expressions import lazily
from docqa.ingest.pdf.visibility.objects import Box

NOTHING = "\uffff"
"""Stands where a word goes on and has no letter; a noncharacter, which no text has."""

_LETTER = r"[^\W\d_]"
# Each begins with what few characters of a page are, so that most are passed over at once.
_GLUED = lazily(rf"[,;:](?<=[\w)].){_LETTER}{{2}}|[A-Z](?<=[a-z]{{2}}.)[a-z]")
_LIGATURE = lazily(rf"f[fil] {_LETTER}")
_SET_APART = lazily("[\u3040-\u30ff\u3400-\u9fff] (?=[\u3040-\u30ff\u3400-\u9fff] )")
_ALONE = lazily(rf"\s{_LETTER}(?=\s)")
_FEW_ALONE, _SHARE_ALONE = 10, 0.12  # of the words
_MOST_PLACES = 30
_DOUBLED = lazily(r"([A-Za-z])\1([A-Za-z])\2")
_DOUBLE = lazily(rf"({_LETTER})\1")
_LINE = lazily("[^\r\n\ufffe]+")
# Heights of a line, beyond the usual gap between two letters of the line: less is none, more parts words.
_JOINED, _PARTED = 0.03, 0.09
_SPREAD, _MOST_SPREAD = 0.08, 0.25  # the usual gap of letters that are set apart
_FEW_GAPS = 4
_LEAST_GAP = -0.3
_BESIDE = 0.25  # widths of a letter: between the middles of a letter and its copy
_CLOSES = frozenset(",.;:)")
BoxOf = Callable[[int], Box | None]


class Spacing(NamedTuple):
    """The text of a page, as long as before, with NOTHING where a word goes on; and where words begin in it that
    nothing parts from those before."""

    text: str
    breaks: frozenset[int]


def respaced(text: str, box_of: BoxOf) -> Spacing:
    """`text` with its words as they are seen; `box_of` gives the place (left, top, right, bottom; y up) of a character,
    None where it has none."""
    doubled, doubtful = _DOUBLED.search(text), _is_doubtful(text, box_of)
    if not doubled and not doubtful:
        return Spacing(text, frozenset())
    letters = list(text)
    for number in _drawn_twice(text, box_of) if doubled else ():
        letters[number] = NOTHING
    breaks: set[int] = set()
    for line in _LINE.finditer(text) if doubtful else ():
        seen = [at for at in range(*line.span()) if not letters[at].isspace() and letters[at] != NOTHING]
        for before, after, parted in _parted(text, seen, box_of):
            if parted:
                breaks.add(after)
            else:
                letters[before + 1 : after] = NOTHING * (after - before - 1)
    return Spacing("".join(letters), frozenset(breaks))


def _is_doubtful(text: str, box_of: BoxOf) -> bool:
    """Whether words of a page may be parted wrongly, by a few places where they would be."""
    glued = ((at - text[at].isalpha(), at + (not text[at].isalpha())) for at in _places(_GLUED, text))
    if any(gap > _PARTED for pair in glued for _, _, gap in _gaps(pair, box_of)):
        return True
    touching = [(at + 1, at + 3) for at in _places(_LIGATURE, text)]
    if not text.isascii():
        touching += [(at, at + 2) for at in _places(_SET_APART, text)]
    if any(gap < _JOINED for pair in touching for _, _, gap in _gaps(pair, box_of)):
        return True
    alone = [match.start() + 1 for match in _ALONE.finditer(text)]
    if len(alone) < _FEW_ALONE or len(alone) <= _SHARE_ALONE * (text.count(" ") + text.count("\n")):
        return False
    pairs = ((at - 2, at) for at in alone[:: len(alone) // _MOST_PLACES + 1] if at > 1)
    return any(gap < _MOST_SPREAD for pair in pairs for _, _, gap in _gaps(pair, box_of))


def _places(doubt: re.Pattern[str], text: str) -> Iterator[int]:
    return (match.start() for match in islice(doubt.finditer(text), _MOST_PLACES))


def _drawn_twice(text: str, box_of: BoxOf) -> Iterator[int]:
    """Letters that are drawn over the same letter before them, a little beside it, to look bold."""
    for match in _DOUBLE.finditer(text):
        first, second = box_of(match.start()), box_of(match.start() + 1)
        # Both letters of a ligature have the same place.
        if first is None or second is None or first == second:
            continue
        width = min(first[2] - first[0], second[2] - second[0])
        if abs(first[0] + first[2] - second[0] - second[2]) < 2 * _BESIDE * width:
            yield match.start() + 1


def _parted(text: str, seen: Sequence[int], box_of: BoxOf) -> Iterator[tuple[int, int, bool]]:
    """The neighbours among the characters `seen` of a line that are parted otherwise than `text` says, and whether they
    are."""
    gaps = list(_gaps(seen, box_of))
    near = sorted(gap for a, b, gap in gaps if b == a + 1 and _LEAST_GAP < gap < 2 * _MOST_SPREAD)
    usual = min(max(near[len(near) // 2], 0.0), _MOST_SPREAD) if len(near) >= _FEW_GAPS else 0.0
    for number, (before, after, gap) in enumerate(gaps):
        a, b = text[before], text[after]
        if after == before + 1:
            if (a.isalpha() or a in _CLOSES) and b.isalnum() and gap > usual + _PARTED:
                yield before, after, True
        elif a.isalnum() and b.isalnum() and _LEAST_GAP < gap < usual + _JOINED:
            # Words may touch: only letters that are set apart, a ligature and Chinese say that these are one.
            ligature = number > 0 and gaps[number - 1][1] == before and gaps[number - 1][2] < 2 * _LEAST_GAP / 3
            if usual > _SPREAD or ligature or (a > "\u2fff" and b > "\u2fff"):
                yield before, after, False


def _gaps(seen: Sequence[int], box_of: BoxOf) -> Iterator[tuple[int, int, float]]:
    """Neighbours on one height and the gap between them, in heights."""
    last: tuple[int, Box] | None = None
    for number in seen:
        box = box_of(number)
        if box is None:
            last = None
            continue
        if last is not None:
            left, top, _, bottom = box
            _, last_top, last_right, last_bottom = last[1]
            height = min(top - bottom, last_top - last_bottom)
            if height > 0 and min(top, last_top) - max(bottom, last_bottom) > 0.5 * height:
                yield last[0], number, (left - last_right) / height
        last = number, box
