"""The declarations of CSS that a page makes for each of its elements, as far as they can hide text.

This is no browser: style sheets are not fetched, and of the cascade weight, order and `!important` are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

Declarations = Mapping[str, str]
Linked = Callable[[str], str]
"""The style sheet at an address; empty where it is not at hand."""
# What can make text invisible, or visible again.
_KNOWN = frozenset((
    "display", "visibility", "opacity", "color", "background", "background-color", "background-image", "font",
    "font-size", "text-indent", "position", "left", "top", "right", "bottom", "margin", "margin-left", "margin-top",
    "height", "max-height", "width", "max-width", "overflow", "overflow-x", "overflow-y", "clip", "clip-path",
    "transform", "filter", "zoom", "content-visibility", "mso-hide", "-webkit-text-fill-color", "-webkit-transform",
    "scale", "translate",
))  # fmt: skip
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_NESTED = re.compile(r"@([a-z-]{1,20})([^{};@]{0,1000})(?:;|\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\})", re.IGNORECASE)
# What applies to print or to small screens is not what the page shows.
_NOT_HERE = re.compile(r"print|max-|speech|prefers-|orientation", re.IGNORECASE)
_MOMENTARY = re.compile(r"::|:(?:hover|focus|active|visited|link|target|checked|before|after|disabled)", re.IGNORECASE)
_VARIABLE = re.compile(r"var\(\s{0,9}(--[\w-]{1,60})\s{0,9}(?:,([^()]{0,60}))?\)")
_WEIGHT = re.compile(r"(#)|([.\[:])|([a-zA-Z*])[\w-]*")
_MAX_SHEET_CHARS = 2**20
_MAX_RULES, _FEWEST_RULES = 4_000, 200
# Elements looked at in all: a rule is looked for among all of a page.
_MOST_LOOKS = 40_000_000


class StyleSheets:
    """What the style sheets in a page, and those that it links to as far as they are at hand (`linked`), say of its
    elements; `skipped` counts rules that were too many to look at."""

    def __init__(self, tree: LexborHTMLParser, elements: int, linked: Linked) -> None:
        self.skipped = 0
        self.variables: dict[str, str] = {}
        self._found: dict[int, list[tuple[tuple[int, ...], str]]] = {}
        self._left = min(_MAX_RULES, max(_FEWEST_RULES, _MOST_LOOKS // max(elements, 1)))
        self._order = 0
        for style in tree.css("style, link[href]"):
            rules = style.text() if style.tag == "style" else linked(style.attributes.get("href") or "")
            sheet = _applied(_COMMENT.sub("", rules[:_MAX_SHEET_CHARS]))
            for rule in sheet.split("}"):
                selector, _, body = rule.rpartition("{")
                self._add(tree, selector.strip(), body)

    def of(self, mem_id: int, inline: str | None) -> dict[str, str]:
        """The declarations for the element `mem_id` whose attribute `style` is `inline`."""
        found = sorted(self._found.get(mem_id, ()), key=lambda item: item[0])
        if not found and not inline:
            return {}
        said = [declared(body) for _, body in found] + ([declared(inline)] if inline else [])
        merged: dict[str, str] = {}
        for usual, _ in said:
            merged.update(usual)
        for _, important in said:
            merged.update(important)
        for name, value in merged.items() if self.variables else ():
            merged[name] = _VARIABLE.sub(lambda match: self.variables.get(match[1], match[2] or ""), value)
        return merged

    def _add(self, tree: LexborHTMLParser, selector: str, body: str) -> None:
        from selectolax.lexbor import SelectolaxError

        self.variables.update(_variables(body) if "--" in body else {})
        if not any(declared(body)) or not selector:
            return
        if self._left <= 0:
            self.skipped += 1
            return
        self._left -= 1
        self._order += 1
        for part in selector.split(",") if "(" not in selector else [selector]:
            if _MOMENTARY.search(part) or not part.strip():
                continue
            try:
                nodes = tree.css(part.strip())
            except SelectolaxError:  # a selector that this parser does not know hides nothing
                continue
            weight = (*_weight(part), self._order)
            for node in nodes:
                self._found.setdefault(node.mem_id, []).append((weight, body))


def _applied(sheet: str) -> str:
    """`sheet` with the rules of `@media` and its like where they apply to a screen, without the others."""

    def unwrapped(match: re.Match[str]) -> str:
        kind, condition, rules = match[1].lower(), match[2], match[3] or ""
        applies = kind in ("media", "supports", "layer", "container", "scope")
        elsewhere = _NOT_HERE.search(condition) and not condition.strip().lower().startswith("not print")
        return rules if applies and not elsewhere else ""

    return _NESTED.sub(unwrapped, sheet)


@lru_cache(maxsize=8192)
def declared(body: str) -> tuple[Declarations, Declarations]:
    """The known declarations in `body`, lower case, and those of them that are `!important`."""
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in body[:10_000].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip().lower()[:300]
        if name in _KNOWN and value:
            bare, mark, _ = value.partition("!")
            (important if mark else usual)[name] = bare.strip()
    return usual, important


def _variables(body: str) -> dict[str, str]:
    parts = (declaration.partition(":") for declaration in body[:10_000].split(";"))
    return {name.strip(): value.strip().lower()[:60] for name, _, value in parts if name.strip().startswith("--")}


def _weight(selector: str) -> tuple[int, int, int]:
    ids = classes = tags = 0
    for match in _WEIGHT.finditer(selector):
        ids, classes, tags = ids + bool(match[1]), classes + bool(match[2]), tags + bool(match[3])
    return ids, classes, tags
