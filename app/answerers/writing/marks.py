"""The marks by which a written text cites: numbers of sentences, footnotes, pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docqa.app.check.quotations import find_quotations
from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.places import PAGE_RANGES, page_labels
from docqa.ingest.types import Span

_LONGEST_RANGE = 12
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_WORD = r"(?:sentences?|sent\.|s\.|excerpts?|passages?|sources?|refs?\.?|nos?\.|#|line)"
_MANY = rf"{_WORD}?\s*+\d{{1,4}}(?:\s*+(?:,|;|and|&|–|-|to)\s*+(?:{_WORD}\s*+)?\d{{1,4}})*"
_PAGE = r"(?:pp?\.|pages?|pg\.)\s*"
_MARKS = re.compile(
    rf"(?P<note>\[\^[\w-]{{1,12}}\])"
    rf"|(?P<raised>(?<=[\w.,;:!?\"”’)\]])[⁰¹²³⁴-⁹]+(?:[,˒ ]?[⁰¹²³⁴-⁹]+)*)"
    rf"|[\[【](?P<square>{_MANY})(?:†[^\]】]{{0,40}})?[\]】]"
    rf"|[\[(](?:see |at |on )?(?:[^\[\]()\n]{{0,60}}[,;:]\s*)?{_PAGE}(?P<pages>{PAGE_RANGES})[^\[\]()\n]{{0,40}}[\])]"
    rf"|\((?P<round>{_MANY})\)(?=\s*(?:[.,;:!?\[(]|$))",
    re.IGNORECASE | re.MULTILINE,
)
_BARE_PAGES = re.compile(rf"\b{_PAGE}({PAGE_RANGES})", re.IGNORECASE)
_NOTE_LINE = re.compile(r"^[ \t]*(?:\[\^([\w-]{1,12})\]:|([⁰¹²³⁴-⁹]+)[.)]?)[ \t]*(.+)$", re.MULTILINE)
_SOURCES = re.compile(
    r"^[ \t]*+(?:#+\s*|\*\*|__)?(?:sources|references|notes|footnotes|citations|quotes|cited sentences)"
    r"(?:\*\*|__)?(?:\s*+(?::(?:\*\*|__)?|\*\*|__))?[ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)
_SOURCE_LINE = re.compile(r"^[ \t]*(?:[-*•]\s+)?(?:\[(\d{1,3})\]|(\d{1,3})[.):])[ \t]*(.+)$", re.MULTILINE)
_NUMBER_WORD = re.compile(rf"\b(?:{NUMBER_WORD}|\w+ty|hundred|thousand)\s*$", re.I)
_LEFT = re.compile(r"(?:(?<![ \t])[ \t]++)?[(\[](?:\s*+(?:see|cf\.?|sources?:?|and|,|;)\s*+)*[)\]]", re.IGNORECASE)

Footnotes = dict[str, str]
"""What stands behind each footnote's label."""


@dataclass(frozen=True)
class Mark:
    """Characters `start:end` that cite; `kind` is sentences, pages or note, `content` what is between the brackets."""

    start: int
    end: int
    kind: str
    content: str

    def cited(self, footnotes: Footnotes, most: int) -> tuple[list[int], list[str], list[str]]:
        """(numbers of sentences, pages, quotations) that it names, through footnotes where it is one."""
        if self.kind == "pages":
            return [], list(page_labels(self.content)), []
        labels = [self.content] if self.kind == "note" else [str(number) for number in numbers_of(self.content)]
        numbers: list[int] = []
        pages: list[str] = []
        quotations: list[str] = []
        for label in labels:
            if label in footnotes:
                text = footnotes[label]
                inner = find_marks(text, most, [], {})
                quotations += [quotation.text for quotation in find_quotations(text)[0]]
                for mark in inner:
                    more, paged, _ = mark.cited({}, most)
                    numbers += more
                    pages += paged
                numbers += [] if inner or quotations else _named(text)
                named = () if inner else _BARE_PAGES.finditer(text)
                pages += [page for match in named for page in page_labels(match[1])]
            elif label.isdigit():
                numbers.append(int(label))
        return numbers, pages, quotations


