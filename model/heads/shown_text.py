"""Text as an encoder is shown it: words of a page, with words inserted that say what they mean
where they are, such as the stem of a list or the head of a column."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

Insertion = tuple[int, str]
"""(offset in the source, before which they are shown; words)."""


@dataclass(frozen=True)
class ShownText:
    """`text`, and the runs of it that are the source's: (offset in `text`, offset in the source,
    length) of each, in order."""

    text: str
    runs: tuple[tuple[int, int, int], ...]

    def source_span(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the characters `start:end` of the text are in the source; None where inserted words
        begin them."""
        at, source, length = self.runs[bisect_right(self.runs, start, key=itemgetter(0)) - 1]
        if not at <= start < at + length:
            return None
        first = source + start - at
        at, source, length = self.runs[bisect_right(self.runs, end - 1, key=itemgetter(0)) - 1]
        return first, source + min(end - at, length)


def show_with_insertions(
    source: str, start: int, end: int, insertions: Sequence[Insertion]
) -> ShownText:
    """The characters `start:end` of `source` on one line, each insertion (in order) before its
    offset."""
    parts: list[str] = []
    runs: list[tuple[int, int, int]] = []
    length = 0
    begin = start
    inside = [(offset, words) for offset, words in insertions if start <= offset < end]
    for offset, words in [*inside, (end, "")]:
        own = "".join(" " if c.isspace() else c for c in source[begin:offset])
        if own:
            runs.append((length, begin, len(own)))
        parts += [own, words]
        length += len(own) + len(words)
        begin = offset
    return ShownText("".join(parts), tuple(runs) or ((0, start, 0),))
