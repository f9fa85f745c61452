"""What a statement only says again of the question that it answers, and what it adds."""

from __future__ import annotations

import re

from docqa.app.evidence.terms import STOP_WORDS, plain_words, stems, terms

_PREMISE = re.compile(
    r"((?:if|when|where|whenever|once|in case|in the event|should)\b[^,;]{4,160}),\s+(\w.{10,})",
    re.IGNORECASE | re.DOTALL,
)
_SAID_AGAIN = 0.75  # share of a clause's words that the question has
_LEAST_SHARED = 2
"""Words that a statement shares with the question, from which it may be one that says the question again."""


def without_premise(statement: str, question: str) -> str:
    """`statement` without a clause at its head that only says again what was asked: "If the rent is late, a fee is due"
    states, to "What if the rent is late?", that a fee is due."""
    found = _PREMISE.match(statement)
    if found is None:
        return statement
    said, asked = set(terms(found[1])), set(terms(question))
    return found[2] if said and len(said & asked) >= _SAID_AGAIN * len(said) else statement


def added_words(statement: str, question: str) -> frozenset[str]:
    """The stems of the words that `statement` adds to `question`; none where it does not say the question again."""
    shared, added = _parts(statement, question)
    return frozenset(added) if shared >= _LEAST_SHARED else frozenset()


def only_restates(statement: str, question: str) -> bool:
    """Whether `statement` has no other words than the question's."""
    shared, added = _parts(statement, question)
    return shared > 0 and not added


def _parts(statement: str, question: str) -> tuple[int, list[str]]:
    """(how many words of `statement` the question has, the stems of the others), without stop words."""
    asked = set(stems(plain_words(question)))
    said = stems([word for word in plain_words(statement) if word not in STOP_WORDS])
    added = [stem for stem in said if stem not in asked]
    return len(said) - len(added), added
