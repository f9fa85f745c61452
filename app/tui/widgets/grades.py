"""How the grade of a quote looks: a mark and words first, a colour only on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.answer.grades import Grade

if TYPE_CHECKING:
    from docqa.app.answer.answer import Quote

# grade: (mark, colour of the theme). The marks differ in shape, so that no colour is needed to tell them.
_MARKS = {
    Grade.EXACT: ("✓✓", "$text-success"),
    Grade.NORMALISED: ("✓", "$text-success"),
    Grade.DAMAGED: ("≈", "$text-warning"),
    Grade.NEAR: ("~", "$text-warning"),
    Grade.ABSENT: ("✗", "$text-error"),
    Grade.UNCHECKABLE: ("?", "$text-error"),
}


def grade_text(quote: Quote) -> str:
    """The mark and the words: `✓✓ verified: exact`."""
    return f"{_MARKS[quote.grade][0]} {quote.grade.label}{quote.place.remark}"


def grade_style(quote: Quote) -> str:
    """The colour, as a style of the theme."""
    return _MARKS[quote.grade][1]
