"""The words of questions, names and heads as those of tables are compared: stems, with what abbreviations stand for."""

from __future__ import annotations

import re
from functools import lru_cache

from docqa.app.evidence.terms import STOP_WORDS, plain_words, stems

_MARK = re.compile(r"(?<=[a-z]{4})\d$|(?:(?<!\s)\s++)?(?:(?<![*†‡§¶])[*†‡§¶]++|\((?:\d|[a-z])\)|\[\d{1,2}\])$")
_NUMBER = re.compile(r"\bno\b\.|#", re.IGNORECASE)
_PERCENT = re.compile(r"%|\bper ?cent(?:age)?s?\b", re.IGNORECASE)
_SPACED_YEAR = re.compile(r"\b([12]) (\d) (\d) (\d)\b")
_CLOSE_YEAR = re.compile(r"(?<=\d),(?=(?:19|20)\d\d(?![\d,]))")
_YEARS = re.compile(r"\b((?:19|20)\d\d)[/–-](\d\d?)\b(?![/–-])")
_LETTER = re.compile(r"(?<![\w’'.-])[A-Z](?![\w’'.-])")


@lru_cache(maxsize=8192)
def table_stems(text: str) -> frozenset[str]:
    """The stems of a name, a head or a question about a table; "No." is a number, "(%)" a percentage, a letter by
    itself may be a name, and "1990-94" has both its years."""
    bare = _CLOSE_YEAR.sub(" ", _SPACED_YEAR.sub(r"\1\2\3\4", _MARK.sub("", text)))
    words = [word for word in plain_words(bare) if word not in STOP_WORDS]
    words += [match[1][: 4 - len(match[2])] + match[2] for match in _YEARS.finditer(bare)]
    words += [letter.casefold() for letter in _LETTER.findall(text[1:] if " " in text.strip() else text)]
    found = set(stems(words))
    if _PERCENT.search(text):
        found.add("percent")
    if _NUMBER.search(text):
        found.add("number")
    return frozenset(found)