def _named(text: str) -> list[int]:
    """The sentences that a footnote without marks names: "sentence 12", or a bare number."""
    match = re.fullmatch(rf"\s*+(?:{_WORD}\s*+)?(\d{{1,4}})\s*+(?:\.\s*+)?", text, re.IGNORECASE)
    return [int(match[1])] if match else []


def take_footnotes(text: str) -> tuple[str, Footnotes]:
    """(`text` without the lines that only say what footnotes mean, those by their labels)."""
    footnotes: Footnotes = {}
    for match in _NOTE_LINE.finditer(text):
        footnotes[match[1] or match[2].translate(_SUPERSCRIPTS)] = match[3].strip()
    text = _NOTE_LINE.sub("", text)
    head = next((match for match in _SOURCES.finditer(text)), None)
    if head is not None:
        rest = text[head.end() :]
        lines = [line for line in rest.split("\n") if line.strip()]
        found = [_SOURCE_LINE.fullmatch(line) for line in lines]
        if lines and all(found):
            footnotes |= {str(match[1] or match[2]): match[3].strip() for match in found if match}
            text = text[: head.start()]
    return text.rstrip(), footnotes


def find_marks(text: str, most: int, quoted: Sequence[Span], footnotes: Footnotes) -> list[Mark]:
    """The marks of `text` in order. Numbers above `most` are marks too (nothing has them), but no years; within
    `quoted` words there are none."""
    return list(_marks(text, most, quoted, footnotes))


def _marks(text: str, most: int, quoted: Sequence[Span], footnotes: Footnotes) -> Iterator[Mark]:
    for match in _MARKS.finditer(text):
        if any(span.start < match.end() and match.start() < span.end for span in quoted):
            continue
        if match["note"]:
            yield Mark(match.start(), match.end(), "note", match["note"][2:-1])
        elif match["pages"]:
            yield Mark(match.start(), match.end(), "pages", match["pages"])
        elif match["raised"]:
            content = match["raised"].translate(_SUPERSCRIPTS)
            if all(str(number) in footnotes for number in numbers_of(content)):
                yield Mark(match.start(), match.end(), "sentences", content)
        else:
            content = match["square"] or match["round"]
            numbers = numbers_of(content)
            known = any(str(number) in footnotes for number in numbers)
            real = all(0 < number <= most for number in numbers)
            spelled = match["round"] is not None and _NUMBER_WORD.search(text, 0, match.start()) is not None
            alone = match["square"] is not None and all(number < 1000 for number in numbers) and most > 0
            if numbers and not spelled and (known or real or alone):
                yield Mark(match.start(), match.end(), "sentences", content)


def numbers_of(content: str) -> list[int]:
    """`3, 5-7` as 3, 5, 6, 7."""
    found: list[int] = []
    for match in re.finditer(r"(\d{1,4})(?:\s*(?:–|-|to)\s*(\d{1,4}))?", content):
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, last + 1) if first <= last < first + _LONGEST_RANGE else dict.fromkeys((first, last))
    return list(dict.fromkeys(found))


def without_marks(text: str, marks: Sequence[Mark]) -> tuple[str, list[int]]:
    """(`text` without its marks and the blanks before them, where in it each mark was)."""
    kept: list[str] = []
    places: list[int] = []
    at = length = 0
    for mark in marks:
        piece = text[at : mark.start]
        opens = not piece.strip() and (not kept or "".join(kept).endswith("\n")) or piece.endswith("\n")
        piece = piece if opens else piece.rstrip(" \t")
        kept.append(piece)
        length += len(piece)
        places.append(length)
        at = mark.end
        if opens:  # "[3] The rent is 5.": the blank behind it goes as well
            at += len(text[at:]) - len(text[at:].lstrip(" \t"))
    shown = "".join([*kept, text[at:]])
    return _tidied(shown, places)


def _tidied(text: str, places: list[int]) -> tuple[str, list[int]]:
    """Without brackets from which a mark was taken."""
    moved = list(places)
    for match in reversed(list(_LEFT.finditer(text))):
        size = match.end() - match.start()
        text = text[: match.start()] + text[match.end() :]
        moved = [at if at <= match.start() else max(at - size, match.start()) for at in moved]
    return text, moved
