"""Whether words that may be hidden can be seen: the page is rendered with and without them, and compared.

Words of one group are left out together: a word is hidden only where nothing of its group shows. Groups that overlap,
such as two languages on layers of which one is on, are left out one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from docqa.ingest.limits import MAX_RENDERED_PIXELS
from docqa.ingest.pdf.visibility.objects import Box, PageObjects, around, overlap
from docqa.ingest.pdf.visibility.raster import Picture

SAME_LEVELS = 12  # of 256: the eye does not tell them apart
_COPY_POINTS = 2.0
_MAX_ROUNDS = 8
_MAX_GROUPS = 500


class Candidate(NamedTuple):
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


def confirm(page: Any, text_page: Any, objects: PageObjects, candidates: Sequence[Candidate]) -> dict[int, str]:
    """Those of `candidates`, by word, whose removal cannot be seen, and that are not printed a second time."""
    if not candidates:
        return {}
    if objects.pixels > MAX_RENDERED_PIXELS:
        # What may be hidden is not read, and the warnings say so.
        return {candidate.word: candidate.reason for candidate in candidates if candidate.sure}
    hidden: dict[int, str] = {}
    for some in _rounds(candidates):
        hidden |= _without(page, text_page, objects, some)
    return hidden


def _without(page: Any, text_page: Any, objects: PageObjects, candidates: Sequence[Candidate]) -> dict[int, str]:
    """Those of `candidates` that are missed nowhere when all of them are left out."""
    boxes = [candidate.box for candidate in candidates]
    before = Picture(page, boxes)
    owners = {owner for candidate in candidates for owner in candidate.owners}
    after = _picture_without(page, boxes, objects, owners)
    unseen = [s for s in candidates if before.same(after, s.box, SAME_LEVELS)]
    unseen = [s for s in unseen if not s.must_be_plain or after.plain(s.box, SAME_LEVELS)]
    if not unseen:
        return {}
    copies = _copies(objects, text_page, owners)
    if copies:
        bare = _picture_without(page, boxes, objects, {*owners, *(copy for found in copies.values() for copy in found)})
        unseen = [s for s in unseen if copies.keys().isdisjoint(s.owners) or before.same(bare, s.box, SAME_LEVELS)]
    return {candidate.word: candidate.reason for candidate in unseen}


def _picture_without(page: Any, boxes: Sequence[Box], objects: PageObjects, items: set[int]) -> Picture:
    objects.set_active(items, False)
    try:
        return Picture(page, boxes)
    finally:
        objects.set_active(items, True)


def _copies(objects: PageObjects, text_page: Any, owners: set[int]) -> dict[int, list[int]]:
    """The `owners` that have copies in their place, with these: a letter with a white outline drawn first, for example.

    pdfium gives the text of the first of two equal objects only, so the hidden one speaks for both, and the copy
    seems to be empty.
    """
    # To read the text of an object takes pdfium long, so only those in the right place are asked.
    near: dict[int, list[tuple[int, Box]]] = {}
    for owner in owners:
        box = objects.bounds(owner)
        for column in range(int(box[0] - _COPY_POINTS), int(box[0] + _COPY_POINTS) + 1):
            near.setdefault(column, []).append((owner, box))
    found: dict[int, list[int]] = {}
    for other in objects.order:
        box = objects.bounds(other)
        alike = [owner for owner, mine in near.get(int(box[0]), ()) if _alike(mine, box)]
        if alike and other not in owners and not objects.text(text_page, other):
            for owner in alike:
                found.setdefault(owner, []).append(other)
    return found


def _alike(a: Box, b: Box) -> bool:
    return all(abs(x - y) < _COPY_POINTS for x, y in zip(a, b, strict=True))


def _rounds(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates in as few rounds as keep groups that overlap apart, or in as many as can be afforded."""
    groups: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.group, []).append(candidate)
    if len(groups) > _MAX_GROUPS:
        return [list(candidates)]
    rounds: list[tuple[list[Box], list[Candidate]]] = []
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
