"""Footnotes and endnotes, tied to their marks in the text.

A numbered line is a note only where its mark stands in the text before it, set against a word: else it is a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from docqa.ingest.types import Note, Page

_FOOT = re.compile(r"(\d{1,3}|[*†‡§¶∗])\s?(?=[A-Z“\"(\[‘']|https?://|www\.)")
_PUNCTUATION = "[.,;:!?)\\]”\"’']"
_SET_AGAINST = rf"(?:(?<=[^\W\d_])|(?<=[^\W\d_]{_PUNCTUATION})|(?<=[^\W\d_]{_PUNCTUATION}{_PUNCTUATION}))"
_BRACKETED = re.compile(r"\[(\d{1,3}|[*†‡])\]\s")


def find_notes(pages: Sequence[Page], *, paged: bool) -> Iterator[Note]:
    """The notes, in the order of the document. With pages a note stands on the page of its mark."""
    for page in pages:
        yield from _on_page(page, bracketed=not paged)


def _on_page(page: Page, *, bracketed: bool) -> Iterator[Note]:
    blocks = page.blocks
    pattern = _BRACKETED if bracketed else _FOOT
    matches = [pattern.match(page.text, block.start, block.end) for block in blocks]
    starts = [(number, match) for number, match in enumerate(matches) if match]
    first = _first_note(starts)
    if first is None:
        return
    body_end = blocks[starts[first][0]].start
    if not bracketed and not starts[first][1].group(1).isdecimal() and body_end < 0.5 * len(page.text):
        return  # the affiliations on top of a paper, with a body below them
    at = 0
    for number in range(first, len(starts)):
        block, match = starts[number]
        following = starts[number + 1][0] if number + 1 < len(starts) else len(blocks)
        mark = match.group(1)
        anchor = _anchor(page.text, mark, at, body_end, bracketed=bracketed)
        if anchor is not None:
            at = anchor + 1
            # Notes at the foot of a page run to the next one; among other text a note is its own block.
            end = blocks[(following if not bracketed else block + 1) - 1].end
            yield Note(mark, page.page, blocks[block].start, end, page.page, anchor)


def _first_note(starts: Sequence[tuple[int, re.Match[str]]]) -> int | None:
    """Where the last run of marks that rise one by one begins: a page's notes are its last numbered lines."""
    if not starts:
        return None
    first = len(starts) - 1
    while first > 0:
        before, after = starts[first - 1][1].group(1), starts[first][1].group(1)
        if before.isdecimal() and not (after.isdecimal() and int(after) == int(before) + 1):
            break
        first -= 1
    return first


def _anchor(text: str, mark: str, start: int, end: int, *, bracketed: bool) -> int | None:
    """The offset of `mark` set against a word or its punctuation in `start:end`; None where it is not."""
    wanted = rf"\[{re.escape(mark)}\]" if bracketed else re.escape(mark)
    # "1.5", "12%" and "1,000" are numbers.
    behind = r"(?![\w.%]|,\d)" if mark.isdecimal() and not bracketed else ""
    match = re.compile(rf"{_SET_AGAINST}{wanted}{behind}").search(text, start, end)
    return match.start() if match else None
