"""Quotations with lawyers' marks: ellipses for what was left out, brackets for what was changed.
The parts must be in order, one near the other; what a mark hides is shown."""

import re
from dataclasses import dataclass

from docqa.app.answer.grades import Grade, weakest_grade
from docqa.app.quotes.align import Match, protected_words
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.verifier import (
    JoinedPages,
    LocatedSpans,
    find_matches_of_grade,
    join_pages,
)
from docqa.ingest.language.words import EXCEPTIONS, denies
from docqa.ingest.types import Document

ELLIPSIS_REACH = 3_000
"""Characters that an ellipsis may leave out."""
_BRACKET_REACH = 100
_MARK = re.compile(
    r"(?P<ellipsis>\[\s*(?:…|\.(?:\s?\.){2,3})\s*\]|…(?:\s?\.)?|\.(?:\s?\.){2,3}|\*\s\*\s\*)"
    r"|(?P<head>(?:(?<!\w)\w++)?)\[(?P<inside>[^\[\]]{0,120})\](?P<tail>\w*)"
)
_REMARK = re.compile(
    r"sic!?|emphas[ie]s (?:added|mine|ours|supplied|omitted|in original)|cleaned up|alterations? in original|!",
    re.I,
)
_LEFT_OUT = re.compile(
    r"(?:(?:internal|citations?|footnotes?|quotation marks?|references?|and|,)\s*)+omitted", re.I
)
_EDGES = " \t\n,;:.–—-"
_FEW_WORDS = 3
_PAGES_BEFORE = 1
_PAGES_AFTER = 3


@dataclass(frozen=True)
class QuotePart:
    """Words between marks. `gap` is the mark before it: "" (none), ellipsis or bracket with what is
    in it.
    """

    text: str
    gap: str = ""
    inserted: str = ""


@dataclass(frozen=True)
class Finding:
    """What the search for one quotation brought: the worst grade of its parts. `omitted`: the
    document's words at each ellipsis, `replaced`: (bracket's words, document's words)."""

    grade: Grade
    spans: LocatedSpans = ()
    omitted: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    count: int = 0
    notes: tuple[str, ...] = ()


def split_parts(quotation: str) -> list[QuotePart]:
    """The parts of `quotation`; one alone, without marks that change no word, where nothing was
    left out.
    """
    parts: list[QuotePart] = []
    words = ""
    gap = ""
    inserted = ""

    def close(mark: str, inside: str) -> None:
        nonlocal words, gap, inserted
        piece = words.strip(_EDGES if parts or gap else " \t\n")
        if any(character.isalnum() for character in piece):
            parts.append(QuotePart(piece, gap if parts else "", inserted if parts else ""))
            gap = mark
            inserted = inside
        elif gap != "ellipsis":
            gap = mark
            inserted = (inserted + " " + inside).strip()
        words = ""

    at = 0
    for match in _MARK.finditer(quotation):
        words += quotation[at : match.start()]
        at = match.end()
        inside = match["inside"]
        head = match["head"] or ""
        tail = match["tail"] or ""
        if match["ellipsis"] or (inside is not None and _LEFT_OUT.fullmatch(inside.strip())):
            close("ellipsis", "")
        elif _REMARK.fullmatch(inside.strip()):
            words = words.rstrip() + head + tail
        elif len(inside) == 1 and inside.isalpha() and tail and not head:
            words += inside + tail  # "[t]he": the letter's case was changed, and case folds
        else:
            close("bracket", head + inside + tail)
    words += quotation[at:]
    close("", "")
    return parts


def assemble_parts(
    document: Document, number: int, parts: list[QuotePart], anchor: int, place: LocatedSpans
) -> Finding | None:
    """The parts around part `anchor`, which is at `place` of `document`; None where one is not
    there in order.
    """
    pages = join_pages(
        document, number, place[0].page - _PAGES_BEFORE, place[-1].page + _PAGES_AFTER
    )
    first = pages.offset(place[0].page, place[0].start)
    last = pages.offset(place[-1].page, place[-1].end)
    found: dict[int, tuple[Match, Grade]] = {anchor: (Match(first, last), Grade.EXACT)}
    for index in (*range(anchor + 1, len(parts)), *range(anchor - 1, -1, -1)):
        if index > anchor:
            start = found[index - 1][0].end
            end = start + _largest_distance_to_part(parts[index])
            which = 0
        else:
            end = found[index + 1][0].start
            start = end - _largest_distance_to_part(parts[index + 1]) - len(parts[index].text)
            which = -1
        hit = _strongest_match(pages.text, start, end, parts[index].text, which)
        if not hit:
            return None
        found[index] = hit
    return _join_found_parts(pages, parts, [found[index] for index in range(len(parts))])


def _largest_distance_to_part(part: QuotePart) -> int:
    """How far after the part before it a part may end."""
    return 2 * len(part.text) + (ELLIPSIS_REACH if part.gap == "ellipsis" else _BRACKET_REACH)


def _strongest_match(
    text: str, start: int, end: int, wanted: str, which: int
) -> tuple[Match, Grade] | None:
    """The first (`which` 0) or last (-1) match of `wanted` in `text[start:end]` at the strongest
    grade.
    """
    start = max(0, start)
    end = min(len(text), end)
    window = text[start:end]
    for grade in (Grade.EXACT, Grade.NORMALISED, Grade.DAMAGED, Grade.NEAR):
        for matches in find_matches_of_grade(
            grade, window, lambda keep: fold(window, keep_line_hyphens=keep), wanted
        ):
            if matches:
                return Match(matches[which].start + start, matches[which].end + start), grade
    return None


def _join_found_parts(
    pages: JoinedPages, parts: list[QuotePart], found: list[tuple[Match, Grade]]
) -> Finding:
    grades = {grade for _, grade in found}
    omitted: list[str] = []
    replaced: list[tuple[str, str]] = []
    for index in range(1, len(parts)):
        gap = " ".join(pages.text[found[index - 1][0].end : found[index][0].start].split())
        if parts[index].gap == "ellipsis":
            omitted.append(gap)
            words = [word.strip(".,;:()") for word in fold(gap).text.split()]
            if len(words) <= _FEW_WORDS and any(
                denies(word) or word in EXCEPTIONS for word in words
            ):
                grades.add(
                    Grade.NEAR
                )  # it leaves out little but a "not": marked, and yet another sentence
        else:
            replaced.append((parts[index].inserted, gap))
            if protected_words(gap) != protected_words(parts[index].inserted):
                grades.add(Grade.NEAR)
    spans = pages.located(found[0][0].start, found[-1][0].end)
    return Finding(weakest_grade(grades), spans, tuple(omitted), tuple(replaced))
