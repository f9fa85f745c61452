"""What a question wants of the places that it names: the place itself, or something in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.app.evidence.front_matter import DOCUMENT_WORDS
from docqa.app.evidence.terms import STOP_WORDS, plain_words
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.words import ASKING_VERB, QUESTION
from docqa.ingest.types import Span

_OF_THE_DOCUMENT = lazily(
    rf"@(?:\s+(?:of|in)\s+(?:the|this|that|my|our)\s+(?:\w+\s+)?(?:{DOCUMENT_WORDS}|law|code|bill|deed))+",
    re.IGNORECASE,
)
_TOGETHER = lazily(r"@(?:[,)]?\s*(?:(?:and|or|of|in|to|under|from|&)\s+)?(?:the\s+)?@)+")
_SAYING = lazily(
    r"\b(?:say|state|provide|cover|contain|mean|describe|discuss|set|deal|text|content|word|read|summar|outline|explain|"
    r"quote|tell|show|give|require|prohibit|include|regulate|address|allow|brief|short|full|exact|plain|english|simple|"
    r"please|need|want)\w*",
    re.IGNORECASE,
)
"""What is asked of a place by whoever wants all of it."""
_LOOKS = lazily(
    r"\b(?:in|under|of|on|by|per|from|within|to|at|with)\s+(?:the\s+)?@|^(?:the\s+)?@|"
    r"\b(?:what|which|who|whom|when|where|why|how)\b.{0,300}\b(?:does|do|did)\s+(?:the\s+)?@|"
    r"\b(?:does|do|did)\s+(?:the\s+)?@\s+\w*[^\W_s]\b",
    re.IGNORECASE,
)
_SECOND_PART = lazily(rf"(?:,|(?<![\s,]))\s++and\s+(?=(?:{'|'.join(QUESTION)}|to whom|{ASKING_VERB})\b)", re.IGNORECASE)


def masked_places(question: str, places: Sequence[Span]) -> str:
    """`question` with "@" for its `places`, once for those that belong together ("Part A of Schedule 2", "sections 3
    and 4"), and without "of the contract" behind them."""
    text = question
    for span in sorted(places, key=lambda span: -span.start):
        text = f"{text[: span.start]}@{text[span.end :]}"
    return " ".join(_OF_THE_DOCUMENT.sub("@", _TOGETHER.sub("@", text)).split())


def asks_for_place(masked: str) -> bool:
    """Whether a question with masked places wants what the place says, all of it: no word of it says anything else."""
    words = plain_words(_SAYING.sub(" ", masked.replace("@", " ")))
    return _SECOND_PART.search(masked) is None and STOP_WORDS.issuperset(words)


def looks_inside(masked: str) -> bool:
    """Whether a question with masked places looks for something in them; not where only one of its two parts does."""
    parts = _SECOND_PART.split(masked, maxsplit=1)
    return _LOOKS.search(masked) is not None and all("@" in part for part in parts)
