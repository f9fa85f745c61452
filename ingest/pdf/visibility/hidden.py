"""Words of a PDF page that cannot be seen: invisible, in the colour after them, covered, clipped
away, or on a layer that is switched off.

The drawing makes a word a candidate; the image with and without it decides, so no visible text is
lost to a guess about clips or blends. A word is hidden only where nothing of its group shows;
groups that overlap, such as languages on layers, go one after the other. Pages without candidates,
nearly all, are not rendered.
"""

import ctypes
import math
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import closing
from functools import cache, partial
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from docqa.ingest.colours import WHITE, Colour, are_alike
from docqa.ingest.limits import MAX_RENDERED_PIXELS
from docqa.ingest.structure.clean import split_by, title_comparison_key

from .objects import (
    OPAQUE,
    PDFIUM,
    Box,
    Clip,
    PageObjects,
    PaintedShape,
    box_around,
    do_overlap,
    image_share,
    shared_box,
    widen_box,
)
from .raster import RenderedImage

CharacterRange = tuple[int, int]
"""The first and the last character of a word."""
INVISIBLE = "invisible"
SAME_COLOUR = "in the colour of its background"
COVERED = "covered"
OUTSIDE = "off the page"
CLIPPED = "clipped away"
LAYER_OFF = "on a layer that is off"
TOO_SMALL = "too small to read"
UNLIKE = "other words than are shown"

_CLEAR = 13  # of 255: below this alpha nothing is seen
_SCAN_SHARE = 0.8
_COPY_POINTS = 2.0
_INKED = 0.8
_MAX_ROUNDS = 8
_MAX_GROUPS = 500
_NO_INK = 0.05  # points
_NARROWEST = 0.15  # of the height of a line: the width of a letter


class _HiddenCandidate(NamedTuple):
    """A word that may be hidden, the text objects that draw it, where to look, and why.
    `must_be_plain`: only where its place is of one colour. `sure`: hidden even where it is too
    large to look at."""

    word: int
    owners: frozenset[int]
    box: Box
    reason: str
    must_be_plain: bool
    group: int
    sure: bool


