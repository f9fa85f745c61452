"""The grammar of printed headings ("3.2 Results", "ARTICLE IV", "§ 12", "Abstract")."""

import re
from typing import NamedTuple

from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import NUMBER_WORD, Ordinals, ordinal_of
from docqa.ingest.language.places import ELSEWHERE, division_of
from docqa.ingest.language.words import word_set

_RANKS = (
    "title book",
    "part schedule exhibit appendix annex attachment",
    "chapter division",
    "subchapter article",
    "section clause",
)
"""Divisions from the outside in."""
_DIVISIONS = {word: rank for rank, words in enumerate(_RANKS) for word in words.split()}
_DIVISION = lazily(
    rf"({'|'.join((*ELSEWHERE, *_DIVISIONS))}|sec\.?|§)(?:\s+|(?<=[§.])|(?=\d))(?:no\.\s*)?"
    rf"(\d+[A-Z]?(?:[.\-–](?:\d+|[A-Z]\b))*|[ivxlcdm]+|[a-z]|{NUMBER_WORD})\b[.:]?\s*(?:[-–—:.]\s*)?(.*)$",
    re.IGNORECASE | re.DOTALL,
)
# A law with one schedule prints no number: "SCHEDULE (Section 4)".
_ONLY = lazily(r"(?:THE\s+)?(SCHEDULE|ANNEX|ANNEXURE)(?:\s*\(([^()]{1,60})\))?[.:]?$")
_DECIMAL = lazily(r"(\d{1,3}[A-Z]{0,2}(?:\.\d{1,3}){0,5})([.)]?)\s+(\S.*)$", re.DOTALL)
# The print has no space after the number: "12.2URL References".
_TIGHT = lazily(r"(\d{1,3}(?:\.\d{1,3}){1,5})([.)]?)([A-Z][A-Za-z]{2}.*)$", re.DOTALL)
_ROMAN_HEAD = lazily(r"([IVXLC]{1,7})[.)]\s+(\S.*)$", re.DOTALL)
_LETTER_HEAD = lazily(r"([A-Z](?:\.\d{1,3})*)([.)]?)\s+(\S.*)$", re.DOTALL)
REFERENCES = word_set("references bibliography références") | {"works cited", "literature cited"}
THANKS = word_set("acknowledgments acknowledgements acknowledgment acknowledgement remerciements")
LISTS = word_set("index contents") | {"table of contents"}
_PARTS = word_set(
    "abstract summary introduction preface foreword background preliminaries method methods results discussion "
    "conclusion conclusions definitions recitals glossary notes appendix appendices"
)
_PARTS_OF_WORDS = {"executive summary", "related work", "materials and methods"}
_NAMES = REFERENCES | THANKS | LISTS | _PARTS | _PARTS_OF_WORDS


class ParsedHeading(NamedTuple):
    """A heading taken apart. `rank` orders families from the outside in; `ordinals` is (3, 2) for
    "3.2".
    """

    family: str
    rank: int
    ordinals: Ordinals
    number: str | None
    title: str

    @property
    def is_untitled(self) -> bool:
        """Whether the number is all that the heading says."""
        return self.title == self.number


def parse_heading(line: str) -> ParsedHeading | None:
    """`line` as a numbered or well-known heading, perhaps none of this document, or None."""
    line = line.strip()
    name = line[:-1] if line.endswith((".", ":")) else line
    if name.lower() in _NAMES:
        return ParsedHeading("named", 5, (), None, name)
    match = _ONLY.match(line)
    if match:
        number, title = match.groups()
        family = "schedule" if number == "SCHEDULE" else "annex"
        return ParsedHeading(
            family, _DIVISIONS[family], (1,), number, f"({title})" if title else number
        )
    match = _DIVISION.match(line)
    if match and not line[0].islower() and not match[3].startswith(","):
        ordinals = ordinal_of(match[2])
        if ordinals:
            word = division_of(match[1])
            number = line[: match.end(2)].strip()
            return ParsedHeading(
                word, _DIVISIONS[word], ordinals, number, match[3].strip() or number
            )
    match = _DECIMAL.match(line) or _TIGHT.match(line)
    if match and _looks_like_title(match[3]):
        return _numbered_from_match("decimal", ordinal_of(match[1]), match)
    match = _ROMAN_HEAD.match(line)
    if match and match[1] not in "CDLM" and _looks_like_title(match[2]):
        return ParsedHeading("roman", 5, ordinal_of(match[1]), match[1], match[2])
    match = _LETTER_HEAD.match(line)
    if match and _looks_like_title(match[3]):
        letter, *inner = match[1].split(".")
        # "A New Method" is a title, unless "B ..." comes too: the appendices of a paper.
        family = "letter" if match[2] or inner else "bare letter"
        return _numbered_from_match(family, (ord(letter) - 64, *map(int, inner)), match)
    return None


def _numbered_from_match(family: str, ordinals: Ordinals, match: re.Match[str]) -> ParsedHeading:
    return ParsedHeading(family, 5 + len(ordinals), ordinals, match[1], match[3])


def _looks_like_title(title: str) -> bool:
    """Whether a few words begin like a title and do not end like a sentence."""
    if not (title[0].isupper() or title[0] in "“\"‘'(") or title.endswith((",", ";")):
        return False
    words = title.split()
    letters = sum(c.isalpha() for c in title)
    return 1 <= len(words) <= 16 and letters >= max(2, 0.5 * len(title.replace(" ", "")))
