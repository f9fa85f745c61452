"""The depth of each heading, from the numbers and names of all.

A heading goes on its own family where that is open, else it opens one below. What ends a document
(references, exhibits) closes what is above; numbers below a schedule are its own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from docqa.ingest.language.places import ATTACHMENTS

from .numbering import LISTS, REFERENCES, THANKS, ParsedHeading

NUMBERS = frozenset(("decimal", "roman", "letter", "bare letter"))
_NOT_DIVISIONS = NUMBERS | {"named"}
NAMES_OF_LISTS = REFERENCES | LISTS | {"table of authorities"}
_BACK = REFERENCES | THANKS | LISTS | {"abstract", "glossary", "preface", "foreword"}


class HeadingLevels:
    """The open headings of a document."""

    def __init__(self, headings: Sequence[ParsedHeading]) -> None:
        self.headings = headings
        self.last = {heading.family: at for at, heading in enumerate(headings)}
        self.names = Counter(
            _normalised_heading_title(heading) for heading in headings if heading.family == "named"
        )
        self.stack: list[ParsedHeading] = []

    def level_of_each_heading(self) -> Iterator[int]:
        """The level of every heading, 1 for the outermost."""
        for at, heading in enumerate(self.headings):
            if heading.family == "named":
                self._nest_named_heading(heading)
            elif heading.family in ATTACHMENTS:
                self._nest_attachment(at, heading)
            elif heading.family in NUMBERS:
                self._nest_numbered_heading(heading)
            else:
                self._nest_division(heading)
            self.stack.append(heading)
            yield len(self.stack)

    def _nest_named_heading(self, heading: ParsedHeading) -> None:
        name = _normalised_heading_title(heading)
        while self.stack and self.stack[-1].family in _NOT_DIVISIONS:
            self.stack.pop()
        # Every chapter of a collection may have references of its own; else they are the whole
        # document's.
        if name in _BACK and self.names[name] == 1:
            self.stack.clear()

    def _nest_attachment(self, index: int, heading: ParsedHeading) -> None:
        outer = [n for n, open_ in enumerate(self.stack) if open_.family in ATTACHMENTS]
        same = [n for n in outer if self.stack[n].family == heading.family]
        if same:
            del self.stack[same[0] :]
        elif outer and self.last[self.stack[outer[-1]].family] > index:
            # Exhibit C, Annex I, Exhibit D: the annex belongs to the exhibit.
            del self.stack[outer[-1] + 1 :]
        else:
            self.stack.clear()

    def _nest_division(self, heading: ParsedHeading) -> None:
        same = self._open_levels_of_family(heading)
        if same:
            del self.stack[same[-1] :]
            return
        while self.stack and self.stack[-1].family not in ATTACHMENTS:
            open_ = self.stack[-1]
            if open_.family not in _NOT_DIVISIONS and open_.rank <= heading.rank:
                return
            self.stack.pop()

    def _nest_numbered_heading(self, heading: ParsedHeading) -> None:
        while self.stack and self.stack[-1].family == "named":
            self.stack.pop()
        same = self._open_levels_of_family(heading)
        if same:
            above = [(n, self.stack[n].ordinals) for n in same]
            inside = [
                n
                for n, outer in above
                if outer == heading.ordinals[: len(outer)] != heading.ordinals
            ]
            del self.stack[inside[-1] + 1 if inside else same[0] :]

    def _open_levels_of_family(self, heading: ParsedHeading) -> list[int]:
        return [n for n, open_ in enumerate(self.stack) if open_.family == heading.family]


def _normalised_heading_title(heading: ParsedHeading) -> str:
    return heading.title.lower().strip(" .:")
