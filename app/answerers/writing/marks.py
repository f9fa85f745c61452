"""The marks by which a written text cites: numbers of sentences; those of pages only leave the
text.
"""

import re
from collections.abc import Iterator, Sequence

from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.places import PAGE_RANGES
from docqa.ingest.types import Span

_LONGEST_RANGE = 12
_WORD = r"(?:sentences?|sent\.|s\.|excerpts?|passages?|sources?|refs?\.?|nos?\.|#|line)"
_MANY = rf"{_WORD}?\s*+\d{{1,4}}(?:\s*+(?:,|;|and|&|–|-|to)\s*+(?:{_WORD}\s*+)?\d{{1,4}})*"
_PAGES = rf"(?:pp?\.|pages?|pg\.)\s*(?P<pages>{PAGE_RANGES})"
_MARKS = re.compile(
    rf"[\[【](?P<square>{_MANY})(?:†[^\]】]{{0,40}})?[\]】]"
    rf"|[\[(](?:see |at |on )?(?:[^\[\]()\n]{{0,60}}[,;:]\s*)?{_PAGES}[^\[\]()\n]{{0,40}}[\])]"
    rf"|\((?P<round>{_MANY})\)(?=\s*(?:[.,;:!?\[(]|$))",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBER_WORD = re.compile(rf"\b(?:{NUMBER_WORD}|\w+ty|hundred|thousand)\s*$", re.I)
_LEFT = re.compile(
    r"(?:(?<![ \t])[ \t]++)?[(\[](?:\s*+(?:see|cf\.?|sources?:?|and|,|;)\s*+)*[)\]]", re.IGNORECASE
)


def find_citation_marks(
    text: str, most: int, quoted: Sequence[Span]
) -> Iterator[tuple[Span, list[int]]]:
    """The marks of `text` in order, none within `quoted` words, each with the numbers of sentences
    that it cites, none where it cites pages. Numbers above `most` are marks too (nothing has them),
    but no years."""
    for match in _MARKS.finditer(text):
        if any(span.start < match.end() and match.start() < span.end for span in quoted):
            continue
        if match["pages"]:
            yield Span(*match.span()), []
            continue
        numbers = cited_numbers(match["square"] or match["round"])
        real = all(0 < number <= most for number in numbers)
        spelled = (
            match["round"] is not None and _NUMBER_WORD.search(text, 0, match.start()) is not None
        )
        alone = (
            match["square"] is not None and all(number < 1000 for number in numbers) and most > 0
        )
        if numbers and not spelled and (real or alone):
            yield Span(*match.span()), numbers


def cited_numbers(content: str) -> list[int]:
    """`3, 5-7` as 3, 5, 6, 7."""
    found: list[int] = []
    for match in re.finditer(r"(\d{1,4})(?:\s*(?:–|-|to)\s*(\d{1,4}))?", content):
        first = int(match[1])
        last = int(match[2] or match[1])
        found += (
            range(first, last + 1)
            if first <= last < first + _LONGEST_RANGE
            else dict.fromkeys((first, last))
        )
    return list(dict.fromkeys(found))


def without_citation_marks(text: str, marks: Sequence[Span]) -> tuple[str, list[int]]:
    """(`text` without its marks and the blanks before them, where in it each mark was)."""
    kept: list[str] = []
    places: list[int] = []
    at = length = 0
    for mark in marks:
        piece = text[at : mark.start]
        opens = (
            not piece.strip() and (not kept or "".join(kept).endswith("\n")) or piece.endswith("\n")
        )
        piece = piece if opens else piece.rstrip(" \t")
        kept.append(piece)
        length += len(piece)
        places.append(length)
        at = mark.end
        if opens:  # "[3] The rent is 5.": the blank after it goes as well
            at += len(text[at:]) - len(text[at:].lstrip(" \t"))
    shown = "".join([*kept, text[at:]])
    for match in reversed(list(_LEFT.finditer(shown))):  # brackets from which a mark was taken
        start, end = match.span()
        shown = shown[:start] + shown[end:]
        places = [at if at <= start else max(at - end + start, start) for at in places]
    return shown, places
