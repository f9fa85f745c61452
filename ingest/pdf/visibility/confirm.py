"""Whether words that may be hidden can be seen: the page is rendered with and without them, and compared.

Words of one group are left out together: a word is hidden only where nothing of its group shows. Groups that overlap,
such as two languages on layers of which one is on, are left out one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from docqa.ingest.limits import MAX_RENDERED_PIXELS
from docqa.ingest.pdf.visibility.objects import Box, Scene, around, overlap
from docqa.ingest.pdf.visibility.raster import Picture

SAME_LEVELS = 12  # of 256: the eye does not tell them apart
_COPY_POINTS = 2.0
_MAX_ROUNDS = 8
_MAX_GROUPS = 500


class Suspect(NamedTuple):
    """A word that may be hidden: its number, the text objects that draw it, where to look, and why.

    `must_be_plain`: it is hidden only where its place is of one colour. `sure`: what is too large to look at is taken
    for hidden; the others may be seen as well as not.
    """

    word: int
    owners: frozenset[int]
    box: Box
    reason: str
    must_be_plain: bool
    group: int
    sure: bool


def confirm(page: Any, text_page: Any, scene: Scene, suspects: Sequence[Suspect]) -> dict[int, str]:
    """Those of `suspects`, by word, whose removal cannot be seen, and that are not printed a second time."""
    if not suspects:
        return {}
    if scene.pixels > MAX_RENDERED_PIXELS:
        # What may be hidden is not read, and the warnings say so.
        return {suspect.word: suspect.reason for suspect in suspects if suspect.sure}
    hidden: dict[int, str] = {}
    for some in _rounds(suspects):
        hidden |= _without(page, text_page, scene, some)
    return hidden


def _without(page: Any, text_page: Any, scene: Scene, suspects: Sequence[Suspect]) -> dict[int, str]:
    """Those of `suspects` that are missed nowhere when all of them are left out."""
    boxes = [suspect.box for suspect in suspects]
    before = Picture(page, boxes)
    owners = {owner for suspect in suspects for owner in suspect.owners}
    after = _picture_without(page, boxes, scene, owners)
    unseen = [s for s in suspects if before.same(after, s.box, SAME_LEVELS)]
    unseen = [s for s in unseen if not s.must_be_plain or after.plain(s.box, SAME_LEVELS)]
    if not unseen:
        return {}
    copies = _copies(scene, text_page, owners)
    if copies:
        bare = _picture_without(page, boxes, scene, {*owners, *(copy for found in copies.values() for copy in found)})
        unseen = [s for s in unseen if copies.keys().isdisjoint(s.owners) or before.same(bare, s.box, SAME_LEVELS)]
    return {suspect.word: suspect.reason for suspect in unseen}


def _picture_without(page: Any, boxes: Sequence[Box], scene: Scene, items: set[int]) -> Picture:
    scene.set_active(items, False)
    try:
        return Picture(page, boxes)
    finally:
        scene.set_active(items, True)


def _copies(scene: Scene, text_page: Any, owners: set[int]) -> dict[int, list[int]]:
    """The `owners` that have copies in their place, with these: a letter with a white outline drawn first, for example.

    pdfium gives the text of the first of two equal objects only, so the hidden one speaks for both, and the copy
    seems to be empty.
    """
    # To read the text of an object takes pdfium long, so only those in the right place are asked.
    near: dict[int, list[tuple[int, Box]]] = {}
    for owner in owners:
        box = scene.bounds(owner)
        for column in range(int(box[0] - _COPY_POINTS), int(box[0] + _COPY_POINTS) + 1):
            near.setdefault(column, []).append((owner, box))
    found: dict[int, list[int]] = {}
    for other in scene.order:
        box = scene.bounds(other)
        alike = [owner for owner, mine in near.get(int(box[0]), ()) if _alike(mine, box)]
        if alike and other not in owners and not scene.text(text_page, other):
            for owner in alike:
                found.setdefault(owner, []).append(other)
    return found


def _alike(a: Box, b: Box) -> bool:
    return all(abs(x - y) < _COPY_POINTS for x, y in zip(a, b, strict=True))


def _rounds(suspects: Sequence[Suspect]) -> list[list[Suspect]]:
    """The suspects in as few rounds as keep groups that overlap apart, or in as many as can be afforded."""
    groups: dict[int, list[Suspect]] = {}
    for suspect in suspects:
        groups.setdefault(suspect.group, []).append(suspect)
    if len(groups) > _MAX_GROUPS:
        return [list(suspects)]
    rounds: list[tuple[list[Box], list[Suspect]]] = []
    for members in groups.values():
        box = around(*(member.box for member in members))
        free = (r for r in rounds if not any(overlap(box, other) for other in r[0]))
        chosen = next(free, None)
        if chosen is None and len(rounds) < _MAX_ROUNDS:
            chosen = ([], [])
            rounds.append(chosen)
        boxes, some = chosen or rounds[-1]
        boxes.append(box)
        some.extend(members)
    return [some for _, some in rounds]
