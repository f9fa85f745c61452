"""Speech that a document quotes, and the opinions of judges: a sentence of theirs is no finding of the document.

Speech is at least one whole sentence between quotation marks.
"""

from __future__ import annotations

import re
from functools import lru_cache

from docqa.ingest.types import Document, Span

_QUOTED = re.compile(
    r"“[^“”]{25,2000}”|\"[^\"\n][^\"]{25,2000}\"|«[^«»]{25,2000}»|“[^“”]{25,2000}(?=\n\s*\n|\n\s*“|\Z)"
)
"""Long enough for a sentence; where speech goes on in the next paragraph only the last has a closing mark."""
_WHOLE_SENTENCE = re.compile(r"[.!?,…][”\"»’']?$")
UNNAMED = "a quotation"


def speaker_at(document: Document, page: int, start: int, end: int) -> str | None:
    """Who says what stands at `start` to `end` of `page`: of an opinion its judge, of speech UNNAMED; None where it is
    the document's own words."""
    return document.speaker_of(page, start) or (UNNAMED if is_spoken(document, page, start, end) else None)


def is_spoken(document: Document, page: int, start: int, end: int) -> bool:
    """Whether the document quotes all of what stands at `start` to `end` of `page` as speech."""
    return any(span.start <= start + 1 and end <= span.end + 1 for span in _speeches(document.pages[page - 1].text))


@lru_cache(maxsize=64)
def _speeches(text: str) -> tuple[Span, ...]:
    """The speech in a page's text with its quotation marks; "the so-called first rule of the house" is none."""
    found = ((match, match.group().strip("“”\"«»").strip()) for match in _QUOTED.finditer(text))
    return tuple(Span(*m.span()) for m, words in found if words[:1].isupper() and _WHOLE_SENTENCE.search(words))
