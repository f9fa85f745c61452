"""Words of opposite meaning: what a statement says with one, and its quotes, about the same, with the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from docqa.app.answerers.writing.contrasts.words import Word, left, right
from docqa.app.evidence.terms import stems

# One line for each: sides between slashes. "~" where the two sides of a relation change places with the words:
# what came before the merger is what the merger came after. "@" persons: a sentence may name both of them.
_AXES = """
advance / arrears arrear
before prior preceding ~ after following subsequent subsequently
increase rise rose risen grow grew grown growth climb gain / decrease decline fall fell fallen drop reduce reduction
allow permit authorize authorise lawful / prohibit forbid forbidden forbade ban banned bar barred unlawful
grant granted / deny denied refuse refusal
accept approve approval acceptance / reject rejection refuse disapprove
affirm uphold upheld / reverse reversal overturn vacate
win won / lose lost
include including inclusive / exclude excluding exclusion exclusive omit
maximum maximal / minimum minimal
highest largest greatest / lowest smallest least
higher larger greater / lower smaller
high / low
north northern / south southern
east eastern / west western
begin began begun start commence open / end expire terminate cease finish close
import imported / export exported
buy bought purchase / sell sold sale
on / off
left / right
public / private
always / sometimes occasionally / often usually generally normally / rarely seldom
if when where / unless
landlord lessor @ tenant lessee
buyer purchaser @ seller vendor
employer @ employee
plaintiff claimant @ defendant
appellant @ appellee respondent
lender creditor @ borrower debtor
licensor @ licensee
assignor @ assignee
supplier @ customer
mortgagor @ mortgagee
parent @ child children
guilty / innocent
early earlier / late
older / younger
internal / external
inside / outside
domestic / foreign
men man male boy / women woman female girl
mother / father
husband / wife
brother / sister
son / daughter
positive / negative
upper / lower
front / back rear
oral orally / written
temporary / permanent
arrive arrival / depart departure
enter entry / leave exit
enable / disable
success succeed / failure fail
profit / loss
credit / debit
hot / cold
wet / dry
strengthen stronger / weaken weaker
better improve / worse worsen
faster / slower
longer / shorter
more / less fewer
majority / minority
monday / tuesday / wednesday / thursday / friday / saturday / sunday
"""
_TURNED_BY_PREFIX = """
valid admissible lawful legal eligible enforceable authorized authorised applicable sufficient adequate complete correct
accurate able available likely necessary reasonable fair known paid certain clear limited restricted conditional
constitutional related safe stable successful common usual equal exclusive refundable transferable negotiable compliant
binding voluntary resident essential renewable taxable employed married signed changed satisfied possible proper mature
moral relevant responsible revocable legitimate approved agree agreed similar qualified direct dependent visible
consistent competent definite formal frequent secure voluntary capable significant effective efficient compatible
vulnerable divisible conscious
"""
_RELATION, _PERSONS, _WORDS = "~", "@", "/"
_LEAST_SHARED = 2  # words beside both, or all where there are fewer
_PREFIX = re.compile(r"(?:non-|non|un|in|im|il|ir|dis)(?=\w{4})")


@dataclass(frozen=True)
class _Said:
    """That an axis is spoken of: on which side, at which word of which sentence."""

    axis: str
    side: int
    kind: str  # of axis, see _AXES
    denied: bool
    at: int
    sentence: Sequence[Word]


def opposed(statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]]) -> Iterator[str]:
    """Words of `statement` whose opposite the quotes say of the same, and not them."""
    known = [said for sentence in quoted for said in _said(sentence)]
    for sentence in statement:
        own = list(_said(sentence))
        for said in own:
            if any(other.axis == said.axis and other.side != said.side for other in own):
                continue  # it speaks of both: who, or when, is not told by the word alone
            if _is_opposed(said, [other for other in known if other.axis == said.axis]):
                yield sentence[said.at].text


def _is_opposed(said: _Said, known: Sequence[_Said]) -> bool:
    same = max((_shared(said, other) for other in known if other.side == said.side), default=0)
    # What is turned by "not" is for the check of denials.
    against = [other for other in known if other.side != said.side and other.denied == said.denied]
    most = max((_shared(said, other) for other in against), default=0)
    if same and (2 * same >= most or said.kind == _PERSONS):
        return said.kind == _RELATION and all(_changed_places(said, o) for o in known if o.side == said.side)
    if most < min(_LEAST_SHARED, len(_near(said))) or not most:
        return False
    return not (said.kind == _RELATION and any(_may_say_the_same(said, other) for other in against))


def _near(said: _Said) -> frozenset[str]:
    return left(said.sentence, said.at) | right(said.sentence, said.at)


def _shared(one: _Said, other: _Said) -> int:
    """Words beside both."""
    return len(_near(one) & _near(other))


def _changed_places(one: _Said, other: _Said) -> bool:
    (a, b), (c, d) = _beside(one), _beside(other)
    return bool(a & d) and bool(b & c) and not a & c and not b & d


def _may_say_the_same(one: _Said, other: _Said) -> bool:
    """Whether what stands on the two sides of a relation has changed places with the opposite word, or is not to be
    told."""
    (a, b), (c, d) = _beside(one), _beside(other)
    return _changed_places(one, other) or not (a and b and c and d)


def _beside(said: _Said) -> tuple[frozenset[str], frozenset[str]]:
    return left(said.sentence, said.at), right(said.sentence, said.at)


def _said(sentence: Sequence[Word]) -> Iterator[_Said]:
    for at, word in enumerate(sentence):
        for axis, side, sides, kind in _axes().get(word.stem, ()):
            if kind == _PERSONS and word.text.removesuffix("s") not in _AXES:  # "employment" is no employer
                continue
            denied = word.denied or (axis == "if" and any(each.text == "not" for each in sentence[at : at + 6]))
            if denied and sides > 2:
                continue
            yield _Said(axis, 1 - side if denied else side, kind, denied, at, sentence)
        base, negative = _without_prefix(word)
        if base is not None:
            yield _Said(f"prefix {base}", int(negative != word.denied), _WORDS, word.denied, at, sentence)


def _without_prefix(word: Word) -> tuple[str | None, bool]:
    """(the stem of an adjective that a prefix turns, whether it has one): `valid`, `invalid`; None for other words."""
    if word.stem in _adjectives():
        return word.stem, False
    match = _PREFIX.match(word.text)
    if match is None:
        return None, False
    base = stems([word.text[match.end() :]])[0]
    return (base, True) if base in _adjectives() else (None, False)


@cache
def _adjectives() -> frozenset[str]:
    return frozenset(stems(_TURNED_BY_PREFIX.split()))


@cache
def _axes() -> dict[str, list[tuple[str, int, int, str]]]:
    """stem -> (axis, side, how many sides, kind)."""
    found: dict[str, list[tuple[str, int, int, str]]] = {}
    for line in filter(None, _AXES.splitlines()):
        kind = next((mark for mark in (_RELATION, _PERSONS) if mark in line), _WORDS)
        sides = [set(stems(side.split())) for side in line.split(kind)]
        for number, side in enumerate(sides):
            for stem in side:
                found.setdefault(stem, []).append((line.split()[0], number, len(sides), kind))
    return found
