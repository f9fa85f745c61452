"""The grammar of printed headings ("3.2 Results", "ARTICLE IV", "§ 12", "Abstract"), and numbers as lists print."""

from __future__ import annotations

import re
from typing import NamedTuple

from docqa.ingest.expressions import lazily

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_NUMERALS = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_DIVISIONS = {
    "title": 0, "part": 1, "chapter": 2, "subchapter": 3, "article": 3, "division": 2, "book": 0,
    "section": 4, "sec.": 4, "sec": 4, "§": 4, "clause": 4,
    "schedule": 1, "exhibit": 1, "appendix": 1, "annex": 1, "attachment": 1,
}  # fmt: skip
DIVISIONS_ELSEWHERE = {
    "artículo": "article", "articulo": "article", "artikel": "article", "artigo": "article", "articolo": "article",
    "المادة": "article", "مادة": "article", "لمادة": "article",
    "capítulo": "chapter", "capitulo": "chapter", "chapitre": "chapter",
    "kapitel": "chapter", "capitolo": "chapter", "الفصل": "chapter", "título": "title", "titulo": "title",
    "titre": "title", "titolo": "title", "الباب": "title", "sección": "section", "abschnitt": "section",
    "teil": "part", "partie": "part", "annexe": "annex", "anexo": "annex", "anhang": "annex", "allegato": "annex",
}  # fmt: skip
"""What laws in other languages call their divisions, by the English word."""
_DIVISION = lazily(
    rf"({'|'.join(DIVISIONS_ELSEWHERE)}|title|part|chapter|subchapter|article|division|book|section|sec\.?|§|clause|schedule|"
    r"exhibit|appendix|annex|attachment)(?:\s+|(?<=[§.])|(?=\d))(?:no\.\s*)?(\d+[A-Z]?(?:[.\-–](?:\d+|[A-Z]\b))*|[ivxlcdm]+|[a-z]|"
    r"one|two|three|four|five|six|seven|eight|nine|ten)\b[.:]?\s*(?:[-–—:.]\s*)?(.*)$",
    re.IGNORECASE | re.DOTALL,
)
# A law with one schedule prints no number: "SCHEDULE (Section 4)".
_ONLY = lazily(r"(?:THE\s+)?(SCHEDULE|ANNEX|ANNEXURE)(?:\s*\(([^()]{1,60})\))?[.:]?$")
_DECIMAL = lazily(r"(\d{1,3}[A-Z]{0,2}(?:\.\d{1,3}){0,5})([.)]?)\s+(\S.*)$", re.DOTALL)
# The print has no space behind the number: "12.2URL References".
_TIGHT = lazily(r"(\d{1,3}(?:\.\d{1,3}){1,5})([.)]?)([A-Z][A-Za-z]{2}.*)$", re.DOTALL)
_ROMAN_HEAD = lazily(r"([IVXLC]{1,7})[.)]\s+(\S.*)$", re.DOTALL)
_LETTER_HEAD = lazily(r"([A-Z](?:\.\d{1,3})*)([.)]?)\s+(\S.*)$", re.DOTALL)
_NAMED = lazily(
    r"(abstract|summary|executive summary|introduction|preface|foreword|background|related work|preliminaries|"
    r"methods?|materials and methods|results|discussion|conclusions?|acknowledge?ments?|references|bibliography|"
    r"works cited|literature cited|références|remerciements|"
    r"definitions|recitals|glossary|index|notes|table of contents|contents|appendix|appendices)[.:]?$",
    re.IGNORECASE,
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


class Numbered(NamedTuple):
    """A heading taken apart. `rank` orders families from the outside in; `ordinals` is (3, 2) for "3.2"."""

    family: str
    rank: int
    ordinals: tuple[int, ...]
    number: str | None
    title: str


def parse_heading(line: str) -> Numbered | None:
    """`line` as a numbered or well-known heading, or None. Whether it is one of this document, others decide."""
    line = line.strip()
    if _NAMED.match(line):
        return Numbered("named", 5, (), None, line.rstrip(".:"))
    match = _ONLY.match(line)
    if match:
        family = "schedule" if match.group(1) == "SCHEDULE" else "annex"
        number = match.group(1)
        return Numbered(family, _DIVISIONS[family], (1,), number, f"({match.group(2)})" if match.group(2) else number)
    match = _DIVISION.match(line)
    if match and not line[0].islower() and not match.group(3).startswith(","):
        word = match.group(1).lower()
        word = DIVISIONS_ELSEWHERE.get(word, word)
        ordinal = ordinal_of(match.group(2))
        if ordinal:
            family = {"sec": "section", "sec.": "section", "§": "section"}.get(word, word)
            number = line[: match.end(2)].strip()
            return Numbered(family, _DIVISIONS[word], ordinal, number, match.group(3).strip() or number)
    match = _DECIMAL.match(line) or _TIGHT.match(line)
    if match and _titled(match.group(3)):
        ordinals = tuple(int(part) for part in re.findall(r"\d+", match.group(1)))
        return Numbered("decimal", 5 + len(ordinals), ordinals, match.group(1), match.group(3))
    match = _ROMAN_HEAD.match(line)
    if match and match.group(1) not in "CDLM" and _titled(match.group(2)):
        return Numbered("roman", 5, ordinal_of(match.group(1)), match.group(1), match.group(2))
    match = _LETTER_HEAD.match(line)
    if match and _titled(match.group(3)):
        parts = match.group(1).split(".")
        ordinals = (ord(parts[0]) - 64, *(int(part) for part in parts[1:]))
        # "A New Method" is a title, unless "B ..." comes too: the appendices of a paper.
        family = "letter" if match.group(2) or len(parts) > 1 else "bare letter"
        return Numbered(family, 5 + len(ordinals), ordinals, match.group(1), match.group(3))
    return None


def ordinal_of(text: str) -> tuple[int, ...]:
    """The numbers of an ordinal: "12" is (12,), "IV" (4,), "b" (2,), "5.B" (5, 2); "78m-1" and nonsense give what is
    certain."""
    lowered = text.lower()
    if lowered in _WORDS:
        return (_WORDS[lowered],)
    parts = re.split(r"[.\-–]", lowered)
    if len(parts) > 1 and all(re.fullmatch(r"\d+[a-z]?|[a-z]", part) for part in parts):
        return tuple(int(part.rstrip(_LETTERS)) if part[0].isdigit() else ord(part) - 96 for part in parts)
    digits = re.findall(r"\d+", lowered)
    if digits:
        return tuple(int(d) for d in digits)
    if re.fullmatch(r"[ivxlcdm]+", lowered) and (len(lowered) > 1 or lowered in "ivx"):
        values = [_ROMAN[c] for c in lowered]
        return (sum(-v if after > v else v for v, after in zip(values, [*values[1:], 0], strict=True)),)
    if len(lowered) == 1 and lowered.isalpha():
        return (ord(lowered) - 96,)
    return ()


def _titled(title: str) -> bool:
    """Whether `title` could be the words of a heading: a few, beginning like a title, not ending like a sentence."""
    if not (title[0].isupper() or title[0] in "“\"‘'(") or title.endswith((",", ";")):
        return False
    words = title.split()
    letters = sum(c.isalpha() for c in title)
    return 1 <= len(words) <= 16 and letters >= max(2, 0.5 * len(title.replace(" ", "")))


def in_letters(number: int) -> str:
    """1 is "a", 26 "z", 27 "aa", 28 "bb" as word processors count; digits outside 1 to 780."""
    if not 0 < number <= 780:
        return str(number)
    return chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)


def in_roman(number: int) -> str:
    """1 is "i", 4 "iv"; digits outside 1 to 3,999."""
    if not 0 < number < 4000:
        return str(number)
    out = ""
    for value, letters in _NUMERALS:
        while number >= value:
            out, number = out + letters, number - value
    return out
