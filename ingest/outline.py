"""The tree of sections: bookmarks checked against the page, else printed numbering, else how headings look.

An unknown structure gives no sections: a guess is never shown as a fact.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .flow import Heading
from .numbering import Numbered, parse_heading
from .types import Page, Section

_FOLD = re.compile(r"[\W_]+")
_MAX_TITLE_CHARS = 300


class Mark(NamedTuple):
    """A heading before it has a place in the tree: `level` counts from 1, smaller is further out."""

    level: int
    number: str | None
    title: str
    page: int
    start: int
    source: str
    confidence: float


class Bookmark(NamedTuple):
    """An entry of a PDF's own outline; `page` from 1."""

    level: int
    title: str
    page: int


def build(marks: Sequence[Mark], labels: Sequence[str | None] | None = None) -> tuple[Section, ...]:
    """Sections in preorder from marks in document order.

    Ids are the path from the root ("2.1" is the first child of the second top section). `labels` are the pages'
    labels; without them (a document without pages) a section's label is its number, else its title.
    """
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    children: Counter[str] = Counter()
    for mark in marks:
        while stack and stack[-1][0] >= mark.level:
            stack.pop()
        parent = stack[-1][1] if stack else None
        children[parent or ""] += 1
        own = f"{parent}.{children[parent or '']}" if parent else str(children[""])
        label = labels[mark.page - 1] if labels is not None else mark.number or mark.title
        level = len(stack) + 1
        title = mark.title[:_MAX_TITLE_CHARS]
        sections.append(
            Section(own, mark.number, title, level, mark.page, mark.start, mark.source, mark.confidence, parent, label)
        )
        stack.append((mark.level, own))
    return tuple(sections)


def from_bookmarks(bookmarks: Sequence[Bookmark], pages: Sequence[Page]) -> list[Mark]:
    """Bookmarks as marks in document order, each with its place in the page text where its title was found.

    Empty when there are fewer than two, or when fewer than half of the titles stand on (or next to) their page: such
    an outline belongs to another version of the file.
    """
    marks: list[Mark] = []
    found = 0
    folded: dict[int, tuple[str, list[int]]] = {}
    for bookmark in bookmarks:
        title = " ".join(bookmark.title.split())
        if not title or not 1 <= bookmark.page <= len(pages):
            continue
        place = _locate(title, bookmark.page, pages, folded)
        found += place is not None
        page, start = place or (bookmark.page, 0)
        parsed = parse_heading(title)
        number, name = (parsed.number, parsed.title) if parsed and parsed.number else (None, title)
        marks.append(Mark(bookmark.level, number, name, page, start, "bookmark", 0.95 if place else 0.5))
    if len(marks) < 2 or found < 0.5 * len(marks):
        return []
    # Stable: a parent and its first child may share a place. Levels keep the tree when a title was misplaced.
    return sorted(marks, key=lambda mark: (mark.page, mark.start))


def _locate(
    title: str, page: int, pages: Sequence[Page], folded: dict[int, tuple[str, list[int]]]
) -> tuple[int, int] | None:
    needle = _FOLD.sub("", title).casefold()
    if not needle:
        return None
    for candidate in (page, page + 1, page - 1):
        if not 1 <= candidate <= len(pages):
            continue
        if candidate not in folded:
            folded[candidate] = _fold(pages[candidate - 1].text)
        text, offsets = folded[candidate]
        best = None
        at = text.find(needle)
        while at >= 0:
            start = offsets[at]
            body = pages[candidate - 1].text
            if best is None or start == 0 or body[start - 1] == "\n":
                best = start
                if start == 0 or body[start - 1] == "\n":
                    break
            at = text.find(needle, at + 1)
        if best is not None:
            return candidate, best
    return None


def _fold(text: str) -> tuple[str, list[int]]:
    kept: list[str] = []
    offsets: list[int] = []
    for at, char in enumerate(text):
        if char.isalnum():
            for part in char.casefold():
                kept.append(part)
                offsets.append(at)
    return "".join(kept), offsets


class Candidate(NamedTuple):
    """A line that may be a heading, with the page (from 1) it stands on."""

    page: int
    heading: Heading


def from_numbering(candidates: Sequence[Candidate], body: float) -> list[Mark]:
    """Headings by their numbers, in document order; `body` is the usual height of text, in points.

    Numbering alone is not trusted: a line must also be set like a heading (larger, bold, in capitals, or alone), and
    its number must follow from those before it (a first one, the next sibling, or a sibling of an open parent).
    """
    contents = _contents_pages(candidates)
    parsed = [
        (c, n)
        for c in candidates
        if c.page not in contents and (n := parse_heading(c.heading.text)) and _looks_like_heading(c, n, body)
    ]
    bare = {n.ordinals for _, n in parsed if n.family == "bare letter"}
    families = Counter(n.family for _, n in parsed)
    marks: list[Mark] = []
    last: dict[str, tuple[int, ...]] = {}
    ranks = sorted({n.rank for _, n in parsed})
    for candidate, numbered in parsed:
        heading = candidate.heading
        strong = (heading.bold or heading.size > 1.08 * body) and not heading.run_in
        if numbered.family == "bare letter" and not {(1,), (2,)} <= bare:
            continue
        if numbered.family != "named" and families[numbered.family] < 2 and not strong:
            continue
        if not _follows(numbered, last, strong):
            continue
        if numbered.ordinals:
            last[numbered.family] = numbered.ordinals
            _restart_inner(last, numbered)
        level = ranks.index(numbered.rank) + 1
        confidence = 0.9 if strong else 0.7
        marks.append(
            Mark(level, numbered.number, numbered.title, candidate.page, heading.start, "numbering", confidence)
        )
    return marks if len(marks) >= 2 else []


