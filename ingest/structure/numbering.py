"""The grammar of printed headings ("3.2 Results", "ARTICLE IV", "§ 12", "Abstract")."""

import re
from typing import NamedTuple

from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import NUMBER_WORD, ordinal_of
from docqa.ingest.language.places import ELSEWHERE, division_of

_DIVISIONS = {
    "title": 0,
    "part": 1,
    "chapter": 2,
    "subchapter": 3,
    "article": 3,
    "division": 2,
    "book": 0,
    "section": 4,
    "clause": 4,
    "schedule": 1,
    "exhibit": 1,
    "appendix": 1,
    "annex": 1,
    "attachment": 1,
}
_DIVISION = lazily(
    rf"({'|'.join((*ELSEWHERE, *_DIVISIONS))}|sec\.?|§)(?:\s+|(?<=[§.])|(?=\d))(?:no\.\s*)?"
    rf"(\d+[A-Z]?(?:[.\-–](?:\d+|[A-Z]\b))*|[ivxlcdm]+|[a-z]|{NUMBER_WORD})\b[.:]?\s*(?:[-–—:.]\s*)?(.*)$",
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


class Numbered(NamedTuple):
    """A heading taken apart. `rank` orders families from the outside in; `ordinals` is (3, 2) for
    "3.2".
    """

    family: str
    rank: int
    ordinals: tuple[int, ...]
    number: str | None
    title: str

    @property
    def is_untitled(self) -> bool:
        """Whether the number is all that the heading says."""
        return self.title == self.number


def parse_heading(line: str) -> Numbered | None:
    """`line` as a numbered or well-known heading, perhaps none of this document, or None."""
    line = line.strip()
    if _NAMED.match(line):
        return Numbered("named", 5, (), None, line.rstrip(".:"))
    match = _ONLY.match(line)
    if match:
        family = "schedule" if match.group(1) == "SCHEDULE" else "annex"
        number = match.group(1)
        return Numbered(
            family,
            _DIVISIONS[family],
            (1,),
            number,
            f"({match.group(2)})" if match.group(2) else number,
        )
    match = _DIVISION.match(line)
    if match and not line[0].islower() and not match.group(3).startswith(","):
        word = division_of(match.group(1))
        ordinal = ordinal_of(match.group(2))
        if ordinal:
            number = line[: match.end(2)].strip()
            return Numbered(
                word, _DIVISIONS[word], ordinal, number, match.group(3).strip() or number
            )
    match = _DECIMAL.match(line) or _TIGHT.match(line)
    if match and _titled(match.group(3)):
        ordinals = ordinal_of(match.group(1))
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


def _titled(title: str) -> bool:
    """Whether a few words begin like a title and do not end like a sentence."""
    if not (title[0].isupper() or title[0] in "“\"‘'(") or title.endswith((",", ";")):
        return False
    words = title.split()
    letters = sum(c.isalpha() for c in title)
    return 1 <= len(words) <= 16 and letters >= max(2, 0.5 * len(title.replace(" ", "")))
