"""The declarations of CSS for each element of a page, as far as they can hide text.

This is no browser: style sheets are not fetched, and of the cascade weight, order and `!important`
are kept.
"""

import posixpath
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, reduce
from itertools import dropwhile
from operator import itemgetter
from typing import Any
from urllib.parse import unquote_to_bytes

import tinycss2
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from docqa.ingest.language.lengths import length_in_pixels, split_at_commas
from docqa.ingest.language.words import word_set

Linked = Callable[[str], str]
"""The style sheet at an address; empty where it is not at hand."""
# Other names of the same.
_SAME = {
    "-webkit-": "",
    "inset-": "",
    "inline-start": "left",
    "block-start": "top",
    "block-size": "height",
    "inline-size": "width",
    "animation-name": "animation",
}
SIDES = ("top", "right", "bottom", "left")
# What a screen in a light room is not.
_NOT_HERE = word_set(
    "print speech tty tv handheld dark reduce portrait none coarse standalone fullscreen active more"
)
_SCREEN_WIDTH = 1280.0
_SCREEN_HEIGHT = 800.0
# An id, a class or the like, a tag.
_WEIGHT = re.compile(r"(#)|([.\[:])|([a-zA-Z*])[\w-]*")
_OF_STYLE_ATTRIBUTE = (2**20,)  # more than any selector weighs
_MAX_SHEET_CHARS = 2**20
_MAX_RULES = 5_000
_FEWEST_RULES = 200
_MAX_DEPTH = 10
_MAX_VALUE_CHARS = 300
# Elements looked at in all: a rule is looked for among all of a page.
_MOST_LOOKS = 50_000_000
_GROUPING = ("supports", "layer", "container", "scope", "media")


class Declarations(dict[str, str]):
    """What a style says of properties, "" of others."""

    def __missing__(self, name: str) -> str:
        return ""


WeightedDeclarations = tuple[tuple[int, ...], Declarations]
"""Declarations and what decides between them: importance, weight of the selector, order."""
DeclarationPair = tuple[Declarations, Declarations]
"""The usual declarations, and the `!important` ones."""


