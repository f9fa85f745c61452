"""Headings and numbers that nobody marked in a DOCX: headings told by their numbers and their looks, and numbers of
clauses and paragraphs that were typed.

Where a document has headings by style, those are its headings: looks are asked only where it has none, or one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from docqa.ingest.docx.formatting import DEFAULT_SIZE
from docqa.ingest.docx.line import Look
from docqa.ingest.docx.numbering import ListPlace
from docqa.ingest.docx.outline import OutlineParagraph
from docqa.ingest.language.numbers import in_roman, ordinal_of
from docqa.ingest.structure.outline import HeadingMark
from docqa.ingest.structure.sequence import Step, best_chain

_MAX_HEADING_CHARS, _MAX_HEADING_WORDS = 120, 16
_LARGER = 1.08
_MOST_HEADINGS = 0.4
_FEW_MARKED = 2
_DEEPEST = 5
_PROSE_WORDS = 25
_MARKED_BEFORE = 0.4
_BY_NUMBER, _BY_LOOKS = 0.8, 0.6
# "[12] ", "12. ", "12) ", "4.2 ", "4.2.1. ": a number that begins a paragraph.
_TYPED = re.compile(r"\[(\d{1,4})\]\s|\((\d{1,3})\)\s|(\d{1,3}(?:\.\d{1,3}){1,4})\.?\s|(\d{1,4})([.)])\s")
_LETTER = re.compile(r"(\(?)([a-z]{1,2}|[ivx]{1,5})\)\s", re.IGNORECASE)
_BLANK = re.compile(r"_{3,}|\.{4,}|\t")


def typical(items: Sequence[OutlineParagraph]) -> Look:
    """How most of the text of `items` is set."""
    sizes: Counter[float] = Counter()
    counts = [0, 0, 0, 0]
    for item in items:
        sizes[item.look.size] += len(item.text)
        for at, on in enumerate(item.look[1:5]):
            counts[at] += len(item.text) if on else 0
    total = sum(sizes.values())
    bold, italic, underlined, capitals = (2 * count > total for count in counts)
    size = sizes.most_common(1)[0][0] if sizes else DEFAULT_SIZE
    return Look(size, bold, italic, underlined, capitals, centred=False)


def infer_headings(
    items: Sequence[OutlineParagraph], numbered: Sequence[HeadingMark], usual: Look
) -> list[OutlineParagraph]:
    """`items` with those that are headings by their numbers (`numbered`) or by looks."""
    items = _without_clauses(items)
    marked = [at for at, item in enumerate(items) if item.outline is not None]
    if len(marked) >= _FEW_MARKED and marked[0] <= _MARKED_BEFORE * len(items):
        return items
    by_number = {mark.start: mark for mark in numbered}
    chosen = _with_text(items, _by_looks(items, usual, by_number), by_number)
    keys = {at: _rank(items[at].look) for at in chosen}
    levels, shift = _levels(items, by_number, sorted(set(keys.values())))
    out = list(items)
    for at, item in enumerate(items):
        mark = by_number.get(item.start)
        if mark is not None and item.outline is None:
            number = item.number or mark.number
            title = item.text if item.number else mark.title
            out[at] = item._replace(
                outline=mark.level - 1 + shift, number=number, title=title, confidence=_BY_NUMBER
            )  # fmt: skip
        elif at in keys and item.outline is None:
            out[at] = item._replace(outline=levels[keys[at]], title=item.text, confidence=_BY_LOOKS)
    return out


def _without_clauses(items: Sequence[OutlineParagraph]) -> list[OutlineParagraph]:
    """`items` where whole paragraphs that a list numbers have the style of a heading, without those as headings."""
    long: Counter[str] = Counter()
    for item in items:
        if item.outline is not None and item.place and item.place.nested:
            long[item.style] += 1 if _is_prose(item) else -1
    return [
        item._replace(outline=None) if item.outline is not None and item.place and long[item.style] > 0 else item
        for item in items
    ]


def _is_prose(item: OutlineParagraph) -> bool:
    """Whether the paragraph is a sentence, and no heading or line of a title page."""
    words = len(item.text.split())
    return words >= _PROSE_WORDS or (words >= 8 and item.text.endswith((".", ":", ";", ".”")))


def _rank(look: Look) -> tuple[float, ...]:
    """Smaller for what is set as more important."""
    return (-look.size, -(4 * look.capitals + 2 * look.bold + look.underlined), not look.centred)


def _levels(
    items: Sequence[OutlineParagraph], by_number: Mapping[int, HeadingMark], ranks: Sequence[tuple[float, ...]]
) -> tuple[dict[tuple[float, ...], int], int]:
    """The level (from 0) of each rank of looks, and by how much the levels of numbered headings are further in."""
    known: dict[tuple[float, ...], int] = {}
    for item in items:
        mark = by_number.get(item.start)
        if mark is not None:
            rank = _rank(item.look)
            known[rank] = min(known.get(rank, mark.level - 1), mark.level - 1)
    if not known:
        return {rank: min(at, _DEEPEST) for at, rank in enumerate(ranks)}, 0
    above = [rank for rank in ranks if rank < min(known)]
    levels: dict[tuple[float, ...], int] = {rank: min(at, _DEEPEST) for at, rank in enumerate(above)}
    for rank in ranks:
        if rank in known:
            levels[rank] = known[rank] + len(above)
        elif rank not in levels:
            levels[rank] = max(level for other, level in known.items() if other < rank) + len(above) + 1
    return levels, len(above)


def _by_looks(items: Sequence[OutlineParagraph], usual: Look, by_number: Mapping[int, HeadingMark]) -> set[int]:
    """Where the paragraphs are that are set like headings; those of a title page and of signatures are not."""
    stands_out = [_stands_out(item, usual) for item in items]
    set_apart = sum(len(item.text) for item, out in zip(items, stands_out, strict=True) if out)
    if set_apart > _MOST_HEADINGS * sum(len(item.text) for item in items):
        return set()
    chosen: set[int] = set()
    at = 0
    title_page = True
    while at < len(items):
        end = at
        while end < len(items) and (stands_out[end] or items[end].start in by_number):
            end += 1
        title_page = title_page and not (end < len(items) and _is_prose(items[end]))
        if end > at and end < len(items) and not title_page:
            chosen |= _of_run(items, at, end, by_number)
        at = max(end, at + 1)
    return _repeated(items, chosen, usual)


def _of_run(items: Sequence[OutlineParagraph], first: int, end: int, by_number: Mapping[int, HeadingMark]) -> set[int]:
    """Of paragraphs set like headings that follow each other the last, and before it only what is set above it: the
    lines of a title page look alike."""
    chosen: set[int] = set()
    lowest: tuple[float, ...] | None = None
    for at in range(end - 1, first - 1, -1):
        if items[at].start in by_number:
            lowest = _rank(items[at].look)
            continue
        rank = _rank(items[at].look)
        if lowest is None or rank < lowest:
            chosen.add(at)
            lowest = rank
    return chosen


def _with_text(items: Sequence[OutlineParagraph], chosen: set[int], by_number: dict[int, HeadingMark]) -> set[int]:
    """Those of `chosen` that something follows, before the next: signatures look like headings too.

    Takes those without out of `by_number`, where no number says that they are headings.
    """
    kept: set[int] = set()
    later: set[str] = set()
    followed = False
    below: OutlineParagraph | None = None
    for at in range(len(items) - 1, -1, -1):
        item = items[at]
        mark = by_number.get(item.start)
        if at not in chosen and mark is None:
            listed = item.style.lower().startswith("toc ")
            text = bool(item.place) or item.outline is not None or len(item.text.split()) >= 8
            followed = followed or (text and not listed)
            below = None
        elif followed or (mark and mark.number) or (below and _rank(item.look) < _rank(below.look)):
            if mark and not followed and item.text.casefold() in later:
                del by_number[item.start]  # a line of the table of contents
                continue
            kept |= {at} & chosen
            later.add(item.text.casefold())
            followed, below = False, item
        elif mark is not None:
            del by_number[item.start]
    return kept


def _repeated(items: Sequence[OutlineParagraph], chosen: set[int], usual: Look) -> set[int]:
    """Those set as others are too, or in a way that is no chance: clearly larger than the text, or bold capitals."""
    looks = Counter(_rank(items[at].look) for at in chosen)

    def is_sure(look: Look) -> bool:
        return looks[_rank(look)] > 1 or look.size >= 1.2 * usual.size or (look.bold and look.capitals)

    return {at for at in chosen if is_sure(items[at].look)}


def _stands_out(item: OutlineParagraph, usual: Look) -> bool:
    text, look = item.text, item.look
    words = text.split()
    if len(text) > _MAX_HEADING_CHARS or len(words) > _MAX_HEADING_WORDS or "\n" in text:
        return False
    if (item.place and not item.place.printed) or (text.startswith("(") and text.endswith(")")):
        return False
    if item.style.lower().startswith(("toc", "title", "subtitle", "quote", "caption", "signature")):
        return False
    letters = sum(c.isalpha() for c in text)
    if letters < 2 or letters < 0.5 * len(text.replace(" ", "")) or _BLANK.search(text) or "@" in text:
        return False
    if text.endswith((",", ";")) or (text.endswith(".") and len(words) > 8):
        return False
    if look.size > _LARGER * usual.size:
        return True
    if look.size < 0.9 * usual.size:
        return False
    capitals = look.capitals and not usual.capitals and letters > 3
    marked = (look.bold and not usual.bold) or (look.underlined and not usual.underlined)
    return marked or capitals or (look.italic and not usual.italic and len(words) <= 10 and not text.endswith("."))


# Numbers that were typed


def number_typed(items: Sequence[OutlineParagraph]) -> list[OutlineParagraph]:
    """`items` with the places of those whose typed numbers follow from each other ("12.", "[12]", "4.2", "(a)")."""
    out = list(items)
    found: dict[str, list[tuple[int, tuple[int, ...], str]]] = {}
    part = 0
    parts: dict[int, int] = {}
    for at, item in enumerate(items):
        part += item.outline is not None and item.number is None
        parts[at] = part
        match = _TYPED.match(item.text) if item.place is None and item.number is None else None
        if match:
            family = "[]" if match[1] else "()" if match[2] else ")" if match[5] == ")" else "."
            number = match[1] or match[2] or match[3] or match[4]
            ordinals = tuple(int(part) for part in number.split("."))
            found.setdefault(family, []).append((at, ordinals, match[0].strip(" .)\t\n" if family != "()" else " ")))
        elif item.outline is not None and item.number and ordinal_of(item.number):
            # Headings count with the clauses below them: "4 Fees", "4.1 The fee is ...".
            numbers = tuple(int(part) for part in re.findall(r"\d{1,4}", item.number)[:5])
            if numbers:
                found.setdefault(".", []).append((at, numbers, item.number))
    for family, places in found.items():
        steps = [Step(ordinals, 1.0, parts[at]) for at, ordinals, _ in places]
        chain = [places[number] for number in sorted(best_chain(steps))]
        if len(chain) < 3:
            continue
        nested = any(len(ordinals) > 1 for _, ordinals, _ in chain)
        for at, ordinals, number in chain:
            if out[at].outline is None:
                place = ListPlace(f"typed {family}", len(ordinals) - 1, number, nested, out[at].indent)
                out[at] = out[at]._replace(number=number, place=place)
    return _with_letters(out)


def _with_letters(items: Sequence[OutlineParagraph]) -> list[OutlineParagraph]:
    """`items` with the places of those that begin with "(a)" or "(i)", where these follow from each other."""
    out: list[OutlineParagraph] = []
    last: dict[int, int] = {}
    for item in items:
        plain = item.place is None and item.number is None and item.outline is None
        match = _LETTER.match(item.text) if plain else None
        level = value = 0
        if match:
            letters = match[2].lower()
            own = ord(letters[0]) - 96 + 26 * (len(letters) - 1) if letters == len(letters) * letters[0] else 0
            roman = ordinal_of(letters)[0] if set(letters) <= set("ivx") and ordinal_of(letters) else 0
            roman = roman if roman and in_roman(roman) == letters else 0
            if own and (own == last.get(1, 0) + 1 or (own == 1 and not roman)):
                level, value = 1, own
            elif roman and roman in (1, last.get(2, 0) + 1):
                level, value = 2, roman
        if match and value:
            last = {depth: count for depth, count in last.items() if depth < level} | {level: value}
            printed = match[0].strip()
            place = ListPlace("typed letters", level, printed, False, item.indent)
            item = item._replace(number=printed, place=place)
        elif item.number is not None or item.outline is not None:
            last = {}
        out.append(item)
    return out
