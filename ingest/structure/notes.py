"""Footnotes and endnotes: numbered lines whose mark is in the text before them, set against a
word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from docqa.ingest.types import Note, Page

_FOOT = re.compile(
    r"(\d{1,3}(?!\.)|\d{2,3}(?=\.\s)|[*†‡§¶∗])(?:(?<=\d)\.)?\s?(?=[A-Z“\"(\[‘']|https?://|www\.)"
)
_PUNCTUATION = "[.,;:!?)\\]”\"’']"
_SET_AGAINST = (
    rf"(?:(?<=[^\W\d_])|(?<=[^\W\d_]{_PUNCTUATION})|(?<=[^\W\d_]{_PUNCTUATION}{_PUNCTUATION}))"
)
_BRACKETED = re.compile(r"\[(\d{1,3}|[ivxl]{1,6}|[*†‡])\]\s")
_RULE = re.compile(r"(\S)\1{4,200}\s*$", re.MULTILINE)
"""A line of one sign, which courts draw above their notes."""


def find_notes(pages: Sequence[Page], *, paged: bool) -> Iterator[Note]:
    """The notes, in order. With pages a note is on the page of its mark; its rest below the
    rule of the next page comes again there, with the place of its mark."""
    ruled = note_separator_end_by_page(pages) if paged else {}
    last: Note | None = None
    for page in pages:
        rule = ruled.get(page.page)
        if not paged:
            notes = _bracketed_notes(page)
        elif rule is None:
            notes = _notes_on_page(page)
        else:
            notes = _notes_below_rule(page, rule, last)
        for last in notes:
            yield last


def note_separator_end_by_page(pages: Sequence[Page]) -> dict[int, int]:
    """Where the rule above the notes is, by page; the sign that draws it somewhere has a note
    below.
    """
    rules: dict[int, tuple[str, int, bool]] = {}
    for page in pages:
        for block, below in reversed(list(pairwise(page.blocks))):
            match = _RULE.match(page.text, block.start) if block.end - block.start >= 5 else None
            if match and match.end() >= block.end:
                begins = _FOOT.match(page.text, below.start) is not None
                rules[page.page] = match[1], block.end, begins
                break
    signs = {sign for sign, _, begins in rules.values() if begins}
    return {page: end for page, (sign, end, _) in rules.items() if sign in signs}


def _notes_below_rule(page: Page, rule: int, last: Note | None) -> Iterator[Note]:
    """The notes below the rule that ends at `rule`; words before the first go on from `last`."""
    note = last and replace(last, page=page.page, start=-1)
    for block in page.blocks:
        if block.start < rule:
            continue
        match = _FOOT.match(page.text, block.start, block.end)
        if match:
            if note and note.start >= 0:
                yield note
            anchor = _anchor_offset(page.text, match[1], 0, rule)
            at = rule - 1 if anchor is None else anchor
            note = Note(match[1], page.page, block.start, block.end, page.page, at)
        elif note:
            start = block.start if note.start < 0 else note.start
            note = replace(note, start=start, end=block.end)
    if note and note.start >= 0:
        yield note


def _bracketed_notes(page: Page) -> Iterator[Note]:
    """The notes among other text: each is a block somewhere after its mark."""
    at = 0
    for block in page.blocks:
        match = _BRACKETED.match(page.text, block.start, block.end)
        if not match:
            continue
        mark = re.compile(rf"(?<=\S)\[{re.escape(match[1])}\]")
        anchor = mark.search(page.text, at, block.start)
        if anchor:
            at = anchor.end()
            yield Note(match[1], page.page, block.start, block.end, page.page, anchor.start())


def _notes_on_page(page: Page) -> Iterator[Note]:
    blocks = page.blocks
    matches = [_FOOT.match(page.text, block.start, block.end) for block in blocks]
    starts = _last_matches_with_rising_marks(
        [(number, match) for number, match in enumerate(matches) if match]
    )
    if not starts:
        return
    number, match = starts[0]
    body_end = blocks[number].start
    if not match[1].isdecimal() and body_end < 0.5 * len(page.text):
        return  # the affiliations on top of a paper, with a body below them
    at = 0
    before = ""
    # Notes at the foot of a page run to the next one.
    following = [number for number, _ in starts[1:]] + [len(blocks)]
    for (number, match), end in zip(starts, following, strict=True):
        mark = match[1]
        anchor = _anchor_offset(page.text, mark, at, body_end)
        dotted = match[0][len(mark) :].startswith(".")
        if anchor is None and not dotted and _is_next_number(before, mark):
            anchor = at  # its mark is lost in print, somewhere after the one before
        if anchor is not None:
            at = anchor + 1
            before = mark
            last = blocks[end - 1]
            yield Note(mark, page.page, blocks[number].start, last.end, page.page, anchor)


def _is_next_number(before: str, mark: str) -> bool:
    return before.isdecimal() and mark == str(int(before) + 1)


def _last_matches_with_rising_marks(
    matches: list[tuple[int, re.Match[str]]],
) -> list[tuple[int, re.Match[str]]]:
    """The last of `matches` whose marks rise one by one: notes are a page's last numbered lines."""
    for at in range(len(matches) - 1, 0, -1):
        before = matches[at - 1][1][1]
        if before.isdecimal() and not _is_next_number(before, matches[at][1][1]):
            return matches[at:]
    return matches


def _anchor_offset(text: str, mark: str, start: int, end: int) -> int | None:
    """The offset of `mark` set against a word in `start:end`."""
    # "1.5", "12%" and "1,000" are numbers.
    not_in_number = r"(?![\w%]|[.,]\d)" if mark.isdecimal() else ""
    pattern = re.compile(f"{_SET_AGAINST}{re.escape(mark)}{not_in_number}")
    match = pattern.search(text, start, end)
    return match.start() if match else None
