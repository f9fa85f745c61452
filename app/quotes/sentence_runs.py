"""Runs of sentences in a text, grown sentence by sentence until they have the wanted length.

A run is a `range` of numbers of sentences, never empty.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Span


def to_white_space(text: str, start: int, end: int, whole: Span) -> tuple[int, int]:
    """`start:end` of `text` made longer, within `whole`, until no word is cut."""
    while start > whole.start and not text[start - 1].isspace():
        start -= 1
    while end < whole.end and not text[end].isspace():
        end += 1
    return start, end


class Sentences:
    """The sentences of `text`; one that is all of it where none was found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = list(sentences(text)) or [Span(0, len(text))]

    @cached_property
    def words(self) -> list[int]:
        """How many words each sentence has."""
        return [len(self.text[span.start : span.end].split()) for span in self.spans]

    def touched(self, start: int, end: int) -> range:
        """The sentences that `start:end` touches; empty between two sentences."""
        numbers = [number for number, span in enumerate(self.spans) if span.start < end and start < span.end]
        return range(numbers[0], numbers[-1] + 1) if numbers else range(0)

    def span(self, run: range) -> Span:
        """The characters of a run, from its first sentence to its last."""
        return Span(self.spans[run.start].start, self.spans[run.stop - 1].end)

    def length(self, run: range) -> int:
        """The words of a run."""
        return sum(self.words[run.start : run.stop])

    def grown(self, run: range, allowed: Callable[[range, range], bool], *, in_turn: bool) -> range:
        """`run` with neighbours, one at a time, as long as `allowed(run, longer run)`.

        The sentence behind comes before the one in front; `in_turn`: each side in turn, as far as it is allowed.
        """
        behind_first = True
        while True:
            longer = [range(run.start, run.stop + 1), range(run.start - 1, run.stop)]
            order = longer if behind_first else longer[::-1]
            possible = (one for one in order if one.start >= 0 and one.stop <= len(self.spans))
            chosen = next((one for one in possible if allowed(run, one)), None)
            if chosen is None:
                return run
            run, behind_first = chosen, not (in_turn and behind_first)
