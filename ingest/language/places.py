"""The grammar of places: "clause 7(b)", "§ 12", "Articles IV and V", "pp. xiv–xvi", "First
Schedule".
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from .expressions import lazily
from .numbers import ORDINAL_WORD
from .words import alternatives, synonyms, word_set

ATTACHMENTS = word_set("schedule exhibit appendix annex attachment")
"""Divisions in which numbers begin again."""
PROVISIONS = word_set("section subsection clause subclause article paragraph")
"""Words that people use for one another when they cite a numbered provision."""
_LARGER = word_set("title part chapter subchapter article division book annexure")
DIVISIONS = tuple(sorted(ATTACHMENTS | _LARGER))
"""What is larger than a section, or an article."""
SHORTENED = synonyms(
    "section sec sect; clause cl; article art; paragraph para; chapter ch chap; schedule sched; part pt; appendix app; "
    "page p pg; figure fig; table tbl"
)
ELSEWHERE = synonyms(
    "article artículo articulo artikel artigo articolo المادة مادة لمادة; "
    "chapter capítulo capitulo chapitre kapitel capitolo الفصل; title título titulo titre titolo الباب; "
    "section sección abschnitt; part teil partie; annex annexe anexo anhang allegato"
)
"""What laws in other languages call their divisions, by the English word."""
_OTHERS = word_set("rule regulation page table figure footnote recital count amendment")
_NAMES = PROVISIONS.union(DIVISIONS, _OTHERS)
_SINGULAR = (
    SHORTENED
    | ELSEWHERE
    | {"appendice": "appendix", "pp": "page", "§": "section", "¶": "paragraph"}
)
_NOT_ALONE = ("app", "para", "p", "pg")  # "App. 12" is a page of a court's appendix
_IRREGULAR = {
    "appendix": "appendi(?:x|ces)",
    "annex": "annex(?:es)?",
    "paragraph": r"para(?:graphs?|s?\.?)",
    "page": r"p(?:ages?|gs?\.|p?\.)",
}
_SUBS = r"((?:\s?\([A-Za-z0-9]{1,4}\))*)"
_NUMBER = (
    r"(?:\d{1,4}[A-Za-z]{0,2}(?:[.\-–](?:\d{1,3}|[A-Z])(?!\w)|\.(?:[a-z]|[ivxlc]{2,5})(?!\w))*"
    r"|[IVXLC]{1,7}(?:\.[A-Z](?!\w))?|[A-Z](?:\.\d{1,3}){1,4}|[A-Z])(?!\w)"
)
_MORE = lazily(
    rf"(?:\s*+,\s*+(?:(?:and|or|to|through|&)\s*+)?|\s++(?:and|or|to|through|&)\s*+)(?P<number>{_NUMBER}){_SUBS}"
)
_SUB = lazily(r"\([A-Za-z0-9]{1,4}\)")
ROMAN_PAGE = r"(?=[ivxlc])c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
PAGE_LABEL = rf"(?:[A-Z]{{1,3}}-?\d{{1,4}}|\d{{1,5}}|(?i:{ROMAN_PAGE})(?![\w]))"
PAGE_RANGE = rf"{PAGE_LABEL}(?:\s?[-–—]\s?{PAGE_LABEL}|\s+to\s+{PAGE_LABEL})?"
PAGE_RANGES = (
    rf"{PAGE_RANGE}(?:(?:,\s*(?:and\s+|&\s*)?|\s+(?:and|&|or)\s+){PAGE_RANGE}(?![\w.]*\w))*"
)
MOST_PAGES = 50
"""A range of more pages than this names no place."""
_TO = lazily(r"(?<=\w)\s?[-–—]\s?(?=\w)|(?<!\s)\s++to\s+")
NAME_OF_DIVISION = lazily(
    rf"(?:(?:schedule|annexure|annex)(?=\s*(?:\(|$))|(?:{ORDINAL_WORD})\s+(?:schedule|appendix|annex|part|chapter|exhibit)\b|"
    rf"(?:{alternatives(DIVISIONS)})\s+(?:\d{{1,3}}[A-Z]{{0,2}}|[IVXLC]{{1,7}}[A-Z]{{0,2}}|[A-Z])(?=\s*(?:[-–—:.(]|$)))",
    re.IGNORECASE,
)
"""The name in front of a title: "First Schedule (Section 5)", "Part XXIA - Appeals"."""


class PlaceNumber(NamedTuple):
    """A number at `start:end` of a text: "4.2" with `subs` "(b)" and "(2)"."""

    start: int
    end: int
    number: str
    subs: tuple[str, ...]

    @property
    def as_cited(self) -> str:
        """The number as it is cited: "4.2(b)(2)"."""
        return self.number + "".join(self.subs)


class NamedPlaces(NamedTuple):
    """What one word names ("Sections 4.2 and 5.1(a)"): where it begins, its division in the
    singular, and their numbers."""

    start: int
    word: str
    numbers: tuple[PlaceNumber, ...]

    @property
    def end(self) -> int:
        return self.numbers[-1].end


def division_of(word: str) -> str:
    """A division in English and in the singular: "article" of "Arts." and "Artikel", "section" of
    "§§"; else the word in small letters."""
    word = word.lower().rstrip(".")
    if word[:1] in ("§", "¶"):
        return _SINGULAR[word[0]]
    singular = word.removesuffix("s")
    return (
        _SINGULAR.get(word) or _SINGULAR.get(singular) or (singular if singular in _NAMES else word)
    )


@cache
def _division_words_expression(
    names: tuple[str, ...], *, has_other_languages: bool
) -> re.Pattern[str]:
    """Of the words for divisions ("section", "secs."), grouped by first letters: a search stops
    there at most words.
    """
    short = (
        rf"{short}s?\."
        for short, name in SHORTENED.items()
        if name in names and short not in _NOT_ALONE
    )
    rests: dict[str, list[str]] = {}
    for form in [*(_IRREGULAR.get(name, rf"{name}s?") for name in names), *short]:
        rests.setdefault(form[0], []).append(form[1:])
    groups = (f"{first}(?:{'|'.join(rest)})" for first, rest in rests.items())
    words = "|".join((*groups, *(ELSEWHERE if has_other_languages else ())))
    signs = "|(?P<sign>§{1,2}|¶{1,2})\\s*" if "section" in names else ""
    return re.compile(rf"(?:(?i:\b(?P<word>{words}))\s+{signs})(?P<number>{_NUMBER}){_SUBS}")


def named_places(
    text: str, names: tuple[str, ...], *, elsewhere: bool = False
) -> Iterator[NamedPlaces]:
    """The places of `text` named by a word (or "§") in `names`; `elsewhere`: in other languages,
    too.
    """
    for match in _division_words_expression(names, has_other_languages=elsewhere).finditer(text):
        yield _parse_named_places(text, match)


def named_place_at(text: str, offset: int, names: tuple[str, ...]) -> NamedPlaces | None:
    """The places named at offset `offset` of `text`, or None."""
    match = _division_words_expression(names, has_other_languages=False).match(text, offset)
    return _parse_named_places(text, match) if match else None


def _parse_named_places(text: str, match: re.Match[str]) -> NamedPlaces:
    word = match["word"] or match.groupdict().get("sign") or ""
    several = word.lower().rstrip(".").endswith("s") or word in ("§§", "¶¶")
    items = [match]
    while several and (more := _MORE.match(text, items[-1].end())):
        items.append(more)
    numbers = [
        PlaceNumber(
            item.start("number"),
            item.end(),
            item["number"],
            sub_numbers_in(text, item.end("number"), item.end()),
        )
        for item in items
    ]
    return NamedPlaces(match.start(), division_of(word), tuple(numbers))


def sub_numbers_in(text: str, start: int, end: int) -> tuple[str, ...]:
    """ "(b)" and "(2)" in `start:end` of `text`."""
    return tuple(_SUB.findall(text, start, end))


def page_labels(pages: str) -> tuple[str, ...]:
    """Every label of "3-4", "123-27", "iv, 7 and A-3"; the ends of a range that is not of
    numbers.
    """
    labels: list[str] = []
    for part in re.split(r"(?:(?<!\s)\s++)?(?:,|&|\band\b|\bor\b)\s*+", pages):
        ends = [part] if re.match(r"[A-Z]{1,3}-\d", part) else _TO.split(part)
        if len(ends) == 2 and all(end.isdigit() for end in ends):
            first, last = ends
            if len(last) < len(first) and int(last) < int(first):
                last = first[: len(first) - len(last)] + last
            if 0 <= int(last) - int(first) < MOST_PAGES:
                labels += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            labels += [end for end in ends if end]
    return tuple(dict.fromkeys(labels))
