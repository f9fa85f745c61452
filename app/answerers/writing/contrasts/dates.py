"""What happens on a day: something ends then only where the quotes say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docqa.app.answerers.writing.contrasts.words import Word
from docqa.app.evidence.terms import stems
from docqa.ingest.language.dates import months

_BEGINNING = frozenset(stems(["begin", "began", "begun", "start", "commence", "effective"]))
_END = frozenset(stems(["end", "expire", "terminate", "until"]))
_UP_TO = _END | {"to", "through"}
_BEFORE = 5  # words before a date that say what happens then


def other_dates(statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]]) -> Iterator[str]:
    """Dates on which something ends in `statement` and not in the quotes, or begins there and ends in the quotes."""
    known: dict[tuple[str, ...], set[bool]] = {}
    for sentence in quoted:
        for date, word in _dated(sentence, _BEGINNING | _UP_TO):
            known.setdefault(date, set()).add(word in _UP_TO)
    for sentence in statement:
        for date, word in _dated(sentence, _BEGINNING | _END):
            if word and known.get(date) == {word not in _END}:
                yield f"{'ends' if word in _END else 'begins'} {' '.join(date)}"


def _dated(sentence: Sequence[Word], telling: frozenset[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """(words of a date, stem of the `telling` word before it; "" for none)."""
    for at, word in enumerate(sentence):
        if word.capital and months(f"1 {word.text}"):
            first = at - 1 if at and sentence[at - 1].text[0].isdigit() else at
            last = next((n for n in range(at + 1, len(sentence)) if not sentence[n].text[0].isdigit()), len(sentence))
            before = (each.stem for each in reversed(sentence[max(first - _BEFORE, 0) : first]))
            said = next((stem for stem in before if stem in telling), "")
            yield tuple(sorted(each.text.strip(".,") for each in sentence[first:last])), said
