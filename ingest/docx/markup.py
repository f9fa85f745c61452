"""The markup of DOCX: elements that only wrap others, tracked changes, ways to say the same twice, signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from docqa.ingest.xml_tree import child, local

WRAPPERS = frozenset(
    ("hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "bdo", "dir", "customXml", "ruby", "rubyBase")
)
INSERTED, DELETED = frozenset(("ins", "moveTo")), frozenset(("del", "moveFrom"))
# The signs of the fonts Wingdings and Symbol that documents use as boxes, ticks and bullets.
_SIGNS = {0xF0FE: "☒", 0xF0A8: "☐", 0xF06F: "☐", 0xF0FC: "✓", 0xF0FB: "✗", 0xF0B7: "•", 0xF0E0: "→", 0xF0D7: "×"}


def children(parent: Element, name: str) -> Iterator[Element]:
    """The elements `name` in `parent`, wrapped ones and inserted ones too."""
    for element in parent:
        if local(element) == name:
            yield element
        elif local(element) in WRAPPERS or local(element) in INSERTED:
            yield from children(element, name)


def sign(code: str) -> str:
    """The character of a symbol font, given in hexadecimal; U+FFFD where it is unknown."""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,4}", code):
        return "\ufffd"
    value = int(code, 16)
    return _SIGNS.get(value, "\ufffd" if 0xD800 <= value < 0xF900 else chr(value))


def has_text(element: Element) -> bool:
    """Whether there are words in `element`, deleted ones included."""
    return any(local(e) in ("t", "delText") and e.text for e in element.iter())


def alternative(element: Element) -> Element:
    """Of the ways to say the same the first, which is the newest."""
    choice = child(element, "Choice")
    fallback = child(element, "Fallback")
    return choice if choice is not None else fallback if fallback is not None else element


def text_boxes(element: Element) -> Iterator[Element]:
    """The contents of the text boxes in a drawing."""
    if local(element) == "txbxContent":
        yield element
        return
    options = [alternative(element)] if local(element) == "AlternateContent" else list(element)
    for option in options:
        yield from text_boxes(option)
