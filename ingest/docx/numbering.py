"""Automatic numbers of DOCX: styles, lists, and the number that Word prints before a paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from xml.etree.ElementTree import Element

from docqa.ingest.structure.numbering import in_letters, in_roman
from docqa.ingest.xml_tree import attribute, child, local

_HEADING_NAME = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_CARDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MAX_CHAIN = 20
T = TypeVar("T")


class ListPlace(NamedTuple):
    """Where a paragraph stands among the lists: the list as it counts (`key`), its level from 0, what is printed.

    `printed` is None for bullets. `nested`: a list whose numbers contain the number above ("4.2"); `indent` is that
    of the level, in twentieths of a point.
    """

    key: str
    level: int
    printed: str | None
    nested: bool
    indent: int | None


@dataclass
class Style:
    """What docqa asks of a paragraph style, its bases included."""

    name: str = ""
    outline: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    hidden: bool = False
    indent: int | None = None


class Styles:
    """The styles of a document by id; an unknown or missing id gives the default paragraph style."""

    def __init__(self, root: Element | None) -> None:
        elements = [e for e in root if local(e) == "style"] if root is not None else []
        self._elements = {attribute(e, "styleId") or "": e for e in elements}
        self._known: dict[str, Style] = {}
        self._default = next(
            (attribute(e, "styleId") for e in elements if attribute(e, "default") in ("1", "true")
             and attribute(e, "type") == "paragraph"), None,
        )  # fmt: skip

    def get(self, style_id: str | None, *, paragraph: bool = True) -> Style:
        """The style `style_id` with what it inherits."""
        wanted = style_id if style_id in self._elements else (self._default if paragraph else None)
        if wanted is None:
            return Style()
        if wanted not in self._known:
            self._known[wanted] = self._resolve(wanted)
        return self._known[wanted]

    def _resolve(self, style_id: str) -> Style:
        chain: list[Element] = []
        at: str | None = style_id
        while at in self._elements and len(chain) < _MAX_CHAIN:
            chain.append(self._elements[at])
            at = attribute(child(chain[-1], "basedOn"), "val")
        style = Style(attribute(child(chain[0], "name"), "val") or "")
        for element in reversed(chain):
            heading = _HEADING_NAME.match(attribute(child(element, "name"), "val") or "")
            properties = child(element, "pPr")
            style.outline = number(child(properties, "outlineLvl"), int(heading[1]) - 1 if heading else style.outline)
            lists = child(properties, "numPr")
            style.list_id = attribute(child(lists, "numId"), "val") or style.list_id
            style.list_level = number(child(lists, "ilvl"), style.list_level)
            style.indent = indent(child(properties, "ind"), style.indent)
            style.hidden = toggled(child(element, "rPr"), "vanish", style.hidden)
        if style.outline is not None and style.outline > 8:
            style.outline = None  # 9 is body text
        return style


class Numbering:
    """Counts the lists of one document; `next` is asked for its paragraphs in order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        parts = list(root) if root is not None else []
        self._styles = styles
        self._abstract = {attribute(e, "abstractNumId") or "": e for e in parts if local(e) == "abstractNum"}
        self._lists = {attribute(e, "numId") or "": e for e in parts if local(e) == "num"}
        self._levels: dict[str, dict[int, Element]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._started: set[str] = set()

    def next(self, style_id: str | None, style: Style, properties: Element | None) -> ListPlace | None:
        """The place of the paragraph with these properties, counted; None when it is in no list."""
        own = child(properties, "numPr")
        list_id = attribute(child(own, "numId"), "val") or style.list_id
        if list_id is None or list_id not in self._lists:
            return None
        key = self._abstract_of(list_id)
        levels = self._levels_of(list_id, key)
        level = number(child(own, "ilvl"), None)
        if level is None:
            linked = (n for n, e in levels.items() if style_id and attribute(child(e, "pStyle"), "val") == style_id)
            level = next(linked, style.list_level or 0)
        if level not in levels:
            return None
        self._count(list_id, key, levels, level)
        form = attribute(child(levels[level], "lvlText"), "val") or ""
        level_indent = indent(child(levels[level], "pPr", "ind"), None)
        nested = any((attribute(child(e, "lvlText"), "val") or "").count("%") > 1 for e in levels.values())
        if attribute(child(levels[level], "numFmt"), "val") in ("bullet", "none") and "%" not in form:
            return ListPlace(key, level, None, False, level_indent)
        return ListPlace(key, level, self._printed(form, key, levels, level), nested, level_indent)

    def _abstract_of(self, list_id: str, depth: int = 0) -> str:
        """The list that counts: one that only names a style counts in the list of that style."""
        key = attribute(child(self._lists[list_id], "abstractNumId"), "val") or ""
        link = attribute(child(self._abstract.get(key), "numStyleLink"), "val")
        linked = self._styles.get(link, paragraph=False).list_id if link else None
        if linked in self._lists and depth < _MAX_CHAIN:
            return self._abstract_of(linked or "", depth + 1)
        return key

    def _levels_of(self, list_id: str, key: str) -> dict[int, Element]:
        if list_id not in self._levels:
            levels = {number_of(e, "ilvl", 0): e for e in self._abstract.get(key, ()) if local(e) == "lvl"}
            for override in self._lists[list_id]:
                replaced = child(override, "lvl")
                if local(override) == "lvlOverride" and replaced is not None:
                    levels[number_of(override, "ilvl", 0)] = replaced
            self._levels[list_id] = levels
        return self._levels[list_id]

    def _count(self, list_id: str, key: str, levels: dict[int, Element], level: int) -> None:
        counters = self._counters.setdefault(key, {})
        if list_id not in self._started:
            self._started.add(list_id)
            for override in self._lists[list_id]:
                start = number(child(override, "startOverride"), None)
                if start is not None:
                    counters[number_of(override, "ilvl", 0)] = start - 1
        for upper in range(level):
            counters.setdefault(upper, _start(levels.get(upper)))
        counters[level] = counters.get(level, _start(levels[level]) - 1) + 1
        for deeper in [n for n in counters if n > level]:
            if number(child(levels.get(deeper), "lvlRestart"), 1) != 0:
                del counters[deeper]

    def _printed(self, form: str, key: str, levels: dict[int, Element], level: int) -> str:
        legal = child(levels[level], "isLgl") is not None
        counters = self._counters[key]

        def fill(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            kind = attribute(child(levels.get(at), "numFmt"), "val") or "decimal"
            return _as_printed(counters.get(at, 1), "decimal" if legal else kind)

        return " ".join(re.sub(r"%([1-9])", fill, form[:200]).split())


def _as_printed(count: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        text = in_letters(count)
    elif kind in ("lowerRoman", "upperRoman"):
        text = in_roman(count)
    elif kind == "decimalZero":
        return f"{count:02d}"
    elif kind == "ordinal":
        ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
        return f"{count}{ending}"
    elif kind == "cardinalText" and 0 <= count < len(_CARDINALS):
        return _CARDINALS[count].capitalize()
    else:
        return "" if kind == "none" else str(count)
    return text.upper() if kind.startswith("upper") else text


def _start(level: Element | None) -> int:
    return number(child(level, "start"), 1)


def number(element: Element | None, default: T) -> int | T:
    """The `val` of `element` as a number, `default` where there is none."""
    return number_of(element, "val", default)


def number_of(element: Element | None, name: str, default: T) -> int | T:
    """The attribute `name` of `element` as a number, `default` where there is none."""
    text = attribute(element, name)
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else default


def indent(element: Element | None, default: int | None) -> int | None:
    """The left indent that a `w:ind` says."""
    return number_of(element, "left", number_of(element, "start", default))


def toggled(properties: Element | None, name: str, default: bool) -> bool:
    """Whether the property `name` is on, `default` where nothing is said."""
    element = child(properties, name)
    return default if element is None else attribute(element, "val") not in ("0", "false", "off", "none")
