"""What the wording of a question says of its answer: that it is a list ("which two ways", "what kinds of": of those so
called 83 % are), and whether a few words are enough. Everything else of its form the reader tells."""

from __future__ import annotations

import re

from docqa.app.facts.facts import is_time
from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.quantities import figures
from docqa.ingest.language.words import ASKING, ASKING_VERB

_COUNT = rf"(?:(?!one\b)(?:{NUMBER_WORD})|[2-9])"
_SORTS = r"(?:kinds|types|sorts|forms|ways|factors|steps|examples|things|reasons|items|documents|rights)"
_LIST = re.compile(
    rf"\b(?:what|which|name|list|give|whose)\s+(?:are\s+|were\s+)?(?:the\s+|me\s+|other\s+)?{_COUNT}\s+(?:[\w-]+\s+){{0,3}}?\w+s\b|"
    r"^\W*(?:please\s+)?(?:list|name|enumerate|identify)\s+(?!of\b)|"
    rf"\b(?:what|which)\s+(?:(?!(?:must|may|can|do|did|are|were|is|was|does)\b)[\w-]+\s+)?{_SORTS}\b",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"\b{ASKING}\b(?P<verb>\s+{ASKING_VERB}\b)?", re.IGNORECASE)


def answers_briefly(question: str, words: str) -> bool:
    """Whether `words` alone answer `question`: it asks for no reason or way, and they are of the type that it asks for,
    a number behind "how long", a time behind "when is"."""
    asked = _ASKED.search(question)
    word = asked.group().split()[0].lower() if asked else ""
    if word == "how":
        return asked is not None and not asked["verb"] and bool(figures(words))
    if word == "when" and asked is not None and asked["verb"]:
        return is_time(words)
    return word != "why"


def asks_for_list(question: str) -> bool:
    """Whether the words of `question` ask for several things."""
    return _LIST.search(question) is not None