class HiddenTextDetector:
    """Says which words of a page, ranges of characters (first, last), are hidden. `box_of`: of a
    character, see `PageObjects.boxes`. `doubts`: something may be hidden; else, as mostly, no word
    needs a look."""

    def __init__(self, page: Any, text_page: Any, objects: PageObjects) -> None:
        import pypdfium2.raw as raw

        self._page = page
        self._text_page = text_page
        self.objects = objects
        self.box_of = self.objects.boxes(text_page)
        self._paint_of = cache(partial(_read_paint, objects))
        paints = list(map(self._paint_of, objects.order))
        self._later: dict[int, list[PaintedShape]] = {}
        self._tight = raw.FPDFText_GetCharBox
        self._edges = [ctypes.c_double() for _ in range(4)]
        # Letters in the colour of what is around them may cover others.
        painted = [paint for paint in paints if paint.blends and not paint.unseen]
        self._over = sorted(
            [
                *self.objects.over,
                *(
                    PaintedShape(p.place, self.objects.bounds(p.owner), p.colour, 0, False)
                    for p in painted
                ),
            ],
            key=attrgetter("place"),
        )
        last = self._over[-1].place if self._over else 0
        self.doubts = not self.objects.whole or any(
            paint.doubtful or paint.place < last for paint in paints
        )

    def pieces(self, first: int, last: int) -> list[CharacterRange]:
        """The word cut where text that may be unseen meets other text: white leaders and a
        number.
        """
        start = self._paint_of_character(first)
        end = self._paint_of_character(last)
        if start is end or not (start.doubtful or end.doubtful):
            return [(first, last)]
        paints = [self._paint_of_character(char) for char in range(first, last + 1)]
        kinds = [(paint.doubtful, paint.layer, paint.clip) for paint in paints]
        cuts = [at for at in range(1, len(kinds)) if kinds[at] != kinds[at - 1]]
        return [(first + a, first + b - 1) for a, b in pairwise([0, *cuts, len(kinds)])]

    def detect(
        self, words: Sequence[CharacterRange], boxes: Sequence[Box]
    ) -> tuple[dict[int, str], bool]:
        """Why words are hidden, by number, and whether all are a scan's text layer. `boxes`: in
        user space (y up). To be called once."""
        blank = {at for at, (first, _) in enumerate(words) if self._is_blank_character(first)}
        if not self.doubts and not blank:
            return {}, False
        confirmed = partial(_confirm_candidates, self._page, self._text_page, self.objects)
        found = (
            self._candidate_for_word(at, word, boxes[at], at in blank)
            for at, word in enumerate(words)
        )
        # What stands on a layer or after a crooked clip is mostly seen: only the image tells.
        candidates, doubted = split_by(filter(None, found), lambda candidate: candidate.sure)
        reasons = confirmed(doubted)
        alike, layer = split_by(candidates, lambda candidate: candidate.reason == SAME_COLOUR)
        layer += [s for s in doubted if s.word in reasons]
        # On a scan the text layer is nearly all the text; a few unseen words over an image are not
        # that.
        many = 0 < len(words) <= 2 * len(layer)
        share = image_share(self.objects.covers, self._page.get_bbox()) if many else 0.0
        if share >= _SCAN_SHARE or (
            many and self._is_drawn_text([boxes[s.word] for s in layer if s.reason == INVISIBLE])
        ):
            return confirmed(alike + self._candidates_under_cover(layer)), True
        return reasons | confirmed(candidates), False

    def _is_drawn_text(self, boxes: Sequence[Box]) -> bool:
        """Whether ink shows letters where unseen words stand: in nearly all `boxes`, and hardly
        around them.
        """
        if not boxes or self.objects.pixels > MAX_RENDERED_PIXELS:
            return False
        margin = max(box[3] - box[1] for box in boxes) / 2
        region = widen_box(box_around(*boxes), margin)
        picture = _image_without_items(self._page, [region], self.objects, set(self.objects.order))
        shares = [picture.dark_and_total_pixel_counts(box) for box in boxes]
        letters = sum(0 < ink < _INKED * room for ink, room in shares)
        return (
            letters >= _INKED * len(boxes)
            and sum(ink for ink, _ in shares)
            >= _INKED * picture.dark_and_total_pixel_counts(region)[0]
        )

    def _paint_of_character(self, char: int) -> "_TextPaint":
        return self._paint_of(self.objects.owner(self._text_page, char))

    def _covers_drawn_later(self, paint: "_TextPaint") -> list[PaintedShape]:
        """What is drawn later over the text object, or close to it."""
        if paint.owner not in self._later:
            bounds = self.objects.bounds(paint.owner)
            x0, y0, x1, y1 = bounds
            # An empty one may stand anywhere.
            near = widen_box(bounds, y1 - y0 if x0 < x1 and y0 < y1 else math.inf)
            later = bisect_right(self._over, paint.place, key=attrgetter("place"))
            self._later[paint.owner] = [
                cover for cover in self._over[later:] if do_overlap(cover.box, near)
            ]
        return self._later[paint.owner]

    def _is_blank_character(self, char: int) -> bool:
        """Whether the font draws nothing for it."""
        left, right, bottom, top = self._edges
        found = self._tight(self._text_page.raw, char, left, right, bottom, top)
        return bool(found) and top.value - bottom.value < _NO_INK

    def _candidate_for_word(
        self, number: int, word: CharacterRange, whole: Box, blank: bool
    ) -> _HiddenCandidate | None:
        objects = self.objects
        paint = self._paint_of_character(word[0])
        if paint.owner == 0 or not (blank or paint.doubtful or self._covers_drawn_later(paint)):
            return None
        box = _shrink_box(whole)
        covering = [
            cover for cover in self._covers_drawn_later(paint) if do_overlap(cover.box, box)
        ]
        reason = self._reason_word_may_be_hidden(paint, box, covering)
        group = 0
        sure = True
        if not reason and (
            blank or paint.owner in objects.blended or _share_covered(covering, box) >= 0.5
        ):
            reason = COVERED if covering else INVISIBLE
            sure = False
            box = whole if blank else box
        if not reason and paint.clip is not None:
            # All of the word counts, as nothing else is drawn through its clip.
            reason = CLIPPED
            group = hash(paint.clip)
            box = whole
            sure = not do_overlap(_shrink_box(whole), paint.clip.box)
            if not sure and paint.clip.plain:
                reason = ""
        if not reason and paint.layer:
            reason = LAYER_OFF
            group = paint.layer
            sure = False
            box = whole
        if not reason:
            return None
        owners = {objects.owner(self._text_page, char) for char in range(word[0], word[1] + 1)} - {
            0
        }
        # Text as a clip (mode 7) changes nothing by itself, but what is painted through it can be
        # seen.
        return _HiddenCandidate(
            number, frozenset(owners), box, reason, paint.mode == 7, group, sure
        )

    def _reason_word_may_be_hidden(
        self, paint: "_TextPaint", box: Box, covering: Sequence[PaintedShape]
    ) -> str:
        """Why a word may be unseen, by its colour and by what is drawn before and after it."""
        if paint.unseen:
            return INVISIBLE
        if any(cover.alpha >= OPAQUE and cover.contains(box) for cover in covering):
            return COVERED
        if paint.blends:
            # The colour drawn last before it: white for nothing, None for several.
            covers = (
                c.colour
                for c in reversed(self.objects.covers)
                if c.place < paint.place and c.contains(box)
            )
            behind = next(covers, WHITE)
            if not behind or are_alike(behind, paint.colour):
                return SAME_COLOUR
        return ""

    def _candidates_under_cover(
        self, content_layer: Sequence[_HiddenCandidate]
    ) -> list[_HiddenCandidate]:
        x0, y0, x1, y1 = self._page.get_bbox()
        room = 0.5 * (x1 - x0) * (y1 - y0)
        shapes = [cover for cover in self.objects.covers if cover.colour and cover.area < room]
        return [
            candidate._replace(reason=COVERED, must_be_plain=True, group=0, sure=True)
            for candidate in content_layer
            if any(shape.contains(candidate.box) for shape in shapes)
        ]


