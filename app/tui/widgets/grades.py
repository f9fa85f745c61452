"""How the grade of a quote looks: a mark and words first, a colour only on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docqa.app.answer.answer import Quote

# grade: (mark, words, colour of the theme). The marks differ in shape, so that no colour is needed to tell them.
_GRADES = {
    "exact": ("✓✓", "verified: exact", "$text-success"),
    "normalised": ("✓", "verified: normalised", "$text-success"),
    "damaged": ("≈", "not verified: damaged", "$text-warning"),
    "near": ("~", "not verified: near", "$text-warning"),
    "absent": ("✗", "not verified: absent", "$text-error"),
    "uncheckable": ("?", "not verified: uncheckable", "$text-error"),
}
_MOVED = {"moved": ", found elsewhere than cited", "other_document": ", found in another document"}


def grade_text(quote: Quote) -> str:
    """The mark and the words: `✓✓ verified: exact`."""
    mark, words, _ = _GRADES.get(quote.grade, ("?", f"not verified: {quote.grade}", ""))
    return f"{mark} {words}{_MOVED.get(quote.place, '')}"


def grade_style(quote: Quote) -> str:
    """The colour, as a style of the theme."""
    return _GRADES.get(quote.grade, ("", "", "$text-error"))[2]
