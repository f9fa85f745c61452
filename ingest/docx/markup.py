"""The markup of DOCX: wrappers, tracked changes, alternatives, signs, equations and values of
properties.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar
from xml.etree.ElementTree import Element

from docqa.ingest.colours import BLACK, WHITE, colour_of, mix_colours
from docqa.ingest.language.words import word_set
from docqa.ingest.xml_tree import (
    attribute,
    children_named,
    descendants_with_names,
    first_descendant_by_path,
    local_name,
)

WRAPPERS = word_set("hyperlink smartTag sdt sdtContent fldSimple bdo dir customXml ruby rubyBase")
INSERTED = word_set("ins moveTo")
TRANSPARENT = WRAPPERS | INSERTED
DELETED = word_set("del moveFrom")
_KNOWN = word_set("wps wpg wpc wpi wp14 w14 w15 w16se c14 a14")
MAX_CHAIN = 20  # of styles and lists that refer to each other
T = TypeVar("T")
# Other names for places of a theme.
_THEME_PLACES = {
    f"{name}{child_val_as_number}": f"{place}{child_val_as_number}"
    for place, names in (("lt", "background light bg"), ("dk", "text dark tx"))
    for name in names.split()
    for child_val_as_number in "12"
}
# The signs of the fonts Wingdings and Symbol that documents use as boxes, ticks and bullets.
_SIGNS = {
    0xF0FE: "☒",
    0xF0A8: "☐",
    0xF06F: "☐",
    0xF0FC: "✓",
    0xF0FB: "✗",
    0xF0B7: "•",
    0xF0E0: "→",
    0xF0D7: "×",
}


def children(parent: Element, name: str) -> Iterator[Element]:
    """The elements `name` in `parent`, wrapped and inserted ones too."""
    for element in parent:
        if local_name(element) == name:
            yield element
        elif local_name(element) in TRANSPARENT:
            yield from children(element, name)


def theme_colours(part: Element | None) -> dict[str, str]:
    """The colours of a theme by their names."""
    found = {"lt1": "FFFFFF", "dk1": "000000"}
    scheme = first_descendant_by_path(part, "themeElements", "clrScheme")
    for place in scheme if scheme is not None else ():
        colour = next(iter(place), None)
        found[local_name(place)] = (
            attribute(colour, "lastClr") or attribute(colour, "val") or "auto"
        )
    return found


def replace_theme_colours(root: Element, theme: Mapping[str, str]) -> Element:
    """`root` with the colours that it names by places of the `theme`, lighter or darker, put in."""
    for element in root.iter():
        if local_name(element) in ("schemeClr", "prstClr"):
            element.tag = "srgbClr"
            changes = {
                local_name(inner): attribute_as_number(inner, "val", 0) / 1e5 for inner in element
            }
            _set_shaded_theme_colour(element, "val", attribute(element, "val"), theme, changes)
        if any("}theme" in key for key in element.attrib):
            _set_theme_colour(element, "val", "themeColor", "theme", theme)
            _set_theme_colour(element, "fill", "themeFill", "themeFill", theme)
    return root


def _set_theme_colour(
    element: Element, name: str, theme_attribute: str, kind: str, theme: Mapping[str, str]
) -> None:
    """Puts the colour into the attribute `name` that the attribute `theme_attribute` names in the theme."""
    changes: dict[str, float] = {}
    for change in ("Tint", "Shade"):
        level = attribute(element, kind + change) or ""  # two hexadecimal digits
        changes[change] = (colour_of(3 * level) or WHITE)[0] / 255
    _set_shaded_theme_colour(element, name, attribute(element, theme_attribute), theme, changes)


def _set_shaded_theme_colour(
    element: Element,
    attribute: str,
    theme_attribute: str | None,
    theme: Mapping[str, str],
    shades: Mapping[str, float],
) -> None:
    if theme_attribute is not None:
        key = next(
            (key for key in element.attrib if key.rpartition("}")[2] == attribute), attribute
        )
        named = theme.get(
            _THEME_PLACES.get(theme_attribute, theme_attribute), element.get(key, "auto")
        )
        if colour := colour_of(named):
            for change, share in shades.items():
                if change.lower() in ("tint", "lumoff"):
                    colour = mix_colours(colour, WHITE, 1 - share if change == "lumOff" else share)
                elif change.lower() in ("shade", "lummod"):
                    colour = mix_colours(colour, BLACK, share)
        element.set(key, bytes(colour).hex() if colour else named)


def symbol_character(code: str) -> str:
    """The character of a symbol font by its hexadecimal code; U+FFFD: unknown."""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,4}", code):
        return "\ufffd"
    value = int(code, 16)
    return _SIGNS.get(value, "\ufffd" if 0xD800 <= value < 0xF900 else chr(value))


def has_text(element: Element) -> bool:
    """Whether there are words in `element`, deleted ones included."""
    return any(inner.text for inner in descendants_with_names(element, "t", "delText"))


def words_in(element: Element) -> str:
    """All the words in `element`."""
    return "".join(inner.text or "" for inner in descendants_with_names(element, "t"))


def newest_alternate_content(element: Element) -> Element:
    """The first, which is the newest, of the ways to say the same that Word knows."""
    for choice in children_named(element, "Choice"):
        if _KNOWN.issuperset((attribute(choice, "Requires") or "").split()):
            return choice
    fallback = first_descendant_by_path(element, "Fallback")
    return element if fallback is None else fallback


def text_box_contents(element: Element) -> Iterator[Element]:
    """The contents of the text boxes in a drawing."""
    if local_name(element) == "txbxContent":
        yield element
        return
    for inner in (
        [newest_alternate_content(element)]
        if local_name(element) == "AlternateContent"
        else element
    ):
        yield from text_box_contents(inner)


def equation_on_one_line(element: Element) -> str:
    """The equation in `element` on one line: "x^2", "(a)/(b)", "√(n)"."""
    name = local_name(element)
    if name == "t":
        return element.text or ""
    if name == "f":
        return f"({_part_of_equation(element, 'num')})/({_part_of_equation(element, 'den')})"
    if name in ("sSup", "sSub", "sSubSup"):
        below = _with_parentheses("_", _part_of_equation(element, "sub")) if name != "sSup" else ""
        above = _with_parentheses("^", _part_of_equation(element, "sup")) if name != "sSub" else ""
        return f"{_part_of_equation(element, 'e')}{below}{above}"
    if name == "rad":
        return f"{_part_of_equation(element, 'deg')}√({_part_of_equation(element, 'e')})"
    if name == "nary":
        sign = value(element, "naryPr", "chr") or "∫"
        limits = _with_parentheses("_", _part_of_equation(element, "sub")) + _with_parentheses(
            "^", _part_of_equation(element, "sup")
        )
        return f"{sign}{limits} {_part_of_equation(element, 'e')}"
    if name == "d":
        opening = value(element, "dPr", "begChr")
        closing = value(element, "dPr", "endChr")
        inner = ", ".join(map(equation_on_one_line, children_named(element, "e")))
        return f"{'(' if opening is None else opening}{inner}{')' if closing is None else closing}"
    if name.endswith("Pr"):
        return ""
    return "".join(map(equation_on_one_line, element))


def _part_of_equation(element: Element, name: str) -> str:
    found = first_descendant_by_path(element, name)
    return equation_on_one_line(found) if found is not None else ""


def _with_parentheses(sign: str, text: str) -> str:
    if not text:
        return ""
    return f"{sign}{text}" if len(text) == 1 else f"{sign}({text})"


def value(element: Element | None, *names: str) -> str | None:
    """The `val` of the element that `names` lead to from `element`, each by its first child."""
    return attribute(first_descendant_by_path(element, *names), "val")


def child_val_as_number(element: Element | None, name: str, default: T) -> int | T:
    """The `val` of the child `name` of `element` as a number, or `default`."""
    return attribute_as_number(first_descendant_by_path(element, name), "val", default)


def attribute_as_number(element: Element | None, name: str, default: T) -> int | T:
    """The attribute `name` of `element` as a number, or `default`."""
    text = attribute(element, name)
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else default


def is_property_on(properties: Element | None, name: str, default: bool) -> bool:
    """Whether the property `name` is on; `default` where it is absent."""
    element = first_descendant_by_path(properties, name)
    return (
        default
        if element is None
        else attribute(element, "val") not in ("0", "false", "off", "none")
    )
