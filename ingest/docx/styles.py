"""Styles of DOCX with what they inherit."""

import re
from dataclasses import dataclass
from functools import reduce
from xml.etree.ElementTree import Element

from docqa.ingest.colours import Colour
from docqa.ingest.docx.formatting import RunFormat, formatted, is_off_the_page, shading
from docqa.ingest.docx.markup import MAX_CHAIN, number
from docqa.ingest.xml_tree import attribute, child, local

_HEADING_NAME = re.compile(r"heading ?([1-9])$", re.IGNORECASE)


@dataclass
class Style:
    """A style with what it inherits. `letters`: how its text is set; `runs`: what a character style
    says of them; `ground`: the colour behind its paragraphs."""

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
        elements = [e for e in root if local(e) == "style"] if root is not None else []
        self._elements = {attribute(e, "styleId") or "": e for e in elements}
        self._known: dict[str, Style] = {}
        self._letters = formatted(RunFormat(), child(root, "docDefaults", "rPrDefault", "rPr"))
        self._default = next(
            (
                attribute(e, "styleId")
                for e in elements
                if attribute(e, "default") in ("1", "true") and attribute(e, "type") == "paragraph"
            ),
            None,
        )

    def get(self, style_id: str | None, *, paragraph: bool = True) -> Style:
        """The style `style_id` with what it inherits."""
        wanted = style_id if style_id in self._elements else (self._default if paragraph else None)
        if wanted is None:
            return Style(letters=self._letters)
        if wanted not in self._known:
            self._known[wanted] = self._resolve(wanted)
        return self._known[wanted]

    def _resolve(self, style_id: str) -> Style:
        chain: list[Element] = []
        at: str | None = style_id
        while at in self._elements and len(chain) < MAX_CHAIN:
            chain.append(self._elements[at])
            at = attribute(child(chain[-1], "basedOn"), "val")
        style = Style(attribute(child(chain[0], "name"), "val") or "", letters=self._letters)
        for element in reversed(chain):
            heading = _HEADING_NAME.match(attribute(child(element, "name"), "val") or "")
            properties = child(element, "pPr")
            style.outline = number(
                child(properties, "outlineLvl"), int(heading[1]) - 1 if heading else style.outline
            )
            lists = child(properties, "numPr")
            style.list_id = attribute(child(lists, "numId"), "val") or style.list_id
            style.list_level = number(child(lists, "ilvl"), style.list_level)
            style.off_page = style.off_page or is_off_the_page(properties)
            style.ground = shading(properties) or style.ground
            style.runs += tuple(e for e in element if local(e) == "rPr")
            style.letters = formatted(style.letters, child(element, "rPr"))
        return style

    def is_shaded(self, style_id: str | None) -> bool:
        """Whether the table style `style_id` fills cells with a colour."""
        element = self._elements.get(style_id or "")
        shades = (e for e in element.iter() if local(e) == "shd") if element is not None else ()
        return any(
            (attribute(shade, "fill") or "auto").lower() not in ("auto", "ffffff")
            for shade in shades
        )


def run_format(paragraph: Style, characters: Style, properties: Element | None) -> RunFormat:
    """How a run is set: by its paragraph, the style of its characters, and its own `properties`."""
    return reduce(formatted, (*characters.runs, properties), paragraph.letters)
