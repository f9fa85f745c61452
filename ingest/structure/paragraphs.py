"""Where something is in a document without pages: its section, and there the paragraph or the
footnote.
"""

from bisect import bisect_right
from itertools import pairwise

from docqa.ingest.types import Block, Document, Section

# In a section of so few paragraphs its name says enough.
_FEW_PARAGRAPHS = 3
_NAMED_BY_THEIR_SECTION = frozenset(("comment", "margin", "hidden", "field"))


def locator_in_unpaged_document(document: Document, start: int) -> str:
    """The locator of offset `start`: "4.2(b)", "Background, paragraph 12", "footnote 3"; "paragraph
    7" without sections. They count from the heading, a table's rows as one."""
    section = document.section_of(1, start)
    name = document.name_of(section) if section else None
    inside = (
        note.mark for note in document.notes if note.page == 1 and note.start <= start < note.end
    )
    note = next((f"footnote {mark}" for mark in inside), "")
    locator = document.locator_of(1, start)
    if not note and locator is not None and locator != name:
        # a part with a number of its own; a judgment's paragraphs have no more than one
        return f"paragraph {locator}" if locator.isdecimal() else locator
    return ", ".join(filter(None, (name, note or _paragraph_name(document, section, start))))


def _paragraph_name(document: Document, section: Section | None, start: int) -> str:
    block = document.block_at(1, start)
    if not block or block.kind == "heading" or block.kind in _NAMED_BY_THEIR_SECTION:
        return ""
    blocks = document.pages[0].blocks
    first = section.start if section else 0
    following = document.section_after(1, first if section else -1)
    end = following.start if following else blocks[-1].end
    low, high = (bisect_right(blocks, at - 1, key=lambda each: each.start) for at in (first, end))
    counted = document.paragraph_numbers.get((low, high))
    if counted is None:
        counted = document.paragraph_numbers[low, high] = _numbers_of_paragraphs(blocks[low:high])
    most = counted[next(reversed(counted))] if counted else 0
    if section and most <= _FEW_PARAGRAPHS:
        return ""
    return f"paragraph {counted.get(block.start, 1):,}"


def _numbers_of_paragraphs(blocks: tuple[Block, ...]) -> dict[int, int]:
    """The number of each paragraph by where it begins."""
    numbers: dict[int, int] = {}
    count = 0
    for before, block in pairwise((None, *blocks)):
        if not block or block.kind == "heading":
            continue
        count += not (before and block.kind == before.kind == "table")
        numbers[block.start] = count
    return numbers
