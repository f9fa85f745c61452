"""What a model that writes is given of the documents: passages in reading order, their sentences
numbered.

docqa's own ranking chooses them, as many as a number of tokens allows; of documents that a question
compares each has its share, of a named part only that is taken, and what fits as a whole is given
as a whole.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, zip_longest

from docqa.app.answer.text import one_line
from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.places.scope import Scope, passages_in
from docqa.app.quotes.verifier import Located, LocatedSpans
from docqa.ingest.language.sentences import sentences

MOST_TOKENS = 4_096
"""Tokens of passages that a model is given where its context has room and no number of passages is
asked for.
"""
_MARK_TOKENS = 4  # of a sentence's number, beside its words
_HEAD_TOKENS = 24  # of the line above a run of passages
_MOST_NEAREST = 3  # sentences that the model is told may answer
_MARKED = re.compile(r"^\[(\d+)\] (.*)", re.MULTILINE)


@dataclass(frozen=True)
class Given:
    """`sentences`: where each numbered sentence stands, number 1 first; `passages`: indices of the
    context, in order. `text`: what the model reads; `whole`: all of the documents, or of the named
    part; `numbered`: the model may cite by numbers."""

    text: str
    sentences: LocatedSpans
    passages: tuple[int, ...]
    whole: bool
    numbered: bool = True

    @cached_property
    def places(self) -> dict[Located, int]:
        """The number of each sentence."""
        return {place: number for number, place in enumerate(self.sentences, 1)}

    @cached_property
    def line_by_number(self) -> dict[int, str]:
        """The words of each numbered sentence on one line, by its number."""
        return {int(found[1]): found[2] for found in _MARKED.finditer(self.text)}

    @property
    def text_without_numbers(self) -> str:
        """What the model reads, without the numbers."""
        return _MARKED.sub(r"\2", self.text)

    def numbered_sentences_at(self, places: Iterable[Located]) -> tuple[tuple[int, str], ...]:
        """(number, words) of the first few sentences in which `places` begin, in their order; none
        for a model that has read all."""
        found = map(self.sentence_number_at, places if self.numbered else ())
        numbers = dict.fromkeys(number for number in found if number is not None)
        return tuple(
            (number, self.line_by_number[number]) for number in islice(numbers, _MOST_NEAREST)
        )

    def sentence_number_at(self, place: Located) -> int | None:
        """The number of the sentence in which a place begins."""
        inside = (
            number
            for number, each in enumerate(self.sentences, 1)
            if (each.document, each.page) == (place.document, place.page)
            and each.start <= place.start < each.end
        )
        return next(inside, None)

    def sentence_location(self, number: int) -> Located | None:
        """Where sentence `number` stands; None where there is none of that number."""
        return self.sentences[number - 1] if 0 < number <= len(self.sentences) else None


def choose_passages(
    context: Context,
    ranked: Sequence[RankedPassage],
    scope: Scope | None,
    tokens: int,
    most: int | None = None,
    *,
    each: bool = False,
) -> list[int]:
    """Indices of the passages of `ranked` to give, in reading order: at most `most`, and `tokens`
    tokens with their marks, but at least the best one where there is any."""
    inside = set(passages_asked_about(context, scope))
    order = [item.passage_number for item in ranked if item.passage_number in inside]
    if each:  # the best of every document first, then the second best of every one
        by_document: dict[int, list[int]] = {}
        for index in order:
            by_document.setdefault(context.passages[index].document, []).append(index)
        order = [
            index
            for turn in zip_longest(*by_document.values())
            for index in turn
            if index is not None
        ]
    chosen: list[int] = []
    for index in order[:most]:
        placed = context.passages[index]
        own = placed.token_end - placed.token_start
        cost = (
            own + _MARK_TOKENS * (1 + own // 30) + _HEAD_TOKENS // 3
        )  # with the marks of its sentences, about
        if cost <= tokens or not chosen:
            chosen.append(index)
            tokens -= cost
        elif tokens < _HEAD_TOKENS * 4:
            break
    return sorted(chosen)


def number_sentences_of_passages(
    context: Context, passages: Sequence[int], *, whole: bool = False
) -> Given:
    """The text of `passages`, indices of the context in its order, and the places of their
    sentences.
    """
    lines: list[str] = []
    places: list[Located] = []
    before = None
    for index in passages:
        placed = context.passages[index]
        passage = placed.passage
        above = placed.document, passage.page, passage.section
        if before != (
            index - 1,
            above,
        ):  # it does not go on with the one right before it, under the same heading
            lines.append(f"\n## {_heading_line(context, placed)}")
        before = index, above
        text = context.text_of(placed)
        first = passage.start
        for span in sentences(text):
            places.append(
                Located(placed.document, passage.page, first + span.start, first + span.end)
            )
            lines.append(f"[{len(places)}] {one_line(span.of(text))}")
    return Given("\n".join(lines).strip(), tuple(places), tuple(passages), whole)


def number_all_sentences(context: Context) -> Given:
    """All passages of all documents; for a model that has read them and cites by pages and
    words.
    """
    return replace(
        number_sentences_of_passages(context, range(len(context.passages)), whole=True),
        numbered=False,
    )


def passages_asked_about(context: Context, scope: Scope | None) -> Sequence[int]:
    """All passages that a question with this scope is about."""
    inside = passages_in(scope, context) if scope and (scope.whole or scope.inside) else []
    return inside or range(len(context.passages))


def text_around(context: Context, place: Located) -> str:
    """What stands beside and above a place: its passage, the one before it, the headings, the
    document's title.
    """
    document = context.documents[place.document]
    own = [each for each in context.passages if each.document == place.document]
    passages = enumerate(each.passage for each in own)
    there = (
        number for number, each in passages if each.page == place.page and each.start < place.end
    )
    touched = [number for number in there if place.start < own[number].passage.end]
    near = [*range(max(touched[0] - 1, 0), touched[0]), *touched] if touched else []
    above = document.section_path(document.section_of(place.page, place.start))
    return " ".join(
        (document.path, document.title, *above, *(context.text_of(own[number]) for number in near))
    )


def _heading_line(context: Context, placed: PlacedPassage) -> str:
    """`lease.pdf, page 12, 4 Liability > 4.2 Cap`."""
    document = context.documents[placed.document]
    passage = placed.passage
    name = document.path.replace("\\", "/").rpartition("/")[2]
    parts = [name] if len(context.documents) > 1 else []
    if document.paged:
        parts.append(f"page {document.pages[passage.page - 1].label or passage.page}")
    if passage.section:
        parts.append(" > ".join(one_line(each) for each in passage.section))
    return ", ".join(parts) or name
