"""The parts of a document that a summary goes through: sections near the top of its outline, or
runs of pages.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from docqa.app.output.render import page_text
from docqa.ingest.types import Document, Section

from .sentences.candidates import PlacedSentence

FEWEST_PARTS = 4
DOMINATES = 0.5
_RUNS = 6
_SHORT = 40  # of candidates; a shorter document without outline is one part
OPENING = "Opening"
WHOLE = {"brief": 3, "abstract": 7, "key-points": 5}
"""Sentences of the whole, by style."""


@dataclass(frozen=True)
class SummaryPart:
    """Candidates `numbers` (in order) under one heading; `id` is that of the section, if one."""

    id: str | None
    heading: str
    level: int
    numbers: tuple[int, ...]


def parts_of(document: Document, candidates: Sequence[PlacedSentence]) -> list[SummaryPart]:
    """The parts in order, with or without candidates: the top of the outline; while they are few,
    one with most of the document is replaced by the sections in it."""
    if not document.sections:
        return _page_runs(document, candidates)
    parts = _parts_below(document, candidates, None)
    parents = {section.parent for section in document.sections if section.parent is not None}
    while len(parts) < FEWEST_PARTS:
        total = sum(len(part.numbers) for part in parts)
        great = [
            part for part in parts if part.id in parents and len(part.numbers) > DOMINATES * total
        ]
        if not great:
            break
        position = parts.index(great[0])
        parts[position : position + 1] = _parts_below(document, candidates, great[0].id)
    return parts


def parts_with_candidates_in(
    parts: Iterable[SummaryPart], numbers: Container[int]
) -> list[SummaryPart]:
    """`parts` with these candidates alone, without those that are left with none."""
    reduced = (
        replace(part, numbers=tuple(number for number in part.numbers if number in numbers))
        for part in parts
    )
    return [part for part in reduced if part.numbers]


def sentences_of_part(most: int, parts: int) -> int:
    """How many sentences one of `parts` gets that deserves `most`: at most 3, fewer of many
    parts.
    """
    limit = 3 if parts <= 12 else 2 if parts <= 24 else 1
    return max(1, min(limit, most))


def _parts_below(
    document: Document, candidates: Sequence[PlacedSentence], name: str | None
) -> list[SummaryPart]:
    """The parts right below a section (None: the document), after what comes before them."""
    inside: dict[str, list[int]] = {}
    opening: list[int] = []
    for number, candidate in enumerate(candidates):
        above = [section.id for section in document.sections_above(candidate.section)]
        if next(iter(above), None) == name:
            opening.append(number)
        for section_id in above:
            inside.setdefault(section_id, []).append(number)
    below = [section for section in document.sections if section.parent == name]
    parts = [
        SummaryPart(s.id, _heading_text(s), s.level, tuple(inside.get(s.id, ()))) for s in below
    ]
    if not opening:
        return parts
    section = next((section for section in document.sections if section.id == name), None)
    heading, level = (_heading_text(section), section.level) if section else (OPENING, 1)
    return [SummaryPart(None, heading, level, tuple(opening)), *parts]


def _heading_text(section: Section) -> str:
    number = section.number
    title = section.title
    return f"{number} {title}".strip() if number and not title.startswith(number) else title


def _page_runs(document: Document, candidates: Sequence[PlacedSentence]) -> list[SummaryPart]:
    """Runs of pages of like size; one part where the document is short or has no pages."""
    numbers = tuple(range(len(candidates)))
    if not document.paged or len(document.pages) < 2 or len(candidates) <= _SHORT:
        return [SummaryPart(None, OPENING, 1, numbers)] if numbers else []
    size = -(-len(document.pages) // _RUNS)
    parts = []
    for _, group in groupby(numbers, key=lambda number: (candidates[number].page - 1) // size):
        inside = tuple(group)
        ends = (document.pages[candidates[number].page - 1] for number in (inside[0], inside[-1]))
        first, last = (page_text(page.page, page.label) for page in ends)
        heading = f"p. {first}" if first == last else f"pp. {first} to {last}"
        parts.append(SummaryPart(None, heading, 1, inside))
    return parts
