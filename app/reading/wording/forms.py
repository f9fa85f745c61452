"""What the wording of a question says of its answer: that it is a list ("which two ways", "what
kinds of": 83 % of those so called are), and whether a few words are enough. All else the reader
predicts."""

import re

from docqa.app.facts.facts import is_time
from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.quantities import figures
from docqa.ingest.language.words import ASKING, ASKING_VERB

_COUNT = rf"(?:(?!one\b)(?:{NUMBER_WORD})|[2-9])"
_SORTS = (
    r"(?:kinds|types|sorts|forms|ways|factors|steps|examples|things|reasons|items|documents|rights)"
)
_LIST = re.compile(
    rf"\b(?:what|which|name|list|give|whose)\s+(?:are\s+|were\s+)?(?:the\s+|me\s+|other\s+)?{_COUNT}\s+(?:[\w-]+\s+){{0,3}}?\w+s\b|"
    r"^\W*(?:please\s+)?(?:list|name|enumerate|identify)\s+(?!of\b)|"
    rf"\b(?:what|which)\s+(?:(?!(?:must|may|can|do|did|are|were|is|was|does)\b)[\w-]+\s+)?{_SORTS}\b",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"\b{ASKING}\b(?P<verb>\s+{ASKING_VERB}\b)?", re.IGNORECASE)


def asks_for_reason(question: str) -> bool:
    """Whether a reason or a way is asked for: "why", "how does"."""
    word, verb = _question_word(question)
    return word == "why" or (word == "how" and verb)


def is_brief_answer(question: str, answer_text: str) -> bool:
    """Whether `answer_text` alone answer `question`: it asks for no reason or way, and they are of the
    type that it asks for."""
    return not asks_for_reason(question) and fits_type_asked_for(question, answer_text)


def fits_type_asked_for(question: str, answer_text: str) -> bool:
    """Whether `answer_text` have what `question` asks for: a number for "how long", a time for
    "when is".
    """
    word, verb = _question_word(question)
    if word == "how" and not verb:
        return bool(figures(answer_text))
    return word != "when" or not verb or is_time(answer_text)


def _question_word(question: str) -> tuple[str, bool]:
    """(the word that asks, whether a verb follows it)."""
    asked = _ASKED.search(question)
    return (asked.group().split()[0].lower(), bool(asked["verb"])) if asked else ("", False)


def asks_for_list(question: str) -> bool:
    """Whether the words of `question` ask for several things."""
    return _LIST.search(question) is not None
