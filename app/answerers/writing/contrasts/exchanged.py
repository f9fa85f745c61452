"""Persons, names and numbers that have changed places: who owes whom, which sum is the rent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from docqa.app.answerers.writing.contrasts.words import Word
from docqa.ingest.language.dates import months
from docqa.ingest.language.opposites import PARTIES

_OTHER_ROLES = """
contractor client company agent principal trustee beneficiary insurer insured guarantor owner operator manufacturer
distributor franchisor franchisee user provider teacher student doctor patient
"""
_ROLES = frozenset(_OTHER_ROLES.split()).union(*PARTIES)
_Item = Callable[[Sequence[Word], int], str]
_FROM = frozenset(("by", "from"))
_APART = 6  # words between two persons of whom one does something to the other
_SEGMENT = 6  # words beside a name or a number that may say what it is of


@dataclass(frozen=True)
class _Deed:
    """Stems of two persons in order, and of a word between them; `by`: "by" or "from" before the second, or ""."""

    one: str
    stem: str
    two: str
    by: str

    @property
    def persons(self) -> set[str]:
        return {self.one, self.two}


def exchanged(statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]]) -> Iterator[str]:
    """What stands in `statement` where the quotes have another person, name or number of the same sentence."""
    for sentence in statement:
        for other in quoted:
            yield from _turned_round(sentence, other)
            yield from _crossed(_beside(sentence, _number, -1), _beside(other, _number, -1))
            yield from _crossed(_beside(sentence, name_at, 1), _beside(other, name_at, 1))


def _turned_round(sentence: Sequence[Word], other: Sequence[Word]) -> Iterator[str]:
    """Persons of which one does to the other what the quotes say that the other does to the one."""
    both = _persons(sentence) & _persons(other)
    if len(both) < 2:
        return
    theirs = list(_deeds(other, both))
    for deed in _deeds(sentence, both):
        found = {_same_way(deed, each) for each in theirs if each.stem == deed.stem and each.persons == deed.persons}
        if found == {False}:
            yield f"{deed.one} {deed.stem} {deed.two}"
            return


def _same_way(deed: _Deed, other: _Deed) -> bool:
    """Whether the same does it to the same; "by" turns it round, and "from" does where the two have changed places."""
    if deed.one == other.one:
        return (deed.by == "by") == (other.by == "by")
    return bool(deed.by) != bool(other.by)


def _deeds(sentence: Sequence[Word], persons: set[str]) -> Iterator[_Deed]:
    """What is said between two persons that stand near each other, and once in the sentence."""
    places = [at for at, word in enumerate(sentence) if word.stem in persons]
    once = [at for at in places if sum(sentence[other].stem == sentence[at].stem for other in places) == 1]
    for first, last in pairwise(places):
        if last - first > _APART or first not in once or last not in once:
            continue
        for at in range(first + 1, last):
            if sentence[at].tells:
                by = next((word.text for word in sentence[at + 1 : last] if word.text in _FROM), "")
                yield _Deed(sentence[first].stem, sentence[at].stem, sentence[last].stem, by)


def _persons(sentence: Sequence[Word]) -> set[str]:
    return {word.stem for at, word in enumerate(sentence) if is_role(word) or name_at(sentence, at)}


def is_role(word: Word) -> bool:
    """Whether a word names a party by what it is to another."""
    return word.text in _ROLES or word.text.removesuffix("s") in _ROLES


def name_at(sentence: Sequence[Word], at: int) -> str:
    """The name that ends at word `at`; "" where none does."""
    word = sentence[at]
    ends = at + 1 == len(sentence) or not _goes_on(word, sentence[at + 1])
    return word.stem if word.capital and word.tells and ends and not months(word.text) else ""


def _goes_on(word: Word, following: Word) -> bool:
    return following.capital and following.tells and following.start - word.end <= 2


def _number(sentence: Sequence[Word], at: int) -> str:
    word = sentence[at].text.rstrip(".,").replace(",", "")
    return word if word[:1].isdigit() else ""


def _beside(sentence: Sequence[Word], item: _Item, step: int) -> dict[str, set[str]]:
    """Stems of the words before (`step` -1) or behind (1) each item up to the next one -> the items."""
    found: dict[str, set[str]] = {}
    for at in range(len(sentence)):
        if not (value := item(sentence, at)):
            continue
        place = at + step
        while 0 <= place < len(sentence) and abs(place - at) <= _SEGMENT:
            word = sentence[place]
            if item(sentence, place) or (step > 0 and word.capital):
                break
            if word.tells:
                found.setdefault(word.stem, set()).add(value)
            place += step
    return found


def _crossed(own: Mapping[str, set[str]], theirs: Mapping[str, set[str]]) -> Iterator[str]:
    """Two items that have taken each other's place beside two words."""
    for word, other in _pairs(sorted(set(own) & set(theirs))):
        for a in own[word]:
            for b in own[other]:
                if a != b and b in theirs[word] and a in theirs[other] and not {a} & theirs[word] | {b} & theirs[other]:
                    yield f"{word} {a}"
                    return


def _pairs(items: Sequence[str]) -> Iterable[tuple[str, str]]:
    return ((one, two) for at, one in enumerate(items) for two in items[at + 1 :])
