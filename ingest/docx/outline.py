"""Headings and numbered paragraphs of DOCX to sections with the locators that readers cite, such as "4.2(b)".

A list is part of the structure when its numbers contain the number above, when headings count in it too, when it runs
through the document, or when it is lettered "(a)" below something numbered. Other lists are only lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from docqa.ingest.docx.numbering import ListPlace
from docqa.ingest.writer import BlockWriter

_BRACKETED = re.compile(r"\(?([A-Za-z]{1,5}|\d{1,3})\)")
_LETTERED = re.compile(r"([a-z]|[ivx]{1,5})\.?")
_LONG_LIST, _LONG_SHARE = 20, 0.4
# Deeper than every heading.
_CLAUSE = 1000


class Item(NamedTuple):
    """A paragraph as it was written: a heading where `outline` (from 0) is not None, numbered where `place` says so."""

    start: int
    outline: int | None
    number: str | None
    title: str
    place: ListPlace | None
    indent: int


class _Open(NamedTuple):
    level: int
    item: Item
    label: str


def mark_sections(items: Sequence[Item], writer: BlockWriter) -> None:
    """Marks the sections that `items`, in document order, begin."""
    counts = Counter(item.place.key for item in items if item.place and item.outline is None)
    keys = {item.place.key for item in items if item.place and (item.outline is not None or item.place.nested)}
    keys |= {key for key, count in counts.items() if count >= max(_LONG_LIST, _LONG_SHARE * len(items))}
    stack: list[_Open] = []
    for item in items:
        if item.outline is not None:
            while stack and (stack[-1].level >= _CLAUSE or stack[-1].level > item.outline):
                stack.pop()
            _open(item, item.outline + 1, stack, writer)
        elif item.number is None:
            _continue(item, stack, writer)
        elif item.place and (item.place.key in keys or (_BRACKETED.fullmatch(item.number) and _numbered(stack))):
            _close_clauses(item, item.place, stack)
            _open(item, max(_CLAUSE, stack[-1].level if stack else 0) + 1, stack, writer)


def _open(item: Item, level: int, stack: list[_Open], writer: BlockWriter) -> None:
    label = _locator(item, stack)
    writer.mark(level, item.number, item.title, item.start, label=label or None)
    stack.append(_Open(level, item, label))


def _locator(item: Item, stack: Sequence[_Open]) -> str:
    if item.number is None:
        return item.title
    above = _numbered(stack)
    bracketed = _BRACKETED.fullmatch(item.number) or _LETTERED.fullmatch(item.number)
    return f"{above.label}({bracketed[1]})" if above and bracketed else item.number


def _numbered(stack: Sequence[_Open]) -> _Open | None:
    return next((opened for opened in reversed(stack) if opened.item.number is not None), None)


def _close_clauses(item: Item, place: ListPlace, stack: list[_Open]) -> None:
    """Closes the clauses that end where `item` begins: those of its list at its level or below, and of lists begun
    since. The first clause of another list lies below the one before it, unless it is not set further in."""
    mine = [at for at, opened in enumerate(stack) if opened.item.place and opened.item.place.key == place.key]
    if mine:
        del stack[mine[-1] + 1 :]
        while stack and _ends_at(stack[-1], place):
            stack.pop()
        return
    while stack and stack[-1].level >= _CLAUSE and stack[-1].item.indent >= item.indent:
        before = stack[-1].item.place
        if before is not None and before.nested:
            break
        stack.pop()


def _ends_at(opened: _Open, place: ListPlace) -> bool:
    own = opened.item.place
    return opened.level >= _CLAUSE and own is not None and own.key == place.key and own.level >= place.level


def _continue(item: Item, stack: list[_Open], writer: BlockWriter) -> None:
    """A paragraph without a number, less far in than the lettered items before it, belongs to what is above them."""
    popped = False
    while stack and stack[-1].level >= _CLAUSE and stack[-1].item.indent > item.indent:
        if not _BRACKETED.fullmatch(stack[-1].item.number or ""):
            break
        stack.pop()
        popped = True
    if popped and stack:
        above = stack[-1]
        title = f"{above.item.title} (continued)".strip()
        writer.mark(max(_CLAUSE, above.level) + 1, above.item.number, title, item.start, label=above.label or None)