class _TextPaint(NamedTuple):
    """How a text object is drawn. `blends`: it may be unseen by its mode or as what is around has
    its colour; `doubtful`: for a reason of its own; `layer`: the address of the mark that may
    switch it off, or 0."""

    owner: int
    place: int
    mode: int
    colour: Colour | None
    unseen: bool
    blends: bool
    layer: int
    clip: Clip | None
    doubtful: bool


def _read_paint(objects: PageObjects, owner: int) -> _TextPaint:
    if not owner:
        return _TextPaint(0, -1, 0, None, False, False, 0, None, False)
    # 0 filled, 1 outlined, 2 both, 3 invisible, 4 to 7 the same as a clip.
    mode = PDFIUM.FPDFTextObj_GetTextRenderMode(owner)
    fill = objects.colour(owner, "Stroke") if mode == 1 else objects.fills.get(owner)
    unseen = mode in (3, 7) or (fill is not None and fill[3] < _CLEAR)
    colour = fill[:3] if fill and mode in (0, 1, 2) else None
    blends = unseen or (colour is not None and objects.blends(colour))
    place = objects.order.get(owner, -1)
    layer = objects.layers.get(owner, 0)
    clip = objects.clip(owner)
    doubtful = blends or layer != 0 or clip is not None or owner in objects.blended
    return _TextPaint(owner, place, mode, colour, unseen, blends, layer, clip, doubtful)


def _share_covered(covers: Sequence[PaintedShape], box: Box) -> float:
    """Of `box` that covers have together, if none overlap."""
    room = max((box[2] - box[0]) * (box[3] - box[1]), 1e-6)
    parts = (shared_box(box, cover.box) for cover in covers)
    return sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in parts) / room


def _shrink_box(box: Box) -> Box:
    """The edges of a word's box may have ink of its neighbours."""
    x0, y0, x1, y1 = box
    dx = min(0.5, 0.2 * (x1 - x0))
    dy = 0.2 * (y1 - y0)
    return x0 + dx, y0 + dy, x1 - dx, y1 - dy


def _confirm_candidates(
    page: Any, text_page: Any, objects: PageObjects, candidates: Sequence[_HiddenCandidate]
) -> dict[int, str]:
    """Those of `candidates`, by word, whose removal cannot be seen, and that are not printed
    twice.
    """
    if not candidates:
        return {}
    if objects.pixels > MAX_RENDERED_PIXELS:
        # What may be hidden is not read, and the warnings say so.
        return {candidate.word: candidate.reason for candidate in candidates if candidate.sure}
    hidden: dict[int, str] = {}
    for some in _group_candidates_without_overlap(candidates):
        hidden |= _confirm_without_candidates(page, text_page, objects, some)
    return hidden


