"""Automatic numbers of DOCX, as Word prints them before paragraphs."""

import re
from xml.etree.ElementTree import Element

from docqa.ingest.language.numbers import in_letters, in_roman
from docqa.ingest.structure.clean import collapse_whitespace
from docqa.ingest.xml_tree import attribute, children_named, first_descendant_by_path

from .markup import MAX_CHAIN, attribute_as_number, child_val_as_number, value
from .styles import ResolvedStyle, Styles


class Numbering:
    """Counts the lists of one document; `next` is asked for its paragraphs in order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract = _children_by_attribute(root, "abstractNum", "abstractNumId")
        self._lists = _children_by_attribute(root, "num", "numId")
        self._levels: dict[str, dict[int, Element]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._started: set[str] = set()

    def next(self, style_id: str | None, style: ResolvedStyle, properties: Element | None) -> str:
        """The number of the next paragraph, which has these properties: "4.2", "(a)", "-" for a
        bullet, or "".
        """
        own = first_descendant_by_path(properties, "numPr")
        list_id = value(own, "numId") or style.list_id
        if list_id is None or list_id not in self._lists:
            return ""
        key = self._abstract_list_id(list_id)
        levels = self._levels_of_list(list_id, key)
        level = child_val_as_number(own, "ilvl", None)
        if level is None:
            styles = {value(e, "pStyle"): n for n, e in reversed(levels.items())}
            level = styles.get(style_id or "", style.list_level or 0)
        if level not in levels:
            return ""
        self._increment_level_counter(list_id, key, levels, level)
        form = value(levels[level], "lvlText") or ""
        if "%" not in form and value(levels[level], "numFmt") in ("bullet", "none"):
            return "-"
        return self._printed_number(form, key, levels, level) or "-"

    def _abstract_list_id(self, list_id: str, depth: int = 0) -> str:
        """The list that counts: the style's where this one only names a style."""
        key = value(self._lists[list_id], "abstractNumId") or ""
        link = value(self._abstract.get(key), "numStyleLink")
        linked = self._styles.get(link, paragraph=False).list_id if link else None
        if linked in self._lists and depth < MAX_CHAIN:
            return self._abstract_list_id(linked or "", depth + 1)
        return key

    def _levels_of_list(self, list_id: str, abstract_list_id: str) -> dict[int, Element]:
        if list_id not in self._levels:
            levels = {
                attribute_as_number(level, "ilvl", 0): level
                for level in children_named(self._abstract.get(abstract_list_id), "lvl")
            }
            for override in children_named(self._lists[list_id], "lvlOverride"):
                replaced = first_descendant_by_path(override, "lvl")
                if replaced is not None:
                    levels[attribute_as_number(override, "ilvl", 0)] = replaced
            self._levels[list_id] = levels
        return self._levels[list_id]

    def _increment_level_counter(
        self, list_id: str, counter_key: str, levels: dict[int, Element], level: int
    ) -> None:
        counters = self._counters.setdefault(counter_key, {})
        if list_id not in self._started:
            self._started.add(list_id)
            for override in self._lists[list_id]:
                start = child_val_as_number(override, "startOverride", None)
                if start is not None:
                    counters[attribute_as_number(override, "ilvl", 0)] = start - 1
        for upper in range(level):
            counters.setdefault(upper, _start_number(levels.get(upper)))
        counters[level] = counters.get(level, _start_number(levels[level]) - 1) + 1
        for deeper in [n for n in counters if n > level]:
            if child_val_as_number(levels.get(deeper), "lvlRestart", 1) != 0:
                del counters[deeper]

    def _printed_number(self, form: str, key: str, levels: dict[int, Element], level: int) -> str:
        legal = first_descendant_by_path(levels[level], "isLgl") is not None
        counters = self._counters[key]

        def fill(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            kind = value(levels.get(at), "numFmt") or "decimal"
            return _count_in_format(counters.get(at, 1), "decimal" if legal else kind)

        return collapse_whitespace(re.sub(r"%([1-9])", fill, form[:200]))


def _children_by_attribute(root: Element | None, name: str, key: str) -> dict[str, Element]:
    """The children called `name` by their attribute `key`."""
    return {attribute(element, key) or "": element for element in children_named(root, name)}


def _count_in_format(count: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        text = in_letters(count)
    elif kind in ("lowerRoman", "upperRoman"):
        text = in_roman(count)
    elif kind == "decimalZero":
        return f"{count:02d}"
    else:
        return "" if kind == "none" else str(count)
    return text.upper() if kind.startswith("upper") else text


def _start_number(level: Element | None) -> int:
    return child_val_as_number(level, "start", 1)
