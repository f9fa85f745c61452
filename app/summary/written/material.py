"""What a model writes from: numbered sentences of a document, by its parts or by chosen
passages.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from docqa.app.answer.text import one_line
from docqa.app.answerers.writing.excerpts import Given, number_sentences_of_passages
from docqa.app.context.context import Context
from docqa.app.output.render import page_text
from docqa.app.quotes.verifier import Located
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Document, Span

from ..sentences.candidates import PlacedSentence, is_heading, left_out_section_ids

_MARK_TOKENS = 5  # of a sentence's number, and its share of the headings
_NO_PROSE = frozenset(("contents", "references"))


@dataclass(frozen=True)
class Unit(PlacedSentence):
    """A sentence with the index of its passage in the context; `tokens` with its number, about."""

    passage: int
    tokens: int


@dataclass(frozen=True)
class Material:
    """`shown`: what the model is given; `sources`: the sentences that may bear out what it writes;
    `numbers`: those in `sources` that a number in `shown` stands for, where they differ."""

    shown: Given
    sources: Given
    numbers: dict[int, tuple[int, ...]] | None = None


def units_of(document: Document, context: Context) -> list[Unit]:
    """The sentences of the only document of `context`, in order, without contents, bibliographies
    and the like.
    """
    outside = left_out_section_ids(document)
    units: list[Unit] = []
    for index, placed in enumerate(context.passages):
        passage = placed.passage
        if passage.kind in _NO_PROSE:
            continue
        text = context.text_of(placed)
        first = passage.start
        tokens = (placed.token_end - placed.token_start) / max(len(text), 1)
        for span in sentences(text):
            section = document.section_of(passage.page, first + span.start)
            place = Span(first + span.start, first + span.end)
            if section and (section.id in outside or is_heading(section, passage.page, place)):
                continue
            size = round(tokens * (place.end - place.start)) + _MARK_TOKENS
            units.append(Unit(passage.page, place.start, place.end, section, index, size))
    return units


def material_of_units(document: Document, units: Sequence[Unit], *, numbered: bool) -> Material:
    """The sentences `units` under their headings; not `numbered` for a model that has read all and
    cites by words.
    """
    text = numbered_text(
        (
            _place_heading(document, unit),
            one_line(unit.location.text_in((document,))),
        )
        for unit in units
    )
    places = tuple(Located(0, unit.page, unit.start, unit.end) for unit in units)
    passages = tuple(sorted({unit.passage for unit in units}))
    given = Given(text, places, passages, whole=False, numbered=numbered)
    return Material(given, given)


def numbered_text(sentences: Iterable[tuple[str, str]]) -> str:
    """(heading, words) as numbered lines of words, each heading above those that it has."""
    lines: list[str] = []
    head = ""
    for number, (above, words) in enumerate(sentences, 1):
        lines += [f"\n## {above}"] if above != head else []
        head = above
        lines.append(f"[{number}] {words}")
    return "\n".join(lines).strip()


def material_of_passages(context: Context, passages: Sequence[int], *, numbered: bool) -> Material:
    """The sentences of `passages`, indices of `context` in its order."""
    given = replace(number_sentences_of_passages(context, passages), numbered=numbered)
    return Material(given, given)


Item = TypeVar("Item")


def runs(
    items: Sequence[Item], sizes: Sequence[int], budget: int, least: int = 1
) -> Iterator[list[Item]]:
    """Runs of `items`, in order, of at most `budget` tokens by their `sizes`, at least `least` in
    each but the last.
    """
    run: list[Item] = []
    used = 0
    for item, size in zip(items, sizes, strict=True):
        if len(run) >= least and used + size > budget:
            yield run
            run = []
            used = 0
        run.append(item)
        used += size
    if run:
        yield run


def _place_heading(document: Document, unit: Unit) -> str:
    """`page 12, 4 Liability > 4.2 Cap`."""
    page = document.pages[unit.page - 1]
    parts = [f"page {page_text(page.page, page.label)}"] if document.paged else []
    path = [one_line(each) for each in document.section_path(unit.section)]
    return ", ".join([*parts, *([" > ".join(path)] if path else [])]) or "Text"