def _confirm_without_candidates(
    page: Any, text_page: Any, objects: PageObjects, candidates: Sequence[_HiddenCandidate]
) -> dict[int, str]:
    """Those of `candidates` that nobody misses when all are left out."""
    boxes = [candidate.box for candidate in candidates]
    before = RenderedImage(page, boxes)
    owners = {owner for candidate in candidates for owner in candidate.owners}
    after = _image_without_items(page, boxes, objects, owners)
    unseen = [s for s in candidates if before.same(after, s.box)]
    unseen = [s for s in unseen if not s.must_be_plain or after.plain(s.box)]
    if unseen and objects.annotated:
        # What an annotation shows once more, in the same place, can be seen.
        plain = RenderedImage(page, boxes, annotations=False)
        without = _image_without_items(page, boxes, objects, owners, annotations=False)
        same = {s for s in unseen if before.same(plain, s.box)}
        unseen = [s for s in unseen if s not in same or plain.same(without, s.box)]
    if not unseen:
        return {}
    copies = _copies_in_same_place(objects, text_page, owners)
    if copies:
        bare = _image_without_items(
            page, boxes, objects, {*owners, *(copy for found in copies.values() for copy in found)}
        )
        unseen = [
            s for s in unseen if copies.keys().isdisjoint(s.owners) or before.same(bare, s.box)
        ]
    return {candidate.word: candidate.reason for candidate in unseen}


def _image_without_items(
    page: Any,
    boxes: Sequence[Box],
    objects: PageObjects,
    items: set[int],
    *,
    annotations: bool = True,
) -> RenderedImage:
    objects.set_active(items, False)
    try:
        return RenderedImage(page, boxes, annotations=annotations)
    finally:
        objects.set_active(items, True)


def _copies_in_same_place(
    objects: PageObjects, text_page: Any, owners: set[int]
) -> dict[int, list[int]]:
    """The `owners` with copies in their place, such as a white outline drawn first. pdfium gives
    the text of the first of two equal objects: the hidden one speaks for both."""
    # To read the text of an object takes pdfium long, so only those in the right place are asked.
    near: dict[int, list[tuple[int, Box]]] = {}
    for owner in owners:
        box = objects.bounds(owner)
        for column in range(int(box[0] - _COPY_POINTS), int(box[0] + _COPY_POINTS) + 1):
            near.setdefault(column, []).append((owner, box))
    found: dict[int, list[int]] = {}
    for other in objects.order:
        box = objects.bounds(other)
        places = near.get(int(box[0]), ())
        alike = [
            owner
            for owner, mine in places
            if all(abs(a - b) < _COPY_POINTS for a, b in zip(mine, box))
        ]
        if alike and other not in owners and not objects.text(text_page, other):
            for owner in alike:
                found.setdefault(owner, []).append(other)
    return found


def words_with_wrong_actual_text(
    page: Any, objects: PageObjects, actual_texts: dict[int, str]
) -> dict[int, str]:
    """Those of `actual_texts`, by place in the order of the page, that show other letters than they are
    read as, with the latter, which the open page forgets."""
    objects.remove_actual_text(actual_texts)
    false: dict[int, str] = {}
    with closing(page.get_textpage()) as text_page:
        places = {item: at for at, item in enumerate(objects.order)}
        for _, group in groupby(actual_texts, key=lambda item: actual_texts[item]):
            items = list(group)
            words = actual_texts[items[0]]
            shown = "".join(objects.text(text_page, item) for item in items)
            x0, y0, x1, y1 = box_around(*map(objects.bounds, items))
            unknown = not shown or any(
                unicodedata.category(letter)[0] == "C" or letter == "\ufffd" for letter in shown
            )
            read, seen = (
                title_comparison_key(unicodedata.normalize("NFKC", text)) for text in (words, shown)
            )
            # Letters that the font does not name are known only from what they are said to be.
            long = len(read) * _NARROWEST * min(x1 - x0, y1 - y0) > max(x1 - x0, y1 - y0)
            if long if unknown else read not in (seen, seen[::-1]):
                false |= {places[item]: words for item in items}
    return false


def _group_candidates_without_overlap(
    candidates: Sequence[_HiddenCandidate],
) -> list[list[_HiddenCandidate]]:
    """The candidates in as few rounds as part those that overlap, or as many as can be afforded."""
    groups: dict[int, list[_HiddenCandidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.group, []).append(candidate)
    if len(groups) > _MAX_GROUPS:
        return [list(candidates)]
    rounds: list[tuple[list[Box], list[_HiddenCandidate]]] = []
    for members in groups.values():
        box = box_around(*(member.box for member in members))
        free = (r for r in rounds if not any(do_overlap(box, other) for other in r[0]))
        chosen = next(free, None)
        if chosen is None and len(rounds) < _MAX_ROUNDS:
            chosen = ([], [])
            rounds.append(chosen)
        boxes, some = chosen or rounds[-1]
        boxes.append(box)
        some.extend(members)
    return [some for _, some in rounds]
