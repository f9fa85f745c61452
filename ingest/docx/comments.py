"""Comments in the margin of a DOCX: who, when, and about which words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from docqa.ingest.structure.clean import collapse_whitespace
from docqa.ingest.xml_tree import attribute, children_named

_MAX_ABOUT_CHARS = 200
_MAX_OPEN = 50


@dataclass
class Comment:
    """A comment; `about` are the words that it is put to."""

    author: str
    date: str
    content: Element
    about: str = ""


@dataclass
class Comments:
    """The comments of a document, in the order of their places."""

    known: dict[str, Comment] = field(default_factory=dict)
    _open: dict[str, list[str]] = field(default_factory=dict)
    _placed: dict[str, None] = field(default_factory=dict)

    @classmethod
    def from_part(cls, part: Element | None) -> "Comments":
        """Those of the comments part of a package."""
        known: dict[str, Comment] = {}
        for at, element in enumerate(children_named(part, "comment")):
            author = collapse_whitespace((attribute(element, "author") or "").replace(":", " "))
            date = (attribute(element, "date") or "")[:10]
            key = attribute(element, "id") or str(-at)
            known[key] = Comment(author or "an unnamed author", date, element)
        return cls(known)

    def mark(self, kind: str, comment_id: str | None) -> None:
        """Hears where the words that a comment is about begin and end, or where it is."""
        if comment_id not in self.known or comment_id is None:
            return
        if kind == "commentRangeEnd":
            self._end_commented_words(comment_id)
            return
        self._placed[comment_id] = None
        if kind == "commentRangeStart" and len(self._open) < _MAX_OPEN:
            self._open[comment_id] = []

    def add_document_words(self, text: str) -> None:
        """More words of the text."""
        for words in self._open.values():
            if sum(map(len, words)) < _MAX_ABOUT_CHARS:
                words.append(text)

    def comments_in_text_order(self) -> Iterator[Comment]:
        """Those that the text names, in its order, then the others."""
        for comment_id in list(self._open):
            self._end_commented_words(comment_id)
        for comment_id in self._placed | dict.fromkeys(self.known):
            yield self.known[comment_id]

    def _end_commented_words(self, comment_id: str) -> None:
        words = collapse_whitespace("".join(self._open.pop(comment_id, [])))
        if len(words) > _MAX_ABOUT_CHARS:
            words = words[:_MAX_ABOUT_CHARS].rsplit(" ", 1)[0] + " …"
        self.known[comment_id].about = words or self.known[comment_id].about
