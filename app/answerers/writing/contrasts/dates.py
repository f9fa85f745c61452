"""What happens on a day: the quotes' beginning is no end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docqa.app.answerers.writing.contrasts.words import Word
from docqa.app.answerers.writing.figures import months

_BEGINNING = frozenset((
    "begin", "begins", "began", "begun", "start", "starts", "started", "commence", "commences", "commenced",
    "effective",
))  # fmt: skip
_END = frozenset((
    "end", "ends", "ended", "ending", "expire", "expires", "expired", "terminate", "terminates", "terminated", "until",
))  # fmt: skip
_BEFORE = 5  # words before a date that say what happens then


def other_dates(statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]]) -> Iterator[str]:
    """Dates on which something ends in `statement` and begins in the quotes, or the other way round."""
    known: dict[tuple[str, ...], set[bool]] = {}
    for sentence in quoted:
        for date, ends in _dated(sentence):
            known.setdefault(date, set()).add(ends)
    for sentence in statement:
        for date, ends in _dated(sentence):
            if known.get(date) == {not ends}:
                yield f"{'ends' if ends else 'begins'} {' '.join(date)}"


def _dated(sentence: Sequence[Word]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """(words of a date, whether something ends then) for the dates behind a word of beginning or end."""
    for at, word in enumerate(sentence):
        if not (word.capital and months(f"1 {word.text}")):
            continue
        first = at - 1 if at and sentence[at - 1].text[0].isdigit() else at
        last = next((n for n in range(at + 1, len(sentence)) if not sentence[n].text[0].isdigit()), len(sentence))
        date = tuple(sorted(each.text.strip(".,") for each in sentence[first:last]))
        for before in reversed(sentence[max(first - _BEFORE, 0) : first]):
            if before.text in _BEGINNING | _END:
                yield date, before.text in _END
                break
