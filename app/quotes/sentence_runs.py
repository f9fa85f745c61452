"""Runs of sentences, grown until they have the wanted length; each a `range` of numbers, never
empty.
"""

from collections.abc import Callable

from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Span


def extend_to_white_space(text: str, start: int, end: int, whole: Span) -> tuple[int, int]:
    """`start:end` of `text` made longer, within `whole`, until no word is cut."""
    while start > whole.start and not text[start - 1].isspace():
        start -= 1
    while end < whole.end and not text[end].isspace():
        end += 1
    return start, end


class Sentences:
    """The sentences of `text`; all of it as one where none was found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = list(sentences(text)) or [Span(0, len(text))]

    def sentences_touching(self, start: int, end: int) -> range:
        """The sentences that `start:end` touches; empty between two."""
        numbers = [
            number
            for number, span in enumerate(self.spans)
            if span.start < end and start < span.end
        ]
        return range(numbers[0], numbers[-1] + 1) if numbers else range(0)

    def span_of_run(self, run: range) -> Span:
        return Span(self.spans[run.start].start, self.spans[run.stop - 1].end)

    def grow_run(self, run: range, enough: Callable[[range], bool]) -> range:
        """`run` with neighbours, those after first, until it is `enough` or all there is."""
        while not enough(run) and len(run) < len(self.spans):
            behind = run.stop < len(self.spans)
            run = range(run.start, run.stop + 1) if behind else range(run.start - 1, run.stop)
        return run
