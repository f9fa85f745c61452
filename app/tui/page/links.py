"""The references and footnote marks of a document as links: where each is and leads. Knows no
screen.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from docqa.ingest.types import Document, Note, Reference

from .spans import PageSpan, Place


@dataclass(frozen=True)
class Link(PageSpan):
    """The words `start:end` of `page` lead to `target`: the line that is pointed at, or the whole
    of a note.
    """

    target: PageSpan
    note: bool


class Links:
    """The links of `document` in order, none over another, gathered when the first is asked for."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def within(self, page: int, start: int, end: int) -> list[Link]:
        at = max(bisect_right(self._places, (page, start)) - 1, 0)
        until = bisect_left(self._places, (page, end))
        return [
            link for link in self._all_links[at:until] if link.page == page and link.end > start
        ]

    def at(self, page: int, offset: int) -> Link | None:
        return next(iter(self.within(page, offset, offset + 1)), None)

    def first(self, place: Place, step: int) -> Link | None:
        """The first link at or after `place`, for a negative `step` the last before it, round the
        end.
        """
        at = bisect_left(self._places, place)
        return (
            self._all_links[(at if step > 0 else at - 1) % len(self._all_links)]
            if self._all_links
            else None
        )

    @cached_property
    def _all_links(self) -> list[Link]:
        found = [self._of_reference(reference) for reference in self._document.references]
        found += [self._of_note(note) for note in self._document.notes]
        return list(_links_without_overlap(sorted(found, key=lambda link: (link.place, link.end))))

    @cached_property
    def _places(self) -> list[Place]:
        return [link.place for link in self._all_links]

    def _of_reference(self, reference: Reference) -> Link:
        text = self._document.pages[reference.to_page - 1].text
        end = text.find("\n", reference.to_start)
        target = PageSpan(reference.to_page, reference.to_start, end if end >= 0 else len(text))
        return Link(reference.page, reference.start, reference.end, target, note=False)

    def _of_note(self, note: Note) -> Link:
        marked = f"[{note.mark}]"
        bracketed = self._document.pages[note.at_page - 1].text.startswith(marked, note.at)
        end = note.at + len(marked if bracketed else note.mark)
        return Link(
            note.at_page, note.at, end, PageSpan(note.page, note.start, note.end), note=True
        )


def _links_without_overlap(links: list[Link]) -> Iterator[Link]:
    after = (0, 0)
    for link in links:
        if link.place >= after:
            yield link
            after = (link.page, link.end)
