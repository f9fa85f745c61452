"""What a statement only says again of the question that it answers."""

from __future__ import annotations

import re

from docqa.app.evidence.terms import terms

_PREMISE = re.compile(
    r"((?:if|when|where|whenever|once|in case|in the event|should)\b[^,;]{4,160}),\s+(\w.{10,})",
    re.IGNORECASE | re.DOTALL,
)
_SAID_AGAIN = 0.75  # share of a clause's words that the question has


def without_premise(statement: str, question: str) -> str:
    """`statement` without a clause at its head that only says again what was asked: "If the rent is late, a fee is due"
    states, to "What if the rent is late?", that a fee is due."""
    found = _PREMISE.match(statement)
    if found is None:
        return statement
    said, asked = set(terms(found[1])), set(terms(question))
    return found[2] if said and len(said & asked) >= _SAID_AGAIN * len(said) else statement


def only_restates(statement: str, question: str) -> bool:
    """Whether `statement` has no other words than the question's."""
    said = terms(statement)
    return bool(said) and set(said) <= set(terms(question))
