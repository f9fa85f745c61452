"""DOCX to Document: text as printed, automatic numbers included; headings as sections.

Tracked insertions are read, deletions are not, hidden text is left out and counted; warnings say
so. Headers, footers and comments are sections after the text. Word decides at print time where
pages end, so places are numbers of clauses and paragraphs.
"""

import posixpath
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from docqa.ingest.archive import Package
from docqa.ingest.errors import NotADocument
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import collapse_whitespace
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter
from docqa.ingest.xml_tree import attribute, children_named, first_descendant_by_path, parse_xml

from .body import DocxBody
from .comments import Comments
from .formatting import has_pictures_behind_text, page_colour
from .markup import replace_theme_colours, theme_colours
from .numbering import Numbering
from .styles import Styles

_MAIN = "officeDocument"
_PAGE_NUMBER = re.compile(r"\b(?:page|seite|of|von|p)\b|\d+|\b[ivxlc]+\b", re.IGNORECASE)


def read_docx(request: ReadRequest) -> Document:
    """The Document of a DOCX. Raises NotADocument, Unreadable, Encrypted, TooLarge and NoText."""
    parts = _PackageParts(request.content)
    styles = Styles(parts.xml("styles"))
    writer = BlockWriter(include_hidden=request.include_hidden)
    notes = {kind: _notes_by_id(parts.xml(f"{kind}s"), kind) for kind in ("footnote", "endnote")}
    comments = Comments.from_part(parts.xml("comments"))
    ground = page_colour(parts.main)
    pictures = has_pictures_behind_text(parts.main)
    numbering = Numbering(parts.xml("numbering"), styles)
    body = DocxBody(
        writer, styles, numbering, notes, comments, ground, None if pictures else ground
    )
    content = first_descendant_by_path(parts.main, "body")
    if content is None:
        raise NotADocument("its main part has no body", hint="Save it again as .docx")
    body.write(content)
    writer.infer_headings()
    furniture = _write_margins(body, parts, writer)
    _write_comments(body, comments, writer)
    named = first_descendant_by_path(
        parts.xml("core-properties", is_of_whole_package=True), "title"
    )
    title = body.title or ((named.text or "").strip() if named is not None else "")
    return writer.document(
        request,
        title=title,
        furniture=furniture,
        warnings=tuple(_warnings_about_document(body, comments)),
        media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )


def _write_margins(body: DocxBody, parts: "_PackageParts", writer: BlockWriter) -> list[str]:
    """Writes headers and footers, each once; returns those of page numbers alone."""
    rest: list[str] = []
    seen: set[str] = set()
    for kind in ("header", "footer"):
        for part in parts.all(kind):
            words = body.words_of(part)
            if words in seen or not words.strip():
                continue
            seen.add(words)
            if not _PAGE_NUMBER.sub("", words).strip(" \n-–—|/.,"):
                rest.append(collapse_whitespace(words))
                continue
            start = writer.block(words, "margin")
            if start is not None:
                writer.mark(1, None, f"Page {kind}", start, label=f"page {kind}")
    return rest


def _write_comments(body: DocxBody, comments: Comments, writer: BlockWriter) -> None:
    first = True
    for comment in comments.comments_in_text_order():
        words = collapse_whitespace(body.words_of(comment.content))
        if not words:
            continue
        who = f"Comment by {comment.author}"
        when = f", {comment.date}" if comment.date else ""
        about = f" (on “{comment.about}”)" if comment.about else ""
        start = writer.block(f"{who}{when}: {words}{about}", "comment")
        if start is not None:
            if first:
                writer.mark(1, None, "Comments", start, label="comments")
            first = False
            writer.mark(2, None, who, start, label=who[0].lower() + who[1:])


class _PackageParts:
    """The parts that the main part names, by the last word of their relationship type."""

    def __init__(self, data: bytes) -> None:
        self._package = Package(data)
        self._root = self._targets_by_kind("")
        main = next(iter(self._root.get(_MAIN, ())), "word/document.xml")
        found = self._parse_part(main)
        if found is None:
            raise NotADocument(
                f"not a Word document: it has no {main}", hint="Check the suffix of its name"
            )
        self._own = self._targets_by_kind(main)
        self._theme = theme_colours(self.xml("theme"))
        self.main = replace_theme_colours(found, self._theme)

    def _targets_by_kind(self, source: str) -> dict[str, list[str]]:
        folder, name = posixpath.split(source)
        root = self._parse_part(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, list[str]] = {}
        for relation in root if root is not None else ():
            kind = (attribute(relation, "Type") or "").rpartition("/")[2]
            target = attribute(relation, "Target")
            if target and attribute(relation, "TargetMode") != "External":
                place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found.setdefault(kind, []).append(place)
        return found

    def _parse_part(self, name: str) -> Element | None:
        data = self._package.read(name)
        return None if data is None else parse_xml(data, part=name)

    def xml(self, kind: str, *, is_of_whole_package: bool = False) -> Element | None:
        """Of the `is_of_whole_package` package or the main part, the first of this kind."""
        names = (self._root if is_of_whole_package else self._own).get(kind)
        part = self._parse_part(names[0]) if names else None
        return part if part is None or kind == "theme" else replace_theme_colours(part, self._theme)

    def all(self, kind: str) -> Iterator[Element]:
        for name in self._own.get(kind, ()):
            part = self._parse_part(name)
            if part is not None:
                yield replace_theme_colours(part, self._theme)


def _notes_by_id(root: Element | None, kind: str) -> dict[str, Element]:
    return {
        attribute(note, "id") or "": note
        for note in children_named(root, kind)
        if attribute(note, "type") in (None, "normal")
    }


def _warnings_about_document(body: DocxBody, comments: Comments) -> Iterator[str]:
    if body.insertions or body.deletions:
        yield f"tracked changes: {body.insertions} insertions read, {body.deletions} deletions left out"
    many = len(comments.known)
    if many:
        yield f"{many} comment{'s' if many > 1 else ''} in the margin read, behind the text"
    if body.embedded:
        yield f"{body.embedded} embedded document{'s' if body.embedded > 1 else ''} not read"
