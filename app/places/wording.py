"""How people type places, in the spelling that `find_cites` knows: "clause seven", "sec 4", "exhibit b", "the third
chapter", "the last page".
"""

from __future__ import annotations

import re

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
            "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")  # fmt: skip
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_FULL = {
    "sec": "section", "sect": "section", "s": "section", "cl": "clause", "art": "article", "para": "paragraph",
    "ch": "chapter", "chap": "chapter", "sched": "schedule", "pt": "part", "app": "appendix", "p": "page", "pg": "page",
}  # fmt: skip
_WORDS = (
    "section|subsection|clause|subclause|article|paragraph|schedule|exhibit|appendix|annex|attachment|chapter|part|title|"
    "page"
)
_SHORT = re.compile(
    r"(?<![\w.’'])(?P<word>sec|sect|s|cl|art|para|ch|chap|sched|pt|app|p|pg)\.?\s?(?=\d)", re.IGNORECASE
)
_IN_WORDS = re.compile(rf"\b(?P<word>{_WORDS})\s+(?P<number>{'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_SMALL = re.compile(
    rf"\b(?P<word>{_WORDS})\s+(?P<number>[ivxlc]{{2,7}}|[b-hj-z]|[ai](?=\s*(?:[?.,;:)]|$)|\s+(?:of|to|say|provide)))"
    rf"(?![\w’'])",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?P<ordinal>{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))\s+(?P<word>{_WORDS})\b", re.IGNORECASE
)
_FRONT_PAGE = re.compile(r"\b(?:title|front|cover)\s+page\b", re.IGNORECASE)


def ordinal(word: str) -> int | None:
    """2 of "second" and "2nd"; None of other words."""
    digits = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word.lower())
    if digits:
        return int(digits.group(1))
    return _ORDINALS.index(word.lower()) + 1 if word.lower() in _ORDINALS else None


def in_full(question: str) -> str:
    """`question` with the places in it written out: "section 7", "exhibit B", "chapter 3", "page 1"."""
    text = _SHORT.sub(lambda match: f"{_FULL[match['word'].lower()]} ", question)
    text = _IN_WORDS.sub(lambda match: f"{match['word']} {_NUMBERS.index(match['number'].lower()) + 1}", text)
    text = _SMALL.sub(lambda match: f"{match['word']} {match['number'].upper()}", text)
    text = _ORDINAL.sub(lambda match: f"{match['word']} {ordinal(match['ordinal'])}", text)
    return _FRONT_PAGE.sub("page 1", text)
