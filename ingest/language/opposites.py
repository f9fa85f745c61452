"""Words of opposite meaning, and adjectives that a prefix turns."""

from typing import NamedTuple

from docqa.ingest.language.expressions import lazily

# An axis has its sides between slashes and ends with a stop. "~" where the two sides of a relation change places with
# the words: what came before the merger is what the merger came after. "@" persons: a sentence may name both of them.
_OPPOSITES = """
increase rise rose risen grow grew grown growth climb gain / decrease decline fall fell fallen drop reduce reduction.
higher larger greater / lower smaller. positive / negative. strengthen stronger / weaken weaker. better improve / worse
worsen. more / less fewer. begin began begun start commence open / end expire terminate cease finish close. public /
private. include inclusive / exclude exclusion omit. allow permit authorize authorise lawful / prohibit forbid forbidden
forbade ban bar unlawful. grant / deny refuse. accept approve / reject refuse disapprove. affirm uphold upheld / reverse
overturn vacate. win won / lose lost. success succeed / failure fail. high / low. oral / written. temporary / permanent.
internal / external. inside / outside. domestic / foreign. guilty / innocent. majority / minority. east eastern / west
western. north northern / south southern. advance / arrears. before prior preceding ~ after following subsequent.
maximum maximal / minimum minimal. highest largest greatest / lowest smallest least. import / export. buy bought
purchase / sell sold sale. on / off. left / right. always / sometimes occasionally / often usually generally normally /
rarely seldom. if when where / unless. landlord lessor @ tenant lessee. buyer purchaser customer @ seller vendor
supplier. employer @ employee. plaintiff claimant @ defendant. appellant @ appellee respondent. lender creditor @
borrower debtor. licensor @ licensee. assignor @ assignee. mortgagor @ mortgagee. parent @ child children. early earlier
/ late. older / younger. men man male boy / women woman female girl. mother / father. husband / wife. brother / sister.
son / daughter. upper / lower. front / back rear. arrive / depart departure. enter entry / leave exit. enable / disable.
profit / loss. credit / debit. hot / cold. wet / dry. faster / slower. longer / shorter. monday / tuesday / wednesday /
thursday / friday / saturday / sunday
"""
_TURNED_BY_PREFIX = """
valid admissible lawful legal eligible enforceable authorized authorised applicable sufficient adequate complete
correct accurate able available likely necessary reasonable fair known paid certain clear limited restricted
conditional constitutional related safe stable successful common usual equal exclusive refundable transferable
negotiable compliant binding voluntary resident essential renewable taxable employed married signed changed satisfied
possible proper mature moral relevant responsible revocable legitimate approved agree similar qualified direct
dependent visible consistent competent definite formal frequent secure capable significant effective efficient
compatible vulnerable divisible conscious
"""
TURNED_BY_PREFIX = frozenset(_TURNED_BY_PREFIX.split())
"""Adjectives of which "invalid" and the like say the opposite."""
NEGATING_PREFIX = lazily(r"(?:non-|non|un|in|im|il|ir|dis|mis)(?=\w{4})")
RELATION, PERSONS, WORDS = "~", "@", "/"
Sides = tuple[frozenset[str], ...]


class Axis(NamedTuple):
    """The words of each side; `kind` is RELATION, PERSONS or WORDS."""

    sides: Sides
    kind: str


def _axis(line: str) -> Axis:
    kind = next((mark for mark in (RELATION, PERSONS) if mark in line), WORDS)
    return Axis(tuple(frozenset(side.split()) for side in line.split(kind)), kind)


AXES = tuple(map(_axis, _OPPOSITES.split(".")))
"""What is said of the same thing on one side cannot be said on the other."""
PARTIES = tuple(side for axis in AXES if axis.kind == PERSONS for side in axis.sides)
"""Words for the same party to a contract or a case."""
