"""What a model that writes is given of the documents: passages in reading order, their sentences numbered.

docqa's own ranking chooses them, as many as a number of tokens allows; of documents that a question compares each has
its share, of a named part only that is taken, and what fits as a whole is given as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.ranking import Ranked
from docqa.app.places.scope import Scope, passages_in
from docqa.app.quotes.verifier import Located
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Document

MOST_TOKENS = 4_096
"""Tokens of passages that a model is given where its context has room and no number of passages is asked for."""
_MARK_TOKENS = 4  # of a sentence's number, beside its words
_HEAD_TOKENS = 24  # of the line above a run of passages
_MOST_NEAREST = 3  # sentences that the model is told may answer
_MARKED = re.compile(r"^\[(\d+)\] (.*)", re.MULTILINE)


@dataclass(frozen=True)
class Given:
    """`sentences`: where each numbered sentence stands, number 1 first; `passages`: indices of the context, in order.
    `text`: what the model reads; `whole`: all of the documents, or of the named part; `numbered`: the model may cite by
    numbers."""

    text: str
    sentences: tuple[Located, ...]
    passages: tuple[int, ...]
    whole: bool
    numbered: bool = True

    @cached_property
    def places(self) -> dict[Located, int]:
        """The number of each sentence."""
        return {place: number for number, place in enumerate(self.sentences, 1)}

    @cached_property
    def lines(self) -> dict[int, str]:
        """The words of each numbered sentence on one line, by its number."""
        return {int(found[1]): found[2] for found in _MARKED.finditer(self.text)}

    @property
    def unnumbered(self) -> str:
        """What the model reads, without the numbers."""
        return _MARKED.sub(r"\2", self.text)

    def nearest(self, places: Iterable[Located]) -> tuple[tuple[int, str], ...]:
        """(number, words) of the first few sentences in which `places` begin, in their order; none for a model that
        has read all."""
        numbers: dict[int, None] = {}
        for place in places if self.numbered else ():
            if (number := self.number_at(place)) is not None:
                numbers[number] = None
            if len(numbers) == _MOST_NEAREST:
                break
        return tuple((number, self.lines[number]) for number in numbers)

    def number_at(self, place: Located) -> int | None:
        """The number of the sentence in which a place begins."""
        inside = (
            number
            for number, each in enumerate(self.sentences, 1)
            if (each.document, each.page) == (place.document, place.page) and each.start <= place.start < each.end
        )
        return next(inside, None)

    def sentence(self, number: int) -> Located | None:
        """Where sentence `number` stands; None where there is none of that number."""
        return self.sentences[number - 1] if 0 < number <= len(self.sentences) else None


def choose_passages(
    context: Context, ranked: Sequence[Ranked], scope: Scope | None, tokens: int, most: int | None = None, *,
    each: bool = False,
) -> list[int]:  # fmt: skip
    """Indices of the passages of `ranked` to give, in reading order: at most `most`, and `tokens` tokens with their
    marks, but at least the best one where there is any."""
    inside = passages_in(scope, context) if scope is not None and (scope.whole or scope.inside) else []
    order = [item.index for item in ranked if not inside or item.index in set(inside)]
    allowed = set(order)
    if most is None and sum(_cost(context.passages[index]) for index in allowed) <= tokens:
        return sorted(allowed)
    if each:
        order = _in_turn(order, context)
    chosen: list[int] = []
    left = tokens
    for index in order[:most] if most is not None else order:
        cost = _cost(context.passages[index])
        if cost > left and chosen:
            if left < _HEAD_TOKENS * 4:
                break
            continue
        chosen.append(index)
        left -= cost
    return sorted(chosen)


def give(context: Context, passages: Sequence[int], *, whole: bool = False) -> Given:
    """The text of `passages`, indices of the context in its order, and the places of their sentences."""
    lines: list[str] = []
    places: list[Located] = []
    before: int | None = None
    several = len(context.documents) > 1
    for index in passages:
        placed = context.passages[index]
        if before is None or not _goes_on(context, before, index):
            lines.append(f"\n## {_head(context, placed, several)}")
        before = index
        text = context.text_of(placed)
        for span in sentences(text):
            first = placed.passage.start
            places.append(Located(placed.document, placed.passage.page, first + span.start, first + span.end))
            lines.append(f"[{len(places)}] {' '.join(text[span.start : span.end].split())}")
    return Given("\n".join(lines).strip(), tuple(places), tuple(passages), whole)


def give_all(context: Context) -> Given:
    """All passages of all documents; for a model that has read them and cites by pages and words."""
    return replace(give(context, range(len(context.passages)), whole=True), numbered=False)


def is_whole(context: Context, passages: Iterable[int], scope: Scope | None) -> bool:
    """Whether `passages` are all that the question is about."""
    inside = passages_in(scope, context) if scope is not None and (scope.whole or scope.inside) else []
    return set(inside or range(len(context.passages))) <= set(passages)


def around(context: Context, place: Located) -> str:
    """What stands beside and above a place: its passage, the one before it, the headings, the document's title."""
    document = context.documents[place.document]
    numbers = [
        number
        for number, placed in enumerate(context.passages)
        if placed.document == place.document and placed.passage.page == place.page
        and placed.passage.start < place.end and place.start < placed.passage.end
    ]  # fmt: skip
    first = numbers[0] if numbers else None
    near = [n for n in (numbers if first is None else [first - 1, *numbers]) if n >= 0]
    texts = [context.text_of(context.passages[n]) for n in near if context.passages[n].document == place.document]
    above = document.section_path(document.section_of(place.page, place.start))
    return " ".join((document.path, document.title, *above, *texts))


def _cost(placed: PlacedPassage) -> int:
    """Tokens of a passage with the marks of its sentences, about."""
    tokens = placed.token_end - placed.token_start
    return tokens + _MARK_TOKENS * (1 + tokens // 30) + _HEAD_TOKENS // 3


def _in_turn(order: Sequence[int], context: Context) -> list[int]:
    """`order` with the best of every document first, then the second best of every one."""
    by_document: dict[int, list[int]] = {}
    for index in order:
        by_document.setdefault(context.passages[index].document, []).append(index)
    longest = max(map(len, by_document.values()), default=0)
    return [queue[turn] for turn in range(longest) for queue in by_document.values() if turn < len(queue)]


def _goes_on(context: Context, before: int, index: int) -> bool:
    """Whether a passage stands right behind another, on the same page and under the same heading."""
    left, right = context.passages[before], context.passages[index]
    same = (left.document, left.passage.page, left.passage.section) == (
        right.document, right.passage.page, right.passage.section,
    )  # fmt: skip
    return same and index == before + 1


def _head(context: Context, placed: PlacedPassage, several: bool) -> str:
    """`lease.pdf, page 12, 4 Liability > 4.2 Cap`."""
    document, passage = context.documents[placed.document], placed.passage
    parts = [_name(document)] if several else []
    if document.paged:
        parts.append(f"page {document.pages[passage.page - 1].label or passage.page}")
    if passage.section:
        parts.append(" > ".join(" ".join(each.split()) for each in passage.section))
    return ", ".join(parts) or _name(document)


def _name(document: Document) -> str:
    return document.path.replace("\\", "/").rpartition("/")[2]
