"""The text of the pages that an answer cites, kept with it: an export must not depend on a file that may be gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from docqa.app.history.records import CitedPage

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer, Cite
    from docqa.ingest.types import Document

WHOLE_PAGE = 12_000
"""Characters up to which a page is kept whole."""
AROUND = 2_000
"""Characters before and after a cite that are kept of a longer one."""


def cited_pages(answer: Answer | None, documents: Sequence[Document]) -> tuple[CitedPage, ...]:
    """The pages of `documents` that the quotes of `answer` cite, in the order of the documents, each once."""
    if answer is None:
        return ()
    cites: dict[tuple[int, int], list[Cite]] = {}
    for quote in answer.quotes:
        for cite in quote.cites:
            at = _document(cite, documents)
            if at is not None:
                cites.setdefault((at, cite.page or 1), []).append(cite)
    return tuple(page for (at, _), found in sorted(cites.items()) for page in _parts(documents[at], found))


def _document(cite: Cite, documents: Sequence[Document]) -> int | None:
    same = (n for n, document in enumerate(documents) if document.path == cite.file)
    return next((n for n in same if (cite.page or 1) <= len(documents[n].pages)), None)


def _parts(document: Document, cites: list[Cite]) -> Iterator[CitedPage]:
    page = document.pages[(cites[0].page or 1) - 1]
    for start, end in _ranges(page.text, cites):
        yield CitedPage(document.id, document.path, cites[0].page, cites[0].label, start, page.text[start:end])


def _ranges(text: str, cites: list[Cite]) -> list[tuple[int, int]]:
    """The whole text, or ranges around the cites that begin and end between words and do not overlap."""
    if len(text) <= WHOLE_PAGE:
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    for cite in sorted(cites, key=lambda cite: cite.start):
        start = _break(text, max(cite.start - AROUND, 0), cite.start)
        end = _break(text, cite.end, min(cite.end + AROUND, len(text)), last=True)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _break(text: str, low: int, high: int, *, last: bool = False) -> int:
    """The first, or the last, place of `low:high` at which a line begins; the outer end where there is none."""
    outer = high if last else low
    if outer in (0, len(text)):
        return outer
    at = text.rfind("\n", low, high) if last else text.find("\n", low, high)
    return at + 1 if at >= 0 else outer
