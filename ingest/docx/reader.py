"""DOCX to Document: text as printed, automatic numbers included; headings and numbered clauses as sections, no pages.

Tracked insertions are read and deletions are not, hidden text is left out and counted, comments are not read; each is
said in the warnings. Where pages end is Word's decision on the day, so places are numbers of clauses, not pages.
"""

from __future__ import annotations

import posixpath
from xml.etree.ElementTree import Element

from docqa.ingest.archive import Package
from docqa.ingest.docx.body import DocxBody
from docqa.ingest.docx.numbering import Numbering, Styles
from docqa.ingest.docx.outline import mark_sections
from docqa.ingest.errors import NotADocument
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter
from docqa.ingest.xml_tree import attribute, child, local, parse_xml

_MAIN = "officeDocument"


def read_docx(request: ReadRequest) -> Document:
    """The Document of a DOCX. Raises NotADocument, Unreadable, Encrypted, TooLarge and NoText."""
    parts = _Parts(request.content)
    styles = Styles(parts.xml("styles"))
    writer = BlockWriter(include_hidden=request.include_hidden)
    notes = {kind: _by_id(parts.xml(f"{kind}s"), kind) for kind in ("footnote", "endnote")}
    body = DocxBody(writer, styles, Numbering(parts.xml("numbering"), styles), notes)
    content = child(parts.main, "body")
    if content is None:
        raise NotADocument("its main part has no body", hint="Save it again as .docx")
    body.write(content)
    mark_sections(body.items, writer)
    named = child(parts.xml("core-properties", whole=True), "title")
    title = body.title or ((named.text or "").strip() if named is not None else "")
    return writer.document(
        request, title=title, infer=True, furniture=parts.furniture(), warnings=_warnings(body, parts),
        media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )  # fmt: skip


class _Parts:
    """The parts of the package that the main part names, by the last word of their relationship type."""

    def __init__(self, data: bytes) -> None:
        self._package = Package(data)
        self._root = self._relations("")
        main = next(iter(self._root.get(_MAIN, ())), "word/document.xml")
        found = self._parse(main)
        if found is None:
            raise NotADocument(f"not a Word document: it has no {main}", hint="Check the suffix of its name")
        self.main = found
        self._own = self._relations(main)

    def _relations(self, source: str) -> dict[str, list[str]]:
        folder, name = posixpath.split(source)
        root = self._parse(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, list[str]] = {}
        for relation in root if root is not None else ():
            kind = (attribute(relation, "Type") or "").rpartition("/")[2]
            target = attribute(relation, "Target")
            if target and attribute(relation, "TargetMode") != "External":
                place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found.setdefault(kind, []).append(place)
        return found

    def _parse(self, name: str) -> Element | None:
        data = self._package.read(name)
        return None if data is None else parse_xml(data, part=name)

    def xml(self, kind: str, *, whole: bool = False) -> Element | None:
        """The first part of this kind, None where there is none; `whole`: that of the whole package."""
        names = (self._root if whole else self._own).get(kind)
        return self._parse(names[0]) if names else None

    def furniture(self) -> list[str]:
        """The words of page headers and footers, which are not part of the text, each once."""
        lines: dict[str, None] = {}
        for name in (*self._own.get("header", ()), *self._own.get("footer", ())):
            part = self._parse(name)
            printed = (e for e in part.iter() if local(e) in ("t", "p", "tab")) if part is not None else ()
            words = "".join((e.text or "") if local(e) == "t" else " " for e in printed)
            if words.strip():
                lines[" ".join(words.split())] = None
        return list(lines)


def _by_id(root: Element | None, kind: str) -> dict[str, Element]:
    elements = root if root is not None else ()
    return {
        attribute(e, "id") or "": e for e in elements if local(e) == kind and attribute(e, "type") in (None, "normal")
    }


def _warnings(body: DocxBody, parts: _Parts) -> list[str]:
    lines: list[str] = []
    if body.insertions or body.deletions:
        lines.append(f"tracked changes: {body.insertions} insertions read, {body.deletions} deletions left out")
    comments = parts.xml("comments")
    many = sum(local(e) == "comment" for e in comments) if comments is not None else 0
    if many:
        lines.append(f"{many} comment{'s' if many > 1 else ''} not read")
    if body.embedded:
        lines.append(f"{body.embedded} embedded document{'s' if body.embedded > 1 else ''} not read")
    return lines
