"""EPUB to Document: the files of the spine in order, its table of contents as sections, other
headings below, no pages. Books under DRM are refused."""

import posixpath
from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborNode

from docqa.ingest.archive import Package
from docqa.ingest.errors import Encrypted, Unreadable
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import collapse_whitespace
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter
from docqa.ingest.xml_tree import (
    attribute,
    children_named,
    descendants_with_names,
    first_descendant_by_path,
    local_name,
    parse_xml,
)

from .html import DueHeading, HtmlBlocks
from .html_source import decode_html, parse_html

# Fonts are scrambled in this way so that they cannot be copied out of a book; its text is not.
_FONT_METHODS = frozenset(("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"))
_PAGES = frozenset(
    ("application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document")
)
_MAX_ENTRIES = 20_000
_MAX_LEVEL = 10

# The sections that begin in a file, by the id of an element (None: where the file begins): (level,
# title).
Contents = dict[str, dict[str | None, list[DueHeading]]]


def read_epub(request: ReadRequest) -> Document:
    """The Document of an EPUB. Raises Unreadable, Encrypted (DRM), TooLarge and NoText."""
    book = Package(request.content)
    _refuse_drm(book)
    opf = _package_file(book)
    root = _parse_entry(book, opf)
    if root is None:
        raise Unreadable(f"its package file {opf} is missing", hint="Get the book again")
    items = {
        attribute(item, "id"): item for item in first_descendant_by_path(root, "manifest") or ()
    }
    contents = _contents_by_entry(book, opf, root, items)
    warnings: list[str] = []
    writer = BlockWriter(include_hidden=request.include_hidden)
    level = 0
    for name in _chapters_in_spine(root, items, opf, warnings):
        page = book.read(name)
        if page is None:
            warnings.append(f"{name} is missing in the book")
            continue
        source, remarks = decode_html(page)
        warnings += [f"{name}: {remark}" for remark in remarks]
        anchors = contents.get(name, {})
        levels = [level for sections in anchors.values() for level, _ in sections]
        # A file that the contents do not name goes on where the one before it ended.
        level = max(levels, default=level)
        blocks = HtmlBlocks(writer, level=level, anchors=anchors)
        blocks.write(source, partial(_linked_style_sheet, book, name))
        warnings += [f"{name}: {remark}" for remark in blocks.warnings]
    title = collapse_whitespace(_title_of_book(root))
    return writer.document(
        request, title=title, media_type="application/epub+zip", warnings=warnings
    )


def _linked_style_sheet(book: Package, base: str, href: str) -> str:
    """The style sheet that the file `base` of a book links to."""
    data = book.read(_resolve_link(base, href)[0])
    return "" if data is None else data.decode("utf-8", "replace")


def _refuse_drm(book: Package) -> None:
    encryption = _parse_entry(book, "META-INF/encryption.xml")
    parts = descendants_with_names(encryption, "EncryptedData")
    methods = {
        attribute(first_descendant_by_path(part, "EncryptionMethod"), "Algorithm") for part in parts
    }
    if methods - _FONT_METHODS:
        raise Encrypted("the book is encrypted (DRM)", hint="Only books without DRM can be read")


def _parse_entry(book: Package, name: str) -> Element | None:
    data = book.read(name)
    return None if data is None else parse_xml(data, part=name, doctype=True)


def _package_file(book: Package) -> str:
    container = _parse_entry(book, "META-INF/container.xml")
    for element in descendants_with_names(container, "rootfile"):
        if path := attribute(element, "full-path"):
            return posixpath.normpath(path)
    raise Unreadable(
        "META-INF/container.xml names no package file", hint="Is it an EPUB? Get the book again"
    )


def _resolve_link(base: str, href: str | None) -> tuple[str, str | None]:
    """The entry that `href` in the entry `base` points to, and the fragment."""
    target, _, fragment = (href or "").partition("#")
    name = (
        posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(target)))
        if target
        else base
    )
    return name, unquote(fragment) or None


def _chapters_in_spine(
    root: Element, items: dict[str | None, Element], opf: str, warnings: list[str]
) -> Iterator[str]:
    seen: set[str] = set()
    for reference in first_descendant_by_path(root, "spine") or ():
        item = items.get(attribute(reference, "idref"))
        if item is None:
            if local_name(reference) == "itemref":
                warnings.append(
                    f"the book has no file for {attribute(reference, 'idref')!r} of its spine"
                )
            continue
        name, _ = _resolve_link(opf, attribute(item, "href"))
        kind = attribute(item, "media-type") or ""
        if kind not in _PAGES:
            warnings.append(f"{name} is not read ({kind or 'no type'})")
        elif name not in seen and "nav" not in (attribute(item, "properties") or "").split():
            seen.add(name)
            yield name


def _title_of_book(root: Element) -> str:
    for element in first_descendant_by_path(root, "metadata") or ():
        # EPUB 2 from OEB 1 wraps them once more.
        for inner in (element, *element):
            if local_name(inner) == "title" and inner.text and inner.text.strip():
                return inner.text
    return ""


def _contents_by_entry(
    book: Package, opf: str, root: Element, items: dict[str | None, Element]
) -> Contents:
    """The navigation document of EPUB 3, else the NCX of EPUB 2; empty without either."""
    ncx = items.get(attribute(first_descendant_by_path(root, "spine"), "toc"))
    for item in items.values():
        if "nav" in (attribute(item, "properties") or "").split():
            name, _ = _resolve_link(opf, attribute(item, "href"))
            data = book.read(name)
            found = _contents_from_nav(data, name) if data else {}
            if found:
                return found
        elif ncx is None and attribute(item, "media-type") == "application/x-dtbncx+xml":
            ncx = item
    if ncx is None:
        return {}
    name, _ = _resolve_link(opf, attribute(ncx, "href"))
    found = {}
    _add_ncx_points(first_descendant_by_path(_parse_entry(book, name), "navMap"), name, 1, found)
    return found


def _add_ncx_points(parent: Element | None, name: str, level: int, found: Contents) -> None:
    for point in children_named(parent, "navPoint"):
        label = first_descendant_by_path(point, "navLabel", "text")
        title = "".join(label.itertext()) if label is not None else ""
        _add_contents_entry(
            found, name, attribute(first_descendant_by_path(point, "content"), "src"), level, title
        )
        _add_ncx_points(point, name, min(level + 1, _MAX_LEVEL), found)


def _contents_from_nav(data: bytes, name: str) -> Contents:
    source, _ = decode_html(data)
    found: Contents = {}
    for nav in parse_html(source).css("nav"):
        kind = nav.attributes.get("epub:type") or nav.attributes.get("role") or ""
        if "toc" in kind.replace("doc-toc", "toc").split():
            for link in nav.css("a[href]")[:_MAX_ENTRIES]:
                _add_contents_entry(
                    found, name, link.attributes.get("href"), _list_depth(link, nav), link.text()
                )
            break
    return found


def _list_depth(link: LexborNode, nav: LexborNode) -> int:
    depth = 0
    node = link.parent
    while node is not None and node.mem_id != nav.mem_id and depth < _MAX_LEVEL:
        depth += node.tag == "ol"
        node = node.parent
    return max(depth, 1)


def _add_contents_entry(
    found: Contents, base: str, href: str | None, level: int, title: str
) -> None:
    title = collapse_whitespace(title)
    if not title or not href:
        return
    name, fragment = _resolve_link(base, href)
    found.setdefault(name, {}).setdefault(fragment, []).append((level, title))
