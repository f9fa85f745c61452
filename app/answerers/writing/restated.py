"""What a statement only says again of the question that it answers."""

from __future__ import annotations

from docqa.app.evidence.terms import terms


def only_restates(statement: str, question: str) -> bool:
    """Whether `statement` has no other words than the question's."""
    said = terms(statement)
    return bool(said) and set(said) <= set(terms(question))