def _contents_pages(candidates: Sequence[Candidate]) -> set[int]:
    """Pages whose numbered lines come again later, or that are headed "Contents": tables of contents."""
    last_seen: dict[str, int] = {}
    keys: dict[int, list[str]] = {}
    headed: set[int] = set()
    for candidate in candidates:
        numbered = parse_heading(candidate.heading.text)
        if numbered is None:
            continue
        if numbered.family == "named" and numbered.title.lower().endswith("contents"):
            headed.add(candidate.page)
        key = _FOLD.sub("", f"{numbered.number}{numbered.title.rstrip('0123456789 .')}").casefold()
        last_seen[key] = candidate.page
        keys.setdefault(candidate.page, []).append(key)
    found: set[int] = set()
    for page, own in keys.items():
        again = sum(last_seen[key] > page for key in own)
        if (again >= 4 and again >= 0.5 * len(own)) or (page in headed and len(own) >= 5):
            found.add(page)
    return found


def _looks_like_heading(candidate: Candidate, numbered: Numbered, body: float) -> bool:
    heading = candidate.heading
    text = heading.text
    if text.count(". . .") or text.count("....") or re.search(r"\.{3,}\s*\d+$", text):
        return False
    if heading.run_in:
        return numbered.family in ("decimal", "section", "article", "clause") and heading.size > 0.93 * body
    larger = heading.size > 1.08 * body
    capitals = numbered.title.isupper() and len(numbered.title) > 3
    if larger or heading.bold or capitals:
        return not text.rstrip().endswith((",", ";")) or larger
    if heading.size < 0.93 * body:
        return False
    short = len(text.split()) <= 10 and not text.rstrip().endswith((".", ",", ";", ":"))
    return short and heading.alone and "letter" not in numbered.family


def _follows(numbered: Numbered, last: dict[str, tuple[int, ...]], strong: bool) -> bool:
    if not numbered.ordinals:
        return True
    before = last.get(numbered.family)
    now = numbered.ordinals
    if before is None:
        first = now[-1] if numbered.family == "decimal" else now[0]
        return first <= 1 or strong
    if numbered.family not in ("decimal", "letter"):
        return now != before and (0 < now[0] - before[0] <= 3 or now[0] == 1 or strong)
    if len(now) > len(before):
        return now[: len(before)] == before[: len(now)] and now[-1] <= 2 or strong
    parent, at = now[:-1], len(now) - 1
    if parent == before[:at]:
        return 0 < now[at] - before[at] <= 3
    return now[at] == 1 and strong


def _restart_inner(last: dict[str, tuple[int, ...]], numbered: Numbered) -> None:
    """A new part or article lets the numbering inside it begin again."""
    if numbered.family in ("part", "schedule", "exhibit", "appendix", "annex", "attachment", "title", "chapter"):
        for family in ("decimal", "letter", "roman", "article"):
            if family != numbered.family:
                last.pop(family, None)


def from_style(candidates: Sequence[Candidate], body: float) -> list[Mark]:
    """Headings by look alone: clearly larger than the text, or bold and alone on their line.

    Levels are the ranks of the sizes. Used only where neither bookmarks nor numbers say more; confidence 0.4.
    """
    chosen = [c for c in candidates if _stands_out(c.heading, body)]
    if not 2 <= len(chosen) <= max(12, 2 * len({c.page for c in candidates})):
        return []
    sizes = sorted({_size_key(c.heading, body) for c in chosen}, reverse=True)[:4]
    return [
        Mark(
            sizes.index(key) + 1 if (key := _size_key(c.heading, body)) in sizes else len(sizes),
            None, c.heading.text, c.page, c.heading.start, "style", 0.4,
        )
        for c in chosen
    ]  # fmt: skip


def _size_key(heading: Heading, body: float) -> int:
    return round(heading.size) if heading.size > 1.12 * body else 0


def _stands_out(heading: Heading, body: float) -> bool:
    text = heading.text.strip()
    words = text.split()
    if len(words) > 12 or text.endswith((".", ",", ";")) or sum(c.isalpha() for c in text) < 0.6 * len(text) - 2:
        return False
    return heading.size > 1.12 * body or (heading.bold and heading.alone)
