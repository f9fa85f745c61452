"""Words of a PDF page that nobody can see: invisible, in the colour of what is behind them, or covered.

What the drawing says makes a word a suspect; the picture decides. The page is rendered with and without the suspects'
text objects, and a word is hidden only where that changes nothing, so visible text is never lost to a guess about
clips, blends or transparency. Pages without suspects, nearly all, are not rendered.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from .limits import MAX_RENDERED_PIXELS
from .picture import Picture
from .scene import PAPER, Box, Cover, Scene, image_share

INVISIBLE, SAME_COLOUR, COVERED, OUTSIDE = "invisible", "in the colour of its background", "covered", "off the page"

_SAME = 12  # levels of 256 that the eye does not tell apart
_CLEAR = 13  # of 255: below this alpha nothing is seen
_SCAN_SHARE = 0.8
_TWIN_POINTS = 2.0


class Verdict(NamedTuple):
    """`reasons`: why a word is hidden, by its number. `ocr`: the words are the text layer of a scanned page."""

    reasons: dict[int, str]
    ocr: bool


class _Suspect(NamedTuple):
    word: int
    owners: frozenset[int]
    box: Box
    reason: str
    must_be_plain: bool


class Judge:
    """Says of the words of a page which are hidden. Words are ranges of characters, first and last."""

    def __init__(self, page: Any, text_page: Any) -> None:
        self._page, self._text_page = page, text_page
        self._scene = Scene(page)
        self._paints: dict[int, _Paint] = {}

    def pieces(self, first: int, last: int) -> list[tuple[int, int]]:
        """The word cut where text that may be unseen meets other text: white leaders and a number, for example."""
        start, end = self._paint(first), self._paint(last)
        if not (start.shy or end.shy) or first == last:
            return [(first, last)]
        shy = [self._paint(char).shy for char in range(first, last + 1)]
        cuts = [at for at in range(1, len(shy)) if shy[at] != shy[at - 1]]
        return [(first + a, first + b - 1) for a, b in pairwise([0, *cuts, len(shy)])]

    def verdict(self, words: Sequence[tuple[int, int]], boxes: Sequence[Box]) -> Verdict:
        """What is hidden of `words`, whose places in user space (y up) are `boxes`. To be asked once."""
        found = (self._suspect(number, word, box) for number, (word, box) in enumerate(zip(words, boxes, strict=True)))
        suspects = [suspect for suspect in found if suspect is not None]
        layer = [suspect for suspect in suspects if suspect.reason != SAME_COLOUR]
        # On a scan the text layer is nearly all the text; a few unseen words over a picture are not that.
        many = 0 < len(words) <= 2 * len(layer)
        ocr = many and image_share(self._scene.covers, self._page.get_bbox()) >= _SCAN_SHARE
        if ocr:
            suspects = [s for s in suspects if s.reason == SAME_COLOUR] + self._blacked_out(layer)
        return Verdict(_confirm(self._page, self._text_page, self._scene, suspects), ocr)

    def _paint(self, char: int) -> _Paint:
        owner = self._scene.owner(self._text_page, char)
        paint = self._paints.get(owner)
        if paint is None:
            paint = self._paints[owner] = _read_paint(self._scene, owner)
        return paint

    def _suspect(self, number: int, word: tuple[int, int], whole: Box) -> _Suspect | None:
        scene, paint, box = self._scene, self._paint(word[0]), _core(whole)
        if paint.owner == 0:
            return None
        reason = ""
        if paint.unseen:
            reason = INVISIBLE
        elif any(cover.opaque and cover.holds(box) for cover in scene.after(paint.place)):
            reason = COVERED
        elif paint.shy:
            behind = _background(scene.before(paint.place), box)
            if behind is None or (paint.colour is not None and _near(behind, paint.colour)):
                reason = SAME_COLOUR
        if not reason:
            return None
        owners = {scene.owner(self._text_page, char) for char in range(word[0], word[1] + 1)} - {0}
        # Text as a clip (mode 7) changes nothing by itself, but what is painted through it can be seen.
        return _Suspect(number, frozenset(owners), box, reason, paint.mode == 7)

    def _blacked_out(self, layer: Sequence[_Suspect]) -> list[_Suspect]:
        """Words of a scan's text layer under a painted shape that is smaller than the page."""
        x0, y0, x1, y1 = self._page.get_bbox()
        room = 0.5 * (x1 - x0) * (y1 - y0)
        shapes = [cover for cover in self._scene.covers if cover.colour is not None and cover.area < room]
        return [
            suspect._replace(reason=COVERED, must_be_plain=True)
            for suspect in layer
            if any(shape.holds(suspect.box) for shape in shapes)
        ]


