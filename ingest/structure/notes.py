"""Footnotes and endnotes: numbered lines whose mark is in the text before them, set against a
word.
"""

import re
from collections.abc import Iterator, Sequence

from docqa.ingest.types import Note, Page

_FOOT = re.compile(
    r"(\d{1,3}(?!\.)|\d{2,3}(?=\.\s)|[*†‡§¶∗])(?:(?<=\d)\.)?\s?(?=[A-Z“\"(\[‘']|https?://|www\.)"
)
_PUNCTUATION = "[.,;:!?)\\]”\"’']"
_SET_AGAINST = (
    rf"(?:(?<=[^\W\d_])|(?<=[^\W\d_]{_PUNCTUATION})|(?<=[^\W\d_]{_PUNCTUATION}{_PUNCTUATION}))"
)
_BRACKETED = re.compile(r"\[(\d{1,3}|[*†‡])\]\s")
_RULE = re.compile(r"(\S)\1{4,200}\s*$", re.MULTILINE)
"""A line of one sign, which courts draw above their notes."""


def find_notes(pages: Sequence[Page], *, paged: bool) -> Iterator[Note]:
    """The notes, in order. With pages a note stands on the page of its mark; its rest below the
    rule of the next page comes again there, with the place of its mark."""
    ruled = rules_above_notes(pages) if paged else {}
    last: Note | None = None
    for page in pages:
        rule = ruled.get(page.page)
        found = (
            _below_rule(page, rule, last)
            if rule is not None
            else _on_page(page, bracketed=not paged)
        )
        for note in found:
            yield note
            last = note


def rules_above_notes(pages: Sequence[Page]) -> dict[int, int]:
    """Where the rule above the notes stands, by page; the sign that draws it somewhere has a note
    below.
    """
    rules: dict[int, tuple[str, int, bool]] = {}
    for page in pages:
        for number in range(len(page.blocks) - 2, -1, -1):
            block = page.blocks[number]
            below = page.blocks[number + 1]
            match = _RULE.match(page.text, block.start) if block.end - block.start >= 5 else None
            if match is not None and match.end() >= block.end:
                rules[page.page] = (
                    match[1],
                    block.end,
                    _FOOT.match(page.text, below.start) is not None,
                )
                break
    signs = {sign for sign, _, begins in rules.values() if begins}
    return {page: end for page, (sign, end, _) in rules.items() if sign in signs}


def _below_rule(page: Page, rule: int, last: Note | None) -> Iterator[Note]:
    """The notes below the rule that ends at `rule`; words before the first go on from `last`."""
    mark = ""
    start = 0
    end = 0
    at = 0
    at_page = page.page
    if last is not None:
        mark = last.mark
        at = last.at
        at_page = last.at_page
    begun = -1
    for block in page.blocks:
        if block.start < rule:
            continue
        match = _FOOT.match(page.text, block.start, block.end)
        if match is not None:
            if begun >= 0 and mark:
                yield Note(mark, page.page, start, end, at_page, at)
            mark = match.group(1)
            at_page = page.page
            anchor = _anchor(page.text, mark, 0, rule, bracketed=False)
            at = anchor if anchor is not None else rule - 1
            begun = -1
        if begun < 0:
            begun = start = block.start
        end = block.end
    if begun >= 0 and mark:
        yield Note(mark, page.page, start, end, at_page, at)


def _on_page(page: Page, *, bracketed: bool) -> Iterator[Note]:
    blocks = page.blocks
    pattern = _BRACKETED if bracketed else _FOOT
    matches = [pattern.match(page.text, block.start, block.end) for block in blocks]
    starts = [(number, match) for number, match in enumerate(matches) if match]
    first = _first_note(starts)
    if first is None:
        return
    body_end = blocks[starts[first][0]].start
    if (
        not bracketed
        and not starts[first][1].group(1).isdecimal()
        and body_end < 0.5 * len(page.text)
    ):
        return  # the affiliations on top of a paper, with a body below them
    at = 0
    noted = ""
    for number in range(first, len(starts)):
        block, match = starts[number]
        following = starts[number + 1][0] if number + 1 < len(starts) else len(blocks)
        mark = match.group(1)
        anchor = _anchor(page.text, mark, at, body_end, bracketed=bracketed)
        dotted = match.group()[len(mark) :][:1] == "."
        if (
            anchor is None
            and not (bracketed or dotted)
            and noted.isdecimal()
            and mark == str(int(noted) + 1)
        ):
            anchor = (
                at  # the mark of the next note is lost in print: it stands behind the one before
            )
        if anchor is not None:
            at = anchor + 1
            noted = mark
            # Notes at the foot of a page run to the next one; among other text a note is its own
            # block.
            end = blocks[(following if not bracketed else block + 1) - 1].end
            yield Note(mark, page.page, blocks[block].start, end, page.page, anchor)


def _first_note(starts: Sequence[tuple[int, re.Match[str]]]) -> int | None:
    """Where the last run of marks that rise one by one begins: notes are a page's last numbered
    lines.
    """
    if not starts:
        return None
    first = len(starts) - 1
    while first > 0:
        before = starts[first - 1][1].group(1)
        after = starts[first][1].group(1)
        if before.isdecimal() and not (after.isdecimal() and int(after) == int(before) + 1):
            break
        first -= 1
    return first


def _anchor(text: str, mark: str, start: int, end: int, *, bracketed: bool) -> int | None:
    """The offset of `mark` set against a word in `start:end`."""
    wanted = rf"\[{re.escape(mark)}\]" if bracketed else re.escape(mark)
    # "1.5", "12%" and "1,000" are numbers.
    behind = r"(?![\w%]|[.,]\d)" if mark.isdecimal() and not bracketed else ""
    match = re.compile(rf"{_SET_AGAINST}{wanted}{behind}").search(text, start, end)
    return match.start() if match else None
