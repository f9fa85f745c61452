"""What a question about several documents asks of each: "Which of these leases are subject to Swiss law?" asks every
lease "Is it subject to Swiss law?". One that names no group of documents asks for one fact of any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from docqa.app.facts.facts import FactKind
from docqa.app.reading.candidates import ANYTHING, FRONT, Wanted
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.words import AUXILIARY, DOCUMENTS, SINGULAR, alternatives, word_set


class Across(StrEnum):
    """What is made of the answers: those that say yes are named, or counted; each is told; or told in
    the order of their values."""

    WHICH = "which"
    COUNT = "count"
    EACH = "each"
    COMPARE = "compare"


@dataclass(frozen=True)
class AcrossQuestion:
    """`question` is what every document is asked by itself, `wanted` what its answer has to be; `sign` of a comparison:
    1 where the greatest, longest or last is asked for, -1 for the least or first."""

    kind: Across
    question: str
    sign: int = 0
    wanted: Wanted = ANYTHING


_PLURALS = word_set("studies policies these those them ones")
_ABOUT = word_set("in on under for from by to of")
_BE, _HAVE = word_set("is are was were"), word_set("has have had")
_SUBJECT = word_set("the i we you they he she it there somebody both")
_LAST = word_set("last latest newest longest highest largest")
_FIRST = word_set("first earliest oldest shortest lowest smallest")
_OF_TIME = word_set("first earliest oldest last latest newest recent")
_DATE_ASKED = "What is the date of this document?"

# Of a question whose words stand one space apart: `\s+` beside `\s+` would try every split of a run of spaces.
_FILES = word_set("agreement contract document file lease letter manual package paper pdf report")
_PREPOSITION, _ONE, _FILE, _VERBS = (f"(?:{alternatives(words)})" for words in (_ABOUT, DOCUMENTS, _FILES, AUXILIARY))
_MANY = rf"(?:{_ONE}s|{alternatives(_PLURALS)})"
_HERE = r"(?: (?:in )?(?:here|(?:this|the) folder))?"
_NUMBER = rf"(?:(?!one\b)(?:{NUMBER_WORD})|\d{{1,2}}\b)"
_WORDS = rf"(?:(?!{_VERBS}\b)[\w-]+ ){{0,2}}?"
_NO_NOUN = r"(?! (?!(?:is|has)\b)\w+s\b)"
_OF = rf" of (?:(?:(?:the|these|those|my|our) )?(?:{_NUMBER} )?{_WORDS}{_MANY}|the {_NUMBER}{_NO_NOUN})"
_GROUP = rf"(?:{_OF}| {_FILE}s?| ones?){_HERE}"
_WHICH = lazily(
    rf"(?:{_PREPOSITION} )?which(?: one)?{_GROUP} (?P<rest>.+)|"
    rf"{_VERBS} any{_OF} (?P<any>.+)",
    re.IGNORECASE,
)
_COUNT = lazily(rf"how many{_OF}{_HERE} (?P<rest>.+)", re.IGNORECASE)
_EACH = lazily(
    rf"(?:,? {_PREPOSITION} )?\b(?:(?:each|both|all|every){_OF}|each {_ONE}|every {_FILE}|(?:all|both) {_MANY}|"
    rf"(?:the|these|those) {_NUMBER}(?: {_MANY}|$)|(?:these|those) {_MANY}|(?:each|both|these|those)$|"
    rf"the {_WORDS}{_MANY}(?= (?:in )?(?:here|this folder)))"
    rf"\b{_HERE}",
    re.IGNORECASE,
)
_EXTREME = lazily(rf"\b(?:most recent|{alternatives(_LAST | _FIRST)})\b\s*(?P<rest>[^?]*)", re.IGNORECASE)
_ASKS_ONE = lazily(rf"(?:{_PREPOSITION} )?(?:which|what|whose)\b", re.IGNORECASE)
_TOLD = (
    (Wanted(FactKind.PARTY, several=True, where=(FRONT,)), lazily(r"\bthe\s+parties\s+to\b", re.IGNORECASE)),
    (Wanted(FactKind.DATE, where=(FRONT,)), lazily(r"\bdate\b", re.IGNORECASE)),
    (Wanted(FactKind.LAW), lazily(r"\blaw\s+(?:appl|govern)", re.IGNORECASE)),
)
"""What documents tell in one way."""
_VERB = lazily(rf"{_VERBS}\b", re.IGNORECASE)
_PLURAL_VERB = lazily(rf"\b({'|'.join(SINGULAR)})( it\b)", re.IGNORECASE)


def across_question(question: str) -> AcrossQuestion | None:
    """What `question` asks of each of several documents; None where it asks for one fact of any of them."""
    asked = " ".join(question.split()).rstrip("?. ")
    if _ASKS_ONE.match(asked) and (extreme := _EXTREME.search(asked)):
        words = set(extreme.group().lower().split()[:2])
        of_time = words & _OF_TIME and not words & {"longest", "shortest"}
        sign = -1 if words & _FIRST else 1
        if of_time:
            return AcrossQuestion(Across.COMPARE, _DATE_ASKED, sign, Wanted(FactKind.DATE, where=(FRONT,)))
        return AcrossQuestion(Across.COMPARE, f"What is the {extreme['rest']}?", sign)
    for kind, pattern in ((Across.COUNT, _COUNT), (Across.WHICH, _WHICH)):
        if found := pattern.match(asked):
            return AcrossQuestion(kind, _of_it(found.groupdict(), asked))
    if each := _EACH.search(asked):
        before, group = asked[: each.start()], each.group().strip(" ,")
        placed = group.split()[0].lower() in _ABOUT
        whole = f"{before}{'' if placed else ' it'}{asked[each.end() :]}?"
        single = _singular(" ".join(whole.split()))
        wanted = next((wanted for wanted, told in _TOLD if told.search(single)), ANYTHING)
        return AcrossQuestion(Across.EACH, single, wanted=wanted)
    return None


def _singular(question: str) -> str:
    return _PLURAL_VERB.sub(lambda match: SINGULAR[match[1].lower()] + match[2], question)


def _of_it(found: Mapping[str, str | None], asked: str) -> str:
    """A question for yes or no of one document out of one for several."""
    if of_any := found.get("any"):
        return _singular(f"{asked.split()[0]} it {of_any}?")
    rest = str(found["rest"])
    match = _VERB.match(rest)
    verb, behind = (match.group().lower(), rest[match.end() :].split()) if match else ("", [])
    if not behind:
        first, _, others = rest.partition(" ")
        return f"Does it {first.removesuffix('s') if not first.endswith('ss') else first} {others}?"
    if verb not in _BE | _HAVE or behind[0].lower() in _SUBJECT:
        return f"{rest[0].upper()}{rest[1:]}?"
    if verb in _HAVE and not behind[0].endswith("ed"):
        return f"Does it have {' '.join(behind)}?"
    return f"{SINGULAR.get(verb, verb).capitalize()} it {' '.join(behind)}?"
