"""Headings and numbered paragraphs of DOCX to sections with the locators that readers cite, such as "4.2(b)".

A list is part of the structure when its numbers contain the number above, when headings count in it too, when it runs
through the document, or when it is lettered "(a)" below something numbered. Other lists are only lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from docqa.ingest.docx.line import Look
from docqa.ingest.docx.numbering import ListPlace
from docqa.ingest.structure.sequence import Step, best_chain
from docqa.ingest.writer import BlockWriter

_BRACKETED = re.compile(r"\(?([A-Za-z]{1,5}|\d{1,3})\)")
_WHOLE_NUMBER = re.compile(r"\[?(\d{1,4})[\])]?")
_LETTERED = re.compile(r"([a-z]|[ivx]{1,5})\.?")
_LONG_LIST, _LONG_SHARE = 20, 0.4
_SHORT_LIST, _LONG_SPAN = 5, 0.5
# Deeper than every heading.
_CLAUSE = 1000


class OutlineParagraph(NamedTuple):
    """A paragraph as it was written: a heading where `outline` (from 0) is not None, numbered where `place` says so.

    `text` is how it begins, without an automatic number, `look` how it is set; `confidence` (0 to 1) says how far it
    can be believed to be a heading.
    """

    start: int
    outline: int | None
    number: str | None
    title: str
    place: ListPlace | None
    indent: int
    text: str
    look: Look
    style: str = ""
    confidence: float = 1.0


class _Open(NamedTuple):
    level: int
    item: OutlineParagraph
    label: str


def mark_sections(items: Sequence[OutlineParagraph], writer: BlockWriter) -> None:
    """Marks the sections that `items`, in document order, begin."""
    counts = Counter(item.place.key for item in items if item.place and item.outline is None)
    keys = {item.place.key for item in items if item.place and (item.outline is not None or item.place.nested)}
    keys |= {key for key, count in counts.items() if count >= max(_LONG_LIST, _LONG_SHARE * len(items))}
    keys |= _through_the_document(items)
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


def _through_the_document(items: Sequence[OutlineParagraph]) -> set[str]:
    """The lists that number paragraphs from near the beginning to near the end, as those of a judgment: one list, or
    several of which each goes on where the one before it ended."""
    found = [
        at
        for at, item in enumerate(items)
        if item.outline is None and item.place and item.place.level == 0 and _WHOLE_NUMBER.fullmatch(item.number or "")
    ]
    ordinals = [(int(_WHOLE_NUMBER.sub(r"\1", items[at].number or "")),) for at in found]
    chain = [found[step] for step in sorted(best_chain([Step(own, 1.0, 0) for own in ordinals]))]
    if len(chain) < _SHORT_LIST or items[chain[-1]].start - items[chain[0]].start < _LONG_SPAN * items[-1].start:
        return set()
    return {place.key for at in chain if (place := items[at].place)}


def _open(item: OutlineParagraph, level: int, stack: list[_Open], writer: BlockWriter) -> None:
    label = _locator(item, stack)
    writer.mark(level, item.number, item.title, item.start, label=label or None, confidence=item.confidence)
    stack.append(_Open(level, item, label))


def _locator(item: OutlineParagraph, stack: Sequence[_Open]) -> str:
    if item.number is None:
        return item.title
    above = _numbered(stack)
    whole = _WHOLE_NUMBER.fullmatch(item.number)
    if whole and not item.title and item.place and item.place.level == 0 and not (above or item.place.nested):
        return f"paragraph {whole[1]}"  # of a judgment or a report
    bracketed = _BRACKETED.fullmatch(item.number) or _LETTERED.fullmatch(item.number)
    return f"{above.label}({bracketed[1]})" if above and bracketed else item.number


def _numbered(stack: Sequence[_Open]) -> _Open | None:
    return next((opened for opened in reversed(stack) if opened.item.number is not None), None)


def _close_clauses(item: OutlineParagraph, place: ListPlace, stack: list[_Open]) -> None:
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


def _continue(item: OutlineParagraph, stack: list[_Open], writer: BlockWriter) -> None:
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
