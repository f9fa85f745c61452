"""Comments in the margin of a DOCX: who wrote them, when, and the words that they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from docqa.ingest.xml_tree import attribute, local

_MAX_ABOUT_CHARS = 200
_MAX_OPEN = 50


@dataclass
class Comment:
    """A comment: `about` are the words of the text that it is put to, `content` what it says."""

    author: str
    date: str
    content: Element
    about: str = ""


@dataclass
class Comments:
    """The comments of a document, in the order of the places that they are put to."""

    known: dict[str, Comment] = field(default_factory=dict)
    _open: dict[str, list[str]] = field(default_factory=dict)
    _placed: dict[str, None] = field(default_factory=dict)

    @classmethod
    def of(cls, part: Element | None) -> Comments:
        """Those of the part of the package that has them."""
        elements = [e for e in part if local(e) == "comment"] if part is not None else []
        return cls(
            {
                attribute(element, "id") or str(-at): Comment(
                    " ".join((attribute(element, "author") or "").replace(":", " ").split()) or "an unnamed author",
                    (attribute(element, "date") or "")[:10], element,
                )
                for at, element in enumerate(elements)
            }
        )  # fmt: skip

    def mark(self, kind: str, comment_id: str | None) -> None:
        """What the text says of a comment: where the words begin and end that it is about, or where it stands."""
        if comment_id not in self.known or comment_id is None:
            return
        if kind == "commentRangeStart":
            if len(self._open) < _MAX_OPEN:
                self._open[comment_id] = []
            self._placed[comment_id] = None
        elif kind == "commentRangeEnd":
            self._close(comment_id)
        else:
            self._placed[comment_id] = None

    def hear(self, text: str) -> None:
        """More words of the text."""
        for words in self._open.values():
            if sum(map(len, words)) < _MAX_ABOUT_CHARS:
                words.append(text)

    def in_order(self) -> Iterator[Comment]:
        """Those that the text names, in its order, then the others."""
        for comment_id in list(self._open):
            self._close(comment_id)
        yield from (self.known[comment_id] for comment_id in {**self._placed, **dict.fromkeys(self.known)})

    def _close(self, comment_id: str) -> None:
        words = " ".join("".join(self._open.pop(comment_id, [])).split())
        if len(words) > _MAX_ABOUT_CHARS:
            words = words[:_MAX_ABOUT_CHARS].rsplit(" ", 1)[0] + " …"
        self.known[comment_id].about = words or self.known[comment_id].about
