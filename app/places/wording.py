"""How people type places, in the spelling that `find_cites` knows: "sec 4", "exhibit b"."""

from __future__ import annotations

import re

from docqa.ingest.language.places import ATTACHMENTS, PROVISIONS, SHORTENED

_WORDS = "|".join((*sorted(PROVISIONS | ATTACHMENTS), "chapter", "part"))
_FULL = SHORTENED | {"s": "section"}
_SHORT = re.compile(rf"(?<![\w.’'])(?P<word>{'|'.join(_FULL)})\.?\s?(?=\d+(?![\da-z]))", re.IGNORECASE)
_SMALL = re.compile(
    rf"\b(?P<word>{_WORDS})\s+(?P<number>[ivxlc]{{2,7}}|[b-hj-z]|[ai](?=\s*(?:[?.,;:)]|$)|\s+(?:of|to|say|provide)))"
    rf"(?![\w’'])",
    re.IGNORECASE,
)


def in_full(question: str) -> str:
    """`question` with the places in it written out: "section 7", "exhibit B"."""
    text = _SHORT.sub(lambda match: f"{_FULL[match['word'].lower()]} ", question)
    return _SMALL.sub(lambda match: f"{match['word']} {match['number'].upper()}", text)