class _Paint(NamedTuple):
    """How a text object is drawn. `shy`: it may be unseen, for its mode or because something else has its colour."""

    owner: int
    place: int
    mode: int
    colour: tuple[int, int, int] | None
    unseen: bool
    shy: bool


def _read_paint(scene: Scene, owner: int) -> _Paint:
    if not owner:
        return _Paint(0, -1, 0, None, False, False)
    mode, fill = scene.render_mode(owner), scene.fill_colour(owner)
    unseen = mode in (3, 7) or (fill is not None and fill[3] < _CLEAR)
    colour = fill[:3] if fill and mode in (0, 2) else None
    shy = unseen or (colour is not None and any(_near(other, colour) for other in scene.colours))
    return _Paint(owner, scene.order.get(owner, -1), mode, colour, unseen, shy)


def _core(box: Box) -> Box:
    """The middle of a word's box: its edges may hold ink of its neighbours."""
    x0, y0, x1, y1 = box
    dx, dy = min(0.5, 0.2 * (x1 - x0)), 0.2 * (y1 - y0)
    return x0 + dx, y0 + dy, x1 - dx, y1 - dy


def _background(covers: Sequence[Cover], box: Box) -> tuple[int, int, int] | None:
    """The colour drawn last behind `box`: white where nothing is, None where it is not one colour."""
    for cover in reversed(covers):
        if cover.holds(box):
            return cover.colour
    return PAPER


def _near(a: tuple[int, int, int], b: tuple[int, int, int]) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= _SAME


def _confirm(page: Any, text_page: Any, scene: Scene, suspects: Sequence[_Suspect]) -> dict[int, str]:
    """Those of `suspects` whose removal cannot be seen, and that are not printed a second time."""
    if not suspects:
        return {}
    if scene.pixels > MAX_RENDERED_PIXELS:
        # Too large to look at: what may be hidden is kept from the reader, who is told.
        return {suspect.word: suspect.reason for suspect in suspects}
    before = Picture(page)
    owners = {owner for suspect in suspects for owner in suspect.owners}
    for owner in owners:
        scene.deactivate(owner)
    after = Picture(page)
    hidden: dict[int, str] = {}
    for suspect in suspects:
        unseen = before.same(after, suspect.box, _SAME)
        if unseen and suspect.must_be_plain:
            unseen = after.plain(suspect.box, _SAME)
        if unseen:
            hidden[suspect.word] = suspect.reason
    if not hidden:
        return {}
    printed_twice = _twins(scene, text_page, owners)
    return {s.word: s.reason for s in suspects if s.word in hidden and not s.owners & printed_twice}


def _twins(scene: Scene, text_page: Any, owners: set[int]) -> set[int]:
    """The `owners` that have a visible copy in their place, such as a letter with a white outline drawn first.

    pdfium gives the text of the first of two equal objects only, so the hidden one speaks for both, and the copy
    seems to be empty.
    """
    copies = [scene.bounds(other) for other in scene.order if other not in owners and not scene.text(text_page, other)]
    return {owner for owner in owners if any(_alike(scene.bounds(owner), copy) for copy in copies)}


def _alike(a: Box, b: Box) -> bool:
    return all(abs(x - y) < _TWIN_POINTS for x, y in zip(a, b, strict=True))
