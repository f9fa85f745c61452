"""What a question wants of the places that it names: the place itself, or something in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.ingest.language.expressions import lazily
from docqa.ingest.types import Span

DOCUMENT_WORDS = (
    r"(?:contract|agreement|document|file|paper|case|opinion|judge?ment|lease|letter|report|statute|act|policy|pdf)"
)
"""What people call a document, as a regular expression."""

_OF_THE_DOCUMENT = lazily(
    rf"@(?:\s+(?:of|in)\s+(?:the|this|that|my|our)\s+(?:\w+\s+)?(?:{DOCUMENT_WORDS}|constitution|law|code|bill|deed|bylaws))+",
    re.IGNORECASE,
)
_TOGETHER = lazily(r"@(?:[,)]?\s*(?:(?:and|or|of|in|to|under|from|&)\s+)?(?:the\s+)?@)+")
_SAYS = (
    r"(?:says?|states?|provides?(?: for)?|covers?|contains?|deals? with|sets? out|means?|describes?|discuss(?:es)?|"
    r"address(?:es)?|requires?|regulates?|concerns?|talks? about|prohibits?|allows?|tells? (?:us|me)|includes?|shows?|"
    r"do|lays? down|is about)"
)
_TEXT = (
    r"(?:(?:full |exact )?(?:text|contents?|wording|words|summary|overview|gist|main points?|key points?|"
    r"substance|meaning|terms) of )"
)
_SAID = r"(?:(?:said|stated|provided|written|set out|laid down|contained|regulated) )?"
_TELL = r"(?:summari[sz]e|sum up|explain|describe|outline|quote|recite|read|show|give|tell|paraphrase|recap)"
_HOW = (
    r"(?:,? (?:to me|for me|in (?:short|brief|full|plain english|simple terms|a few words|one sentence)|briefly|"
    r"verbatim|please))*"
)
_POLITE = r"(?:(?:and|so|please|can you|could you|would you|i want (?:you )?to|i need (?:you )?to) )*"
_FORMS = (
    rf"what (?:does|do|did|would) (?:the )?@ {_SAYS}(?: exactly| about it)?{_HOW}",
    rf"(?:tell me |show me |explain |find out )?what (?:the )?@ {_SAYS}",
    rf"what(?: is|['’]s| are| was) (?:{_SAID}(?:in|on|inside|under|by) )?(?:the )?{_TEXT}?(?:the )?@(?: about| for)?",
    rf"{_TELL}(?: me| us)?(?: out| about)?(?: an?| the)?(?: brief| short)? ?(?:{_TEXT}|what(?: is|['’]s) in )?"
    rf"(?:the )?@{_HOW}",
    rf"(?:an? |the )?(?:brief |short )?{_TEXT}?(?:the )?@(?: in full| summary| text| please)?",
    r"(?:the )?@ ?[-–—:,.?]? ?what (?:does|do|is|are) (?:it|they|this)(?: say| about| cover| mean| provide)?",
    r"how (?:does|do) (?:the )?@ read|how is (?:the )?@ worded|(?:what|how) about (?:the )?@",
)
_WHOLE = lazily(rf"{_POLITE}(?:{'|'.join(_FORMS)})[\s?.!:]*", re.IGNORECASE)
_RULES = (
    r"(?:say|state|provide|cover|contain|mean|mention|require|prohibit|forbid|ban|bar|allow|permit|let|give|grant|apply|"
    r"include|exclude|define|limit|entitle|protect|guarantee|impose|oblige|specify|authori[sz]e|prevent|address|deal)"
)
_LOOKS = lazily(
    r"\b(?:in|under|of|on|by|per|from|within|to|at|with|pursuant to|according to)\s+(?:the\s+)?@|^(?:the\s+)?@|"
    rf"\b(?:what|which|who|whom|when|where|why|how)\b.{{0,300}}\b(?:does|do|did)\s+(?:the\s+)?@|\b(?:does|do|did)\s+(?:the\s+)?@\s+{_RULES}\b",
    re.IGNORECASE,
)
_SECOND_PART = lazily(
    r"(?:,|(?<![\s,]))\s++and\s+(?=(?:what|which|who|whom|whose|when|where|why|how|to whom|does|is|are|may|can)\b)",
    re.IGNORECASE,
)


def masked_places(question: str, places: Sequence[Span]) -> str:
    """`question` with "@" for its `places`, once for those that belong together ("Part A of Schedule 2", "sections 3
    and 4"), and without "of the contract" behind them."""
    text = question
    for span in sorted(places, key=lambda span: -span.start):
        text = f"{text[: span.start]}@{text[span.end :]}"
    return " ".join(_OF_THE_DOCUMENT.sub("@", _TOGETHER.sub("@", text)).split())


def asks_for_place(masked: str) -> bool:
    """Whether a question with masked places wants what the place says, all of it."""
    return _WHOLE.fullmatch(masked) is not None


def looks_inside(masked: str) -> bool:
    """Whether a question with masked places looks for something in them; not where only one of its two parts does."""
    parts = _SECOND_PART.split(masked, maxsplit=1)
    return _LOOKS.search(masked) is not None and all("@" in part for part in parts)
