"""Words of opposite meaning, and adjectives that a prefix turns into their opposite."""

from __future__ import annotations

from typing import NamedTuple

from docqa.ingest.language.expressions import lazily

# An axis has its sides between slashes; axes of one meaning, between semicolons, make a group, which ends with a stop.
# Words that only sometimes mean the opposite, or mean it of some things, stand in an axis with a colon. "~" where the
# two sides of a relation change places with the words: what came before the merger is what the merger came after. "@"
# persons: a sentence may name both of them.
_OPPOSITES = """
increase rise rose risen grow grew grown growth climb gain / decrease decline fall fell fallen drop reduce reduction;
higher larger greater / lower smaller; positive / negative; strengthen stronger / weaken weaker; better improve / worse
worsen; more / less fewer; : up expand upward exceed above raise push enhance boost outperform benefit bigger / down
shrink loss downward cut diminish below worst adverse deteriorate offset lose minimum. begin began begun start commence
open / end expire terminate cease finish close; : continue remain survive stay persist renew extend last live keep
retain maintain count apply stand / lapse stop discontinue over supersede replace abandon cancel conclude revoke void
until repeal. public / private; : government federal state /. include inclusive / exclude exclusion omit; : cover
contain comprise part within encompass / except outside exempt beyond apart separate lack. allow permit authorize
authorise lawful / prohibit forbid forbidden forbade ban bar unlawful; : entitle able eligible free legal proper
legitimate / preclude prevent illegal disallow unable ineligible improper illegitimate. grant / deny refuse; accept
approve / reject refuse disapprove; affirm uphold upheld / reverse overturn vacate; win won / lose lost; success
succeed / failure fail; : sustain agree valid confirm adopt admit concede support correct right true / overrule dismiss
decline disagree invalid repulse unsuccessful dispute contest wrong error untimely contradict disclaim strike struck
oppose incorrect false insufficient against. high / low; : large big major strong significant great considerable
important substantial many wide long / small minor weak insignificant little few slight limited negligible narrow short
modest minimal. oral / written; : verbal phone telephone email electronic / write paper. temporary / permanent; :
temporarily interim / indefinite perpetual forever. internal / external; inside / outside; domestic / foreign; : inner
/ outer. guilty / innocent; : liable / acquitted immune. majority / minority; : most / few. : same equal identical
alike like similar common equivalent both agreed / different distinct various vary separate unlike reverse contrary
opposite contrast instead divided. : all every entire whole always complete full each everything fully total throughout
everyone / several few part partial portion sometimes occasionally half incomplete. : together joint combine shared
collective / separate individually independent. : know known clear understood explicit define plain / unknown unclear
elusive uncertain undefined ambiguous vague. : require mandatory must oblige compulsory need necessary have duty bound
/ optional voluntary voluntarily unnecessary discretionary discretion waive. : keep retain hold preserve / lose return
destroy relinquish forfeit surrender delete discard. : new novel recent first modern / old former previous existing
original traditional ancient. : easy simple simply straightforward easily / hard difficult complex complicated
difficulty challenge. : open accessible available disclosed / closed confidential unavailable secret inaccessible
restricted absent redacted. : often usual commonly frequent generally typical widespread / rare seldom unusual uncommon
exception infrequent sparse. : immediate straight instantly promptly once soon / later until gradual eventually delay
defer after. : likely probable expect / unlikely improbable doubtful. : good well effective successful useful / bad
poor ineffective useless harmful worthless. : exclusive sole / nonexclusive also shared multiple. : automatic / manual
explicitly request. : independent free autonomous / subject dependent subordinate bound controlled govern. : constant
fixed stable unchanged stationary / variable change fluctuate varied dynamic amend adjust alter. : direct / indirect. :
absolute / relative average. : fast quick rapid / slow slowly. : safe secure / dangerous unsafe risk. : rural village /
urban city.
east eastern / west western. north northern / south southern. advance / arrears. before prior preceding ~ after
following subsequent. maximum maximal / minimum minimal. highest largest greatest / lowest smallest least. import /
export. buy bought purchase / sell sold sale. on / off. left / right. always / sometimes occasionally / often usually
generally normally / rarely seldom. if when where / unless. landlord lessor @ tenant lessee. buyer purchaser customer @
seller vendor supplier. employer @ employee. plaintiff claimant @ defendant. appellant @ appellee respondent. lender
creditor @ borrower debtor. licensor @ licensee. assignor @ assignee. mortgagor @ mortgagee. parent @ child children.
early earlier / late. older / younger. men man male boy / women woman female girl. mother / father. husband / wife.
brother / sister. son / daughter. upper / lower. front / back rear. arrive / depart departure. enter entry / leave
exit. enable / disable. profit / loss. credit / debit. hot / cold. wet / dry. faster / slower. longer / shorter. monday
/ tuesday / wednesday / thursday / friday / saturday / sunday
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
RELATION, PERSONS, WORDS, _LOOSE = "~", "@", "/", ":"
Sides = tuple[frozenset[str], ...]


class Axis(NamedTuple):
    """The words of each side; `kind` is RELATION, PERSONS or WORDS."""

    sides: Sides
    kind: str


def _axis(line: str) -> Axis:
    kind = next((mark for mark in (RELATION, PERSONS) if mark in line), WORDS)
    return Axis(tuple(frozenset(side.split()) for side in line.split(kind)), kind)


_GROUPS = [[" ".join(axis.split()) for axis in group.split(";")] for group in _OPPOSITES.split(".")]
AXES = tuple(_axis(line) for group in _GROUPS for line in group if not line.startswith(_LOOSE))
"""What is said of the same thing on one side cannot be said on the other."""
PARTIES = tuple(side for axis in AXES if axis.kind == PERSONS for side in axis.sides)
"""Words for the same party to a contract or a case."""


def _paired(lines: list[str]) -> Sides:
    """The words of each side of several lines of one meaning."""
    axes = [_axis(line.removeprefix(_LOOSE)) for line in lines]
    return tuple(frozenset[str]().union(*sides) for sides in zip(*(axis.sides for axis in axes), strict=True))


PAIRS = tuple(_paired(group) for group in _GROUPS if group[-1].startswith(_LOOSE))
"""The two sides of opposites in a wide sense, the looser words among them."""
