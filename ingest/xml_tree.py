"""Untrusted XML to a tree: no entities, no document types with declarations, no deep nesting,
within a size.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from .errors import Unreadable, refuse_over_limit
from .limits import MAX_XML_BYTES, MAX_XML_DEPTH

_DTD = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
# A document type that only names a DTD, which is never loaded.
_NAMED_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[<>]*>", re.IGNORECASE)


def parse_xml(data: bytes, *, part: str = "", doctype: bool = False) -> Element:
    """The root of `data`; `part`: the archive's entry, for messages. Document types and entities
    are refused, but with `doctype` an external DTD is passed over. Raises Unreadable and
    TooLarge."""
    what = f"the XML of {part}" if part else "the XML"
    refuse_over_limit(MAX_XML_BYTES, len(data), "bytes of XML")
    # In UTF-16 the patterns would not see a document type.
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:64]:
        raise Unreadable(
            f"{what} is in UTF-16, which is not read", hint="Save it as UTF-8 and try again"
        )
    if doctype:
        data = _NAMED_DOCTYPE.sub(b"", data, count=1)
    if _DTD.search(data):
        raise Unreadable(
            f"{what} has a document type or entities: refused",
            hint="Remove the DOCTYPE and try again",
        )
    parser = XMLParser(target=_ShallowBuilder())
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (
        ParseError,
        ValueError,
        LookupError,
    ) as error:  # the last two: an encoding that Python does not know
        raise Unreadable(f"{what} is damaged ({error})", hint="Get the file again") from error
    return root


def local_name(element: Element) -> str:
    """The name of `element` without its namespace, or ""."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element | None, name: str) -> str | None:
    """The value of the attribute `name` in any namespace, or None."""
    items = element.attrib.items() if element is not None else ()
    return next((value for key, value in items if key.rpartition("}")[2] == name), None)


def first_descendant_by_path(element: Element | None, *names: str) -> Element | None:
    """The element that `names` lead to from `element`, each by its first child; None where the way
    ends.
    """
    for name in names:
        if element is None:
            return None
        element = next((c for c in element if local_name(c) == name), None)
    return element


def children_named(element: Element | None, name: str) -> list[Element]:
    """The children of `element` that are called `name`; none of None."""
    return [inner for inner in element if local_name(inner) == name] if element is not None else []


def descendants_with_names(element: Element | None, *names: str) -> list[Element]:
    """The elements called by one of `names` in `element`, itself too, in order; none of None."""
    inside = element.iter() if element is not None else ()
    return [inner for inner in inside if local_name(inner) in names]


class _ShallowBuilder(TreeBuilder):
    _depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self._depth += 1
        what = "levels of XML elements"
        refuse_over_limit(MAX_XML_DEPTH, self._depth, what, "Check that this is the right file")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self._depth -= 1
        return super().end(tag)