class StyleSheets:
    """What the style sheets in a page, and `linked` ones, say of its elements; `skipped`: rules
    over the limit; `variables`: with what they begin; `frames`: how animations end."""

    def __init__(self, tree: LexborHTMLParser, elements: int, linked: Linked) -> None:
        self.skipped = 0
        self.variables: dict[str, str] = {}
        self.frames: dict[str, Declarations] = {}
        self._tree = tree
        self._linked = linked
        self._found: dict[int, list[WeightedDeclarations]] = {}
        self._left = min(_MAX_RULES, max(_FEWEST_RULES, _MOST_LOOKS // max(elements, 1)))
        self._chars = _MAX_SHEET_CHARS
        self._order = 0
        for style in tree.css("style, link[href]"):
            attributes = style.attributes
            if not _is_media_query_true(_component_values(attributes.get("media") or "all")):
                continue
            if style.tag == "style":
                self._add_sheet(style.text(), "")
            elif "stylesheet" in (attributes.get("rel") or "").lower().split():
                self._add_linked_sheet(attributes.get("href") or "", 0)

    def declarations_of_element(self, element_id: int, style_attribute: str | None) -> Declarations:
        """The declarations for the element `element_id` whose attribute `style` is `style_attribute`; for what
        they set before and after its words, of the negative number."""
        found = self._found.get(element_id, [])
        if style_attribute:
            found = [
                *found,
                *_declarations_with_weights(
                    parse_declarations(style_attribute), _OF_STYLE_ATTRIBUTE
                ),
            ]
        merged = Declarations()
        for _, declarations in sorted(found, key=itemgetter(0)):
            merged.update(declarations)
        return merged

    def _add_linked_sheet(self, address: str, depth: int) -> None:
        head, _, data = address.partition(",")
        if not head.lower().startswith("data:"):
            self._add_sheet(self._linked(address), address, depth)
        elif head.lower().startswith("data:text/css"):
            with suppress(ValueError):  # damaged base64
                coded = b64decode(data) if head.endswith(";base64") else unquote_to_bytes(data)
                self._add_sheet(coded.decode("utf-8", "replace"), "", depth)

    def _add_sheet(self, source: str, address: str, depth: int = 0) -> None:
        source = source.replace("<![CDATA[", "").replace("]]>", "")
        source, self._chars = source[: self._chars], max(self._chars - len(source), 0)
        for node in tinycss2.parse_stylesheet(_component_values(source), skip_whitespace=True):
            if node.type == "at-rule" and node.lower_at_keyword == "import" and depth < _MAX_DEPTH:
                query: list[Any] = []
                named = ""
                for token in node.prelude:
                    inner = token.arguments[:1] if token.type == "function" else [token]
                    if not named and inner and inner[0].type in ("url", "string"):
                        named = inner[0].value
                    else:
                        query.append(token)
                if named and _is_media_query_true(query):
                    folder = "" if named.startswith("data:") else posixpath.dirname(address)
                    self._add_linked_sheet(posixpath.join(folder, named), depth + 1)
            else:
                self._add_rules([node], "", 0)

    def _add_rules(self, nodes: Iterable[Any], above: str, depth: int) -> None:
        nodes = list(nodes)
        if above and any(node.type == "declaration" for node in nodes):
            self._add_declarations(above, _parse_declarations(nodes))
        for node in nodes if depth < _MAX_DEPTH else ():
            if node.type == "qualified-rule":
                selector = _selector_of_rule(node)
                if above:
                    nested = selector if "&" in selector else f"& {selector}"
                    selector = nested.replace("&", f":is({above})")
                self._add_rules(_contents_of_rule(node), selector, depth + 1)
            elif node.type == "at-rule" and node.content is not None:
                kind = node.lower_at_keyword
                named = _selector_of_rule(node)
                if kind == "property":
                    self.variables[named] = _parse_declarations(_contents_of_rule(node))[0][
                        "initial-value"
                    ]
                elif kind.endswith("keyframes"):
                    for frame in _contents_of_rule(node):
                        if frame.type == "qualified-rule" and _selector_of_rule(frame).endswith(
                            ("to", "100%")
                        ):
                            self.frames[named] = _parse_declarations(_contents_of_rule(frame))[0]
                elif kind in _GROUPING and (kind != "media" or _is_media_query_true(node.prelude)):
                    self._add_rules(_contents_of_rule(node), above, depth + 1)

    def _add_declarations(self, selector: str, body: DeclarationPair) -> None:
        if not any(body) or not selector:
            return
        if self._left <= 0:
            self.skipped += 1
            return
        self._left -= 1
        self._order += 1
        for part in selector.split(",") if "(" not in selector else [selector]:
            around, _, kind = part.strip().rpartition(":")
            pseudo = kind in ("before", "after")
            around = around.rstrip(":") if pseudo or kind == "first-line" else part.strip()
            try:
                nodes = self._tree.css(around)
            except SelectolaxError:  # a selector that this parser does not know hides nothing
                continue
            groups = [match.lastindex for match in _WEIGHT.finditer(part)]
            weighted = _declarations_with_weights(
                body, (*map(groups.count, (1, 2, 3)), self._order)
            )
            for node in nodes:
                self._found.setdefault(-node.mem_id if pseudo else node.mem_id, []).extend(weighted)


def _component_values(source: str) -> list[Any]:
    return list(tinycss2.parse_component_value_list(source, skip_comments=True))


def _selector_of_rule(rule: Any) -> str:
    """What is written before the braces of a rule."""
    return str(tinycss2.serialize(rule.prelude)).strip()


def _declarations_with_weights(
    normal_and_important: DeclarationPair, specificity: tuple[int, ...]
) -> list[WeightedDeclarations]:
    return [
        ((important, *specificity), said)
        for important, said in enumerate(normal_and_important)
        if said
    ]


def _contents_of_rule(rule: Any) -> list[Any]:
    return list(tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True))


def _is_media_query_true(query: Sequence[Any]) -> bool:
    return any(map(_is_media_condition_true, split_at_commas(query) or [[]]))


def _is_media_condition_true(tokens: Sequence[Any]) -> bool:
    words = [token.lower_value for token in tokens if token.type == "ident"]
    sizes = [
        length_in_pixels(token.serialize()) or 0.0 for token in tokens if token.type == "dimension"
    ]
    holds = _NOT_HERE.isdisjoint(words) and all(
        _is_media_condition_true(token.content) for token in tokens if token.type == "() block"
    )
    if sizes and words:
        here = _SCREEN_WIDTH if "width" in words[0] else _SCREEN_HEIGHT
        below = words[0].startswith("max-") or "<" in tokens
        holds = here <= sizes[0] if below else here >= sizes[0]
    return holds != (words[:1] == ["not"])


@lru_cache(maxsize=8192)
def parse_declarations(body: str) -> DeclarationPair:
    """The declarations in `body`, and those of them that are `!important`."""
    return _parse_declarations(
        tinycss2.parse_blocks_contents(_component_values(body[:10_000]), skip_whitespace=True)
    )


def _parse_declarations(nodes: Iterable[Any]) -> DeclarationPair:
    """The declarations, lower case, and those of them that are `!important`."""
    usual = Declarations()
    important = Declarations()
    for node in nodes:
        if node.type != "declaration":
            continue
        name = reduce(lambda name, same: name.replace(*same), _SAME.items(), node.lower_name)
        value = tinycss2.serialize(node.value).strip().lower()[:_MAX_VALUE_CHARS]
        parts = value.split() if name == "inset" else []
        sides = parts * 4 if len(parts) < 3 else [*parts, parts[1]]
        named = dict(zip(SIDES, sides)) if parts else {name: value}
        (important if node.important else usual).update(named)
    return usual, important


def resolve_declarations(
    declarations: Declarations, variables: Mapping[str, str]
) -> tuple[Declarations, Mapping[str, str]]:
    """`declarations` with the values of the variables that they name, and `variables` with their
    own.
    """
    found = Declarations()
    known = dict(variables)
    for name, value in sorted(
        declarations.items()
    ):  # variables, whose names begin with "--", come first
        if "var(" in value:
            value = tinycss2.serialize(_resolve_variables(_component_values(value), known)).strip()[
                :_MAX_VALUE_CHARS
            ]
        (known if name.startswith("--") else found)[name] = value
    return found, known


def _resolve_variables(tokens: Iterable[Any], variables: Mapping[str, str]) -> list[Any]:
    found: list[Any] = []
    for token in tokens:
        if token.type == "function" and token.lower_name == "var":
            named = next((inner.value for inner in token.arguments if inner.type == "ident"), "")
            value = variables.get(named)
            fallback = dropwhile(lambda inner: inner != ",", token.arguments)
            found += (
                _resolve_variables([*fallback][1:], variables)
                if value is None
                else _component_values(value)
            )
            continue
        if token.type == "function":
            token.arguments = _resolve_variables(token.arguments, variables)
        found.append(token)
    return found
