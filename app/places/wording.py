"""How people type places, in the spelling that `find_cites` knows: "clause seven", "sec 4", "exhibit b", "the third
chapter", "the last page".
"""

from __future__ import annotations

import re

from docqa.ingest.language.numbers import NUMBER_WORD, ORDINAL_WORD, VALUES, ordinal
from docqa.ingest.language.places import ATTACHMENTS, PROVISIONS, SHORTENED

_WORDS = "|".join((*sorted(PROVISIONS | ATTACHMENTS), "chapter", "part", "title", "page"))
_FULL = SHORTENED | {"s": "section"}
_SHORT = re.compile(rf"(?<![\w.’'])(?P<word>{'|'.join(_FULL)})\.?\s?(?=\d)", re.IGNORECASE)
_IN_WORDS = re.compile(rf"\b(?P<word>{_WORDS})\s+(?P<number>{NUMBER_WORD})\b", re.IGNORECASE)
_SMALL = re.compile(
    rf"\b(?P<word>{_WORDS})\s+(?P<number>[ivxlc]{{2,7}}|[b-hj-z]|[ai](?=\s*(?:[?.,;:)]|$)|\s+(?:of|to|say|provide)))"
    rf"(?![\w’'])",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"\b(?P<ordinal>{ORDINAL_WORD}|\d{{1,3}}(?:st|nd|rd|th))\s+(?P<word>{_WORDS})\b", re.IGNORECASE)
_FRONT_PAGE = re.compile(r"\b(?:title|front|cover)\s+page\b", re.IGNORECASE)


def in_full(question: str) -> str:
    """`question` with the places in it written out: "section 7", "exhibit B", "chapter 3", "page 1"."""
    text = _SHORT.sub(lambda match: f"{_FULL[match['word'].lower()]} ", question)
    text = _IN_WORDS.sub(lambda match: f"{match['word']} {VALUES[match['number'].lower()]}", text)
    text = _SMALL.sub(lambda match: f"{match['word']} {match['number'].upper()}", text)
    text = _ORDINAL.sub(lambda match: f"{match['word']} {ordinal(match['ordinal'])}", text)
    return _FRONT_PAGE.sub("page 1", text)
