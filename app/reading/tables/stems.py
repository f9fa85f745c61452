"""The words of questions, names and heads as those of tables are compared: stems, with what abbreviations stand for."""

from __future__ import annotations

import re
from functools import lru_cache

from docqa.app.evidence.terms import STOP_WORDS, plain_words, stems

_MARK = re.compile(r"(?<=[a-z]{4})\d$|(?:(?<!\s)\s++)?(?:(?<![*†‡§¶])[*†‡§¶]++|\((?:\d|[a-z])\)|\[\d{1,2}\])$")
_PERCENT = re.compile(r"%|\bper ?cent(?:age)?s?\b", re.IGNORECASE)
_SPACED_YEAR = re.compile(r"\b([12]) (\d) (\d) (\d)\b")
_CLOSE_YEAR = re.compile(r"(?<=\d),(?=(?:19|20)\d\d(?![\d,]))")


@lru_cache(maxsize=8192)
def table_stems(text: str) -> frozenset[str]:
    """The stems of a name, a head or a question about a table; "(%)" is a percentage."""
    bare = _CLOSE_YEAR.sub(" ", _SPACED_YEAR.sub(r"\1\2\3\4", _MARK.sub("", text)))
    words = [word for word in plain_words(bare) if word not in STOP_WORDS]
    found = set(stems(words))
    if _PERCENT.search(text):
        found.add("percent")
    return frozenset(found)
