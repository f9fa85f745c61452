"""Words of a PDF page that cannot be seen: invisible, in the colour of what is behind them, covered, clipped away, or
on a layer that is switched off.

What the drawing says makes a word a suspect; the picture decides (`confirm.py`), so visible text is never lost to a
guess about clips, blends or transparency. Pages without suspects, nearly all, are not rendered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from docqa.ingest.pdf.visibility.confirm import SAME_LEVELS, Suspect, confirm
from docqa.ingest.pdf.visibility.objects import PAPER, Box, Clip, Cover, Scene, image_share, overlap

INVISIBLE, SAME_COLOUR, COVERED, OUTSIDE = "invisible", "in the colour of its background", "covered", "off the page"
CLIPPED, LAYER_OFF = "clipped away", "on a layer that is off"

_CLEAR = 13  # of 255: below this alpha nothing is seen
_SCAN_SHARE = 0.8


class Verdict(NamedTuple):
    """`reasons`: why a word is hidden, by its number. `ocr`: the words are the text layer of a scanned page."""

    reasons: dict[int, str]
    ocr: bool


class Judge:
    """Says of the words of a page which are hidden. Words are ranges of characters, first and last.

    `box_of` gives the box of a character, see `Scene.boxes`. `doubts`: something may be hidden; where nothing may, as
    on most pages, no word needs to be looked at.
    """

    def __init__(self, page: Any, text_page: Any, *, layered: bool) -> None:
        """`layered`: the file has layers that a reader of it may not see."""
        self._page, self._text_page = page, text_page
        self._scene = Scene(page, layered=layered)
        self.box_of = self._scene.boxes(text_page)
        self._paints = {owner: _read_paint(self._scene, owner) for owner in (0, *self._scene.order)}
        self._painted: dict[int, _Paint] = {}
        opaque = len(self._scene.opaque)
        self.doubts = not self._scene.whole or any(
            paint.shy or (paint.owner and paint.later < opaque) for paint in self._paints.values()
        )

    @property
    def rules(self) -> list[Box]:
        """Lines drawn on the page, see `Scene`."""
        return self._scene.rules

    def pieces(self, first: int, last: int) -> list[tuple[int, int]]:
        """The word cut where text that may be unseen meets other text: white leaders and a number, for example."""
        if not self.doubts:
            return [(first, last)]
        start, end = self._paint(first), self._paint(last)
        if not (start.shy or end.shy) or first == last:
            return [(first, last)]
        paints = [self._paint(char) for char in range(first, last + 1)]
        kinds = [(paint.shy, paint.layer, paint.clip) for paint in paints]
        cuts = [at for at in range(1, len(kinds)) if kinds[at] != kinds[at - 1]]
        return [(first + a, first + b - 1) for a, b in pairwise([0, *cuts, len(kinds)])]

    def is_clipped(self, char: int) -> bool:
        """Whether a part of the text object that drew character `char` is cut off."""
        return self.doubts and self._paint(char).clip is not None

    def verdict(self, words: Sequence[tuple[int, int]], boxes: Sequence[Box]) -> Verdict:
        """What is hidden of `words`, whose places in user space (y up) are `boxes`. To be asked once."""
        if not self.doubts:
            return Verdict({}, False)
        found = (self._suspect(number, word, box) for number, (word, box) in enumerate(zip(words, boxes, strict=True)))
        suspects = [suspect for suspect in found if suspect is not None]
        # What stands on a layer or behind a crooked clip is mostly seen: only the picture tells.
        doubted = [suspect for suspect in suspects if not suspect.sure]
        reasons = self._confirmed(doubted)
        suspects = [suspect for suspect in suspects if suspect.sure]
        layer = [s for s in suspects if s.reason != SAME_COLOUR] + [s for s in doubted if s.word in reasons]
        # On a scan the text layer is nearly all the text; a few unseen words over a picture are not that.
        many = 0 < len(words) <= 2 * len(layer)
        if many and image_share(self._scene.covers, self._page.get_bbox()) >= _SCAN_SHARE:
            suspects = [s for s in suspects if s.reason == SAME_COLOUR] + self._blacked_out(layer)
            return Verdict(self._confirmed(suspects), True)
        return Verdict(reasons | self._confirmed(suspects), False)

    def _confirmed(self, suspects: Sequence[Suspect]) -> dict[int, str]:
        return confirm(self._page, self._text_page, self._scene, suspects)

    def _paint(self, char: int) -> _Paint:
        paint = self._painted.get(char)
        if paint is None:
            owner = self._scene.owner(self._text_page, char)
            paint = self._paints.get(owner)
            if paint is None:
                paint = self._paints[owner] = _read_paint(self._scene, owner)
            self._painted[char] = paint
        return paint

    def _suspect(self, number: int, word: tuple[int, int], whole: Box) -> Suspect | None:
        scene, paint = self._scene, self._paint(word[0])
        if paint.owner == 0 or not (paint.shy or paint.later < len(scene.opaque)):
            return None
        box = _core(whole)
        reason, group, sure = self._reason(paint, box), 0, True
        if not reason and paint.clip is not None:
            # All of the word counts, as nothing else is drawn through its clip.
            reason, group, box = CLIPPED, hash(paint.clip), whole
            sure = not overlap(_core(whole), paint.clip.box)
            if not sure and paint.clip.plain:
                reason = ""
        if not reason and paint.layer:
            reason, group, sure, box = LAYER_OFF, paint.layer, False, whole
        if not reason:
            return None
        owners = {scene.owner(self._text_page, char) for char in range(word[0], word[1] + 1)} - {0}
        # Text as a clip (mode 7) changes nothing by itself, but what is painted through it can be seen.
        return Suspect(number, frozenset(owners), box, reason, paint.mode == 7, group, sure)

    def _reason(self, paint: _Paint, box: Box) -> str:
        """Why a word at `box` may be unseen, by its own colour and by what is drawn before and after it."""
        if paint.unseen:
            return INVISIBLE
        if any(cover.contains(box) for cover in self._scene.opaque[paint.later :]):
            return COVERED
        if paint.blends:
            behind = _background(self._scene.before(paint.place), box)
            if behind is None or (paint.colour is not None and _near(behind, paint.colour)):
                return SAME_COLOUR
        return ""

    def _blacked_out(self, layer: Sequence[Suspect]) -> list[Suspect]:
        """Words of a scan's text layer under a painted shape that is smaller than the page."""
        x0, y0, x1, y1 = self._page.get_bbox()
        room = 0.5 * (x1 - x0) * (y1 - y0)
        shapes = [cover for cover in self._scene.covers if cover.colour is not None and cover.area < room]
        return [
            suspect._replace(reason=COVERED, must_be_plain=True, group=0, sure=True)
            for suspect in layer
            if any(shape.contains(suspect.box) for shape in shapes)
        ]


