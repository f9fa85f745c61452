"""Who says what stands between quotation marks, or under the name of a judge: a sentence of theirs is no finding.

Speech is a quotation of at least one whole sentence, with the words that name its speaker in the same paragraph (`"We
grew fast," said Ann Lee, chief executive.`) or the one before ("Ann Lee said:").
"""

from __future__ import annotations

import re
from functools import lru_cache

from docqa.ingest.types import Document

_QUOTED = re.compile(
    r"“[^“”]{25,2000}”|\"[^\"\n][^\"]{25,2000}\"|«[^«»]{25,2000}»|“[^“”]{25,2000}(?=\n\s*\n|\n\s*“|\Z)"
)
"""Long enough for a sentence; where speech goes on in the next paragraph only the last has a closing mark."""
_SAYS = (
    r"(?:said|says|added|adds|stated|commented|explained|noted|remarked|continued|declared|wrote|told (?:us|reporters)|"
    r"concluded|according to|argued|insisted|warned|testified)"
)
_NAME = (
    r"(?:(?:Mr|Mrs|Ms|Dr|Prof|Sir|Hon)\.?\s+)?[A-Z][\w’'.-]{1,40}"
    r"(?:\s+(?:[A-Z][\w’'.-]{0,40}|de|van|von|of|bin|al)){0,8}"
)
_ROLE = r"(?:,\s*(?:the\s+|our\s+|its\s+)?[A-Za-z][^,.;:“”\"\n]{2,60})?"
_BEHIND = re.compile(rf"^[\s,.–—-]*(?:{_SAYS}\s+(?P<name>{_NAME})(?P<role>{_ROLE})|(?P<first>{_NAME})\s+{_SAYS})")
_BEFORE = re.compile(rf"(?P<name>{_NAME})(?P<role>{_ROLE}),?\s+{_SAYS}\b[^.“”\"]{{0,60}}[:,]?\s*$")
_WHOLE_SENTENCE = re.compile(r"[.!?,…][”\"»’']?$")
_NEAR = 200
UNNAMED = "a quotation"


def speaker_at(document: Document, page: int, start: int, end: int) -> str | None:
    """Who says what stands at `start` to `end` of `page`: of an opinion its judge, of speech whoever it quotes, or
    UNNAMED; None where it is the document's own words."""
    return document.speaker_of(page, start) or spoken_by(document, page, start, end)


def spoken_by(document: Document, page: int, start: int, end: int) -> str | None:
    """Whom the document quotes with all of what stands at `start` to `end` of `page`; None where it is not speech."""
    for first, last, name in _speeches(document.pages[page - 1].text):
        if first <= start + 1 and end <= last + 1:
            return name
    return None


@lru_cache(maxsize=64)
def _speeches(text: str) -> tuple[tuple[int, int, str], ...]:
    """(start, end, speaker) of the speech in a page's text, its quotation marks within."""
    found: list[tuple[int, int, str]] = []
    for match in _QUOTED.finditer(text):
        words = match.group().strip("“”\"«»").strip()
        if not _WHOLE_SENTENCE.search(words) or not words[:1].isupper():
            continue  # "the so-called first rule of the house" names something
        found.append((match.start(), match.end(), _named(text, match.start(), match.end(), found)))
    return tuple(found)


def _named(text: str, start: int, end: int, before: list[tuple[int, int, str]]) -> str:
    behind = _BEHIND.match(" ".join(text[end : end + _NEAR].split()))
    if behind is not None and (behind["name"] or behind["first"]) not in _PRONOUNS:
        return (behind["name"] or behind["first"]) + (behind["role"] or "")
    ahead = _BEFORE.search(" ".join(text[max(start - _NEAR, 0) : start].split()))
    if ahead is not None and ahead["name"] not in _PRONOUNS:
        return ahead["name"] + (ahead["role"] or "")
    if before and start - before[-1][1] < _NEAR:  # speech that goes on
        return before[-1][2]
    return UNNAMED


_PRONOUNS = frozenset(("He", "She", "They", "It", "We", "I", "The", "This", "That"))
