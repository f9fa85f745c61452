"""The words for how good a quote is, where it was found, what it supports, and how a question
ended.
"""

from collections.abc import Iterable
from enum import StrEnum


class Grade(StrEnum):
    """How closely the document has the words of a quote, strongest first."""

    EXACT = "exact"
    NORMALISED = "normalised"
    DAMAGED = "damaged"
    NEAR = "near"
    ABSENT = "absent"
    UNCHECKABLE = "uncheckable"

    @property
    def verified(self) -> bool:
        """Whether a quote of this grade may be printed as verified."""
        return self in (Grade.EXACT, Grade.NORMALISED)

    @property
    def label(self) -> str:
        """`quote found`, which is not that an answer is right; `not verified: near`."""
        return "quote found" if self.verified else f"not verified: {self}"

    @property
    def found_text(self) -> str:
        """The label, or in a few words what is wrong with the quote."""
        return _FOUND.get(self, self.label)

    @property
    def explanation(self) -> str:
        meaning = _MEANINGS.get(self)
        return f"{self.label} ({meaning})" if meaning else self.label


def weakest_grade(grades: Iterable[Grade]) -> Grade:
    """At least one is given."""
    return max(grades, key=list(Grade).index)


class Place(StrEnum):
    """Whether a quote was found where it was cited; `unknown`: nothing was found."""

    AS_CITED = "as_cited"
    MOVED = "moved"
    OTHER_DOCUMENT = "other_document"
    UNKNOWN = "unknown"

    @property
    def remark(self) -> str:
        """What follows a grade where the place is not the cited one, else ""."""
        return _REMARKS.get(self, "")


class Status(StrEnum):
    """How a question ended; `possible`: nothing is stated, but the best passage may answer."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    POSSIBLE = "possible"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    ERROR = "error"


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"


class Support(StrEnum):
    """How far the quotes of a statement bear it out; `quoted`: it was cut from a page."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"

    @property
    def is_full_support(self) -> bool:
        """Whether the statement may be shown as verified."""
        return self in (Support.QUOTED, Support.SUPPORTED)

    @property
    def remark(self) -> str:
        """What is said after a statement that its quotes do not bear out, else ""."""
        return _WEAK.get(self, "")


_MEANINGS = {
    Grade.NORMALISED: "equal but for spacing, quotation marks, dashes, hyphens at line ends or case",
    Grade.DAMAGED: "all words in order, with extraction debris between them",
    Grade.NEAR: "some words differ",
    Grade.ABSENT: "in none of the documents",
    Grade.UNCHECKABLE: "the place has no usable text",
}
_FOUND = {
    Grade.DAMAGED: "other signs between the words",
    Grade.NEAR: "some words differ",
    Grade.ABSENT: "quote not found",
    Grade.UNCHECKABLE: "quote cannot be checked",
}
_REMARKS = {
    Place.MOVED: ", found elsewhere than cited",
    Place.OTHER_DOCUMENT: ", found in another document",
}
_WEAK = {
    Support.PARTLY: "partly supported",
    Support.UNSUPPORTED: "no quote supports this",
    Support.CONTRADICTED: "a quote contradicts this",
}