class _Paint(NamedTuple):
    """How a text object is drawn. `blends`: for its mode, or because something else has its colour, it may be unseen.

    `layer`: the address of the range of the drawing with which it may be switched off, 0 for none. `later`: where
    the covers that were drawn after it begin in `Scene.opaque`. `shy`: it may be unseen for a reason of its own.
    """

    owner: int
    place: int
    mode: int
    colour: tuple[int, int, int] | None
    unseen: bool
    blends: bool
    layer: int
    clip: Clip | None
    later: int
    shy: bool


def _read_paint(scene: Scene, owner: int) -> _Paint:
    if not owner:
        return _Paint(0, -1, 0, None, False, False, 0, None, 0, False)
    mode, fill = scene.render_mode(owner), scene.fill_colour(owner)
    unseen = mode in (3, 7) or (fill is not None and fill[3] < _CLEAR)
    colour = fill[:3] if fill and mode in (0, 2) else None
    blends = unseen or (colour is not None and any(_near(other, colour) for other in scene.colours))
    place, layer, clip = scene.order.get(owner, -1), scene.layers.get(owner, 0), scene.clip(owner)
    later = bisect_right(scene.opaque, place, key=attrgetter("place"))
    shy = blends or layer != 0 or clip is not None
    return _Paint(owner, place, mode, colour, unseen, blends, layer, clip, later, shy)


def _core(box: Box) -> Box:
    """The middle of a word's box: its edges may have ink of its neighbours."""
    x0, y0, x1, y1 = box
    dx, dy = min(0.5, 0.2 * (x1 - x0)), 0.2 * (y1 - y0)
    return x0 + dx, y0 + dy, x1 - dx, y1 - dy


def _background(covers: Sequence[Cover], box: Box) -> tuple[int, int, int] | None:
    """The colour drawn last behind `box`: white where nothing is, None where it is not one colour."""
    for cover in reversed(covers):
        if cover.contains(box):
            return cover.colour
    return PAPER


def _near(a: tuple[int, int, int], b: tuple[int, int, int]) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= SAME_LEVELS
