"""Styles of DOCX with what they inherit."""

import re
from dataclasses import dataclass
from functools import reduce
from xml.etree.ElementTree import Element

from docqa.ingest.colours import Colour
from docqa.ingest.xml_tree import (
    attribute,
    children_named,
    descendants_with_names,
    first_descendant_by_path,
)

from .formatting import RunFormat, apply_run_properties, is_off_the_page, shading_colour
from .markup import MAX_CHAIN, child_val_as_number, value

_HEADING_NAME = re.compile(r"heading ?([1-9])$", re.IGNORECASE)


@dataclass
class ResolvedStyle:
    """A style with what it inherits. `letters`: how its text is set; `runs`: what a character style
    says of them; `ground`: the colour after its paragraphs."""

    name: str = ""
    outline: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    off_page: bool = False
    letters: RunFormat = RunFormat()
    ground: Colour | None = None
    runs: tuple[Element, ...] = ()


class Styles:
    """The styles of a document by id; an unknown or missing id gives the default paragraph
    style.
    """

    def __init__(self, root: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._known: dict[str, ResolvedStyle] = {}
        self._letters = apply_run_properties(
            RunFormat(), first_descendant_by_path(root, "docDefaults", "rPrDefault", "rPr")
        )
        self._default: str | None = None
        for element in children_named(root, "style"):
            style_id = attribute(element, "styleId")
            self._elements[style_id or ""] = element
            is_default = attribute(element, "default") in ("1", "true")
            if self._default is None and is_default and attribute(element, "type") == "paragraph":
                self._default = style_id

    def get(self, style_id: str | None, *, paragraph: bool = True) -> ResolvedStyle:
        """The style `style_id` with what it inherits."""
        wanted = style_id if style_id in self._elements else (self._default if paragraph else None)
        if wanted is None:
            return ResolvedStyle(letters=self._letters)
        if wanted not in self._known:
            self._known[wanted] = self._resolve_style(wanted)
        return self._known[wanted]

    def _resolve_style(self, style_id: str) -> ResolvedStyle:
        chain: list[Element] = []
        at: str | None = style_id
        while at in self._elements and len(chain) < MAX_CHAIN:
            chain.append(self._elements[at])
            at = value(chain[-1], "basedOn")
        style = ResolvedStyle(value(chain[0], "name") or "", letters=self._letters)
        for element in reversed(chain):
            heading = _HEADING_NAME.match(value(element, "name") or "")
            properties = first_descendant_by_path(element, "pPr")
            level = int(heading[1]) - 1 if heading else style.outline
            style.outline = child_val_as_number(properties, "outlineLvl", level)
            lists = first_descendant_by_path(properties, "numPr")
            style.list_id = value(lists, "numId") or style.list_id
            style.list_level = child_val_as_number(lists, "ilvl", style.list_level)
            style.off_page = style.off_page or is_off_the_page(properties)
            style.ground = shading_colour(properties) or style.ground
            style.runs += tuple(children_named(element, "rPr"))
            style.letters = apply_run_properties(
                style.letters, first_descendant_by_path(element, "rPr")
            )
        return style

    def is_shaded(self, style_id: str | None) -> bool:
        """Whether the table style `style_id` fills cells with a colour."""
        return any(
            (attribute(shade, "fill") or "auto").lower() not in ("auto", "ffffff")
            for shade in descendants_with_names(self._elements.get(style_id or ""), "shd")
        )


def format_of_run(
    paragraph_style: ResolvedStyle, character_style: ResolvedStyle, properties: Element | None
) -> RunFormat:
    """How a run is set: by its paragraph, the style of its characters, and its own `properties`."""
    return reduce(
        apply_run_properties, (*character_style.runs, properties), paragraph_style.letters
    )
