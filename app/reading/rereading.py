"""Reading again: excerpts of the best passages, read with the question in mind.

First come those that the span head points into, the sentence of a candidate with its neighbours, some sixty words;
then what they leave out of the best passages. The reader (model/heads/cross_encoder.py) says where
in them the answer is, how likely each has it, and how likely none does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docqa.app.quotes.sentence_runs import Sentences, to_white_space
from docqa.app.reading.candidates import on_one_line
from docqa.ingest.structure.sentences import sentences

if TYPE_CHECKING:
    from docqa.model.heads.cross_encoder import CrossEncoder

WORDS = 60
_LONG = 100  # words: a sentence above that is cut around the candidate
_WORD = re.compile(r"\S+")
_ASIDE = 250  # characters kept on either side there


@dataclass(frozen=True)
class ExcerptPlace:
    """Characters `start:end` of the text of passage `passage` (its number among those that were read)."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True)
class ExcerptSpan(ExcerptPlace):
    """A span that may be the answer; `logprob` of start plus end."""

    logprob: float


@dataclass(frozen=True)
class ExcerptReading:
    """`spans` best first; `passages` the log-probability that the answer is in each passage read, by number;
    `none` of "no answer"; `tokens` read."""

    spans: tuple[ExcerptSpan, ...]
    passages: dict[int, float]
    none: float
    tokens: int


def around(text: str, passage: int, start: int, end: int) -> ExcerptPlace:
    """The sentences that `start:end` touches, and their neighbours in turn as long as there is room for them."""
    found = Sentences(text)
    before = max((i for i, span in enumerate(found.spans) if span.start <= start), default=0)  # of a place between two
    touched = found.touched(start, end) or range(before, before + 1)
    whole = found.span(touched)
    if found.length(touched) > _LONG:
        begin, stop = max(whole.start, start - _ASIDE), min(whole.end, max(end, start) + _ASIDE)
        return ExcerptPlace(passage, *to_white_space(text, begin, stop, whole))
    whole = found.span(found.grown(touched, lambda _, longer: found.length(longer) <= WORDS, in_turn=True))
    return ExcerptPlace(passage, whole.start, whole.end)


def choose_excerpts(texts: Sequence[str], places: Sequence[tuple[int, int, int]], most: int) -> list[ExcerptPlace]:
    """At most `most` excerpts around `places` (passage, start, end), best first; none lies mostly within another."""
    chosen: list[ExcerptPlace] = []
    for passage, start, end in places:
        if len(chosen) == most:
            break
        if any(e.passage == passage and e.start <= start and end <= e.end for e in chosen):
            continue
        chosen.append(around(texts[passage], passage, start, end))
    return chosen


def cover(texts: Sequence[str], order: Sequence[int], chosen: Sequence[ExcerptPlace], most: int) -> list[ExcerptPlace]:
    """`chosen` and, up to `most` in all, what they leave out of the passages in `order`, best passage first.

    Whole runs of sentences come before single sentences beside an excerpt. A reader that saw only where the cheaper
    head pointed would repeat what that one overlooks.
    """
    runs: list[ExcerptPlace] = []
    beside: list[ExcerptPlace] = []
    for passage in order:
        read = [place for place in chosen if place.passage == passage]
        for piece in _pieces(texts[passage], passage):
            if 2 * sum(_shared(piece, place) for place in read) < piece.end - piece.start:
                runs.append(piece)
            else:
                beside += _untouched(texts[passage], piece, read)
    return [*chosen, *runs, *beside][: max(most, len(chosen))]


def _untouched(text: str, piece: ExcerptPlace, read: Sequence[ExcerptPlace]) -> list[ExcerptPlace]:
    """Runs of whole sentences of `piece` in which nothing of `read` is."""
    found: list[ExcerptPlace] = []
    goes_on = False
    for start, end in _sentence_parts(text, piece.start, piece.end):
        touched = any(place.start < end and start < place.end for place in read)
        if goes_on and not touched:
            found[-1] = replace(found[-1], end=end)
        elif not touched:
            found.append(ExcerptPlace(piece.passage, start, end))
        goes_on = not touched
    return found


def _pieces(text: str, passage: int) -> list[ExcerptPlace]:
    """Whole sentences of a passage in runs of at most `WORDS` words; one that is much longer, as a table, in parts."""
    pieces: list[ExcerptPlace] = []
    words = 0
    for start, end in _sentence_parts(text, 0, len(text)):
        count = len(text[start:end].split())
        if pieces and words + count <= WORDS:
            pieces[-1] = replace(pieces[-1], end=end)
            words += count
        else:
            pieces.append(ExcerptPlace(passage, start, end))
            words = count
    return pieces


def _sentence_parts(text: str, first: int, last: int) -> list[tuple[int, int]]:
    """The sentences of `text` between two places, long ones in parts."""
    parts = (part for span in sentences(text) for part in _parts(text, span.start, span.end))
    return [(start, end) for start, end in parts if first <= start and end <= last]


def _parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence, or runs of `WORDS` of its words where it is longer than a reader takes at once."""
    words = [(start + match.start(), start + match.end()) for match in _WORD.finditer(text[start:end])]
    if len(words) <= _LONG:
        return [(start, end)]
    return [(run[0][0], run[-1][1]) for run in (words[at : at + WORDS] for at in range(0, len(words), WORDS))]


def _shared(one: ExcerptPlace, other: ExcerptPlace) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def read_again(
    reader: CrossEncoder, question: str, texts: Sequence[str], excerpts: Sequence[ExcerptPlace], *, longest: int
) -> ExcerptReading:
    """Read `excerpts` (at least one) of the passages `texts`; spans of at most `longest` tokens."""
    from docqa.model.heads.cross_encoder import read_excerpts

    shown = [on_one_line(texts[e.passage][e.start : e.end]) for e in excerpts]
    reading, tokens = read_excerpts(reader, question, shown, longest=longest)
    spans = []
    for span in reading.spans:
        place, offsets = excerpts[span.passage], tokens[span.passage]
        start, end = offsets[span.first][0], offsets[span.last][1]
        spans.append(ExcerptSpan(place.passage, place.start + start, place.start + end, span.score))
    likely: dict[int, float] = {}
    for place, value in zip(excerpts, reading.passages.tolist(), strict=True):
        likely[place.passage] = max(value, likely.get(place.passage, value))
    return ExcerptReading(tuple(spans), likely, reading.none, sum(map(len, tokens)))
