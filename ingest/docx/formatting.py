"""How letters of DOCX are set by style, run and background, and whether they can be seen."""

from typing import NamedTuple
from xml.etree.ElementTree import Element

from docqa.ingest.colours import BLACK, WHITE, Colour, are_alike, colour_of, mix_colours
from docqa.ingest.language.lengths import length_in_pixels
from docqa.ingest.xml_tree import (
    attribute,
    descendants_with_names,
    first_descendant_by_path,
    local_name,
)

from .markup import attribute_as_number, child_val_as_number, is_property_on, value

# In points; what Word uses where no style says another size.
DEFAULT_SIZE = 10.0
_SMALLEST_SIZE = 2.0
_NARROWEST = 5  # per cent of the usual width of letters
# In twentieths of a point: lines of two points cut their letters off; a page is at most 22 inches
# wide.
_LOWEST_LINE = 40
_WIDEST_PAGE = 31_680
_FAR_RAISED = 1_000  # in half points: off every page
_CLEAR = 95_000  # in thousandths of a per cent
# pixels
_FAR_AWAY = 1_000
_NO_ROOM = 2
# the same in units of drawings
_LOWEST_DRAWN = 25_400
_WIDEST_DRAWN = 10_058_400


class RunFormat(NamedTuple):
    """How letters are set. `size`: points; `colour`: None for plain text, always seen; `ground`:
    their own, None: the paragraph's."""

    size: float = DEFAULT_SIZE
    bold: bool = False
    underlined: bool = False
    capitals: bool = False
    hidden: bool = False
    colour: Colour | None = None
    ground: Colour | None = None


def apply_run_properties(base_format: RunFormat, properties: Element | None) -> RunFormat:
    """`base_format` changed by run properties."""
    if properties is None or not len(properties):
        return base_format
    size = child_val_as_number(properties, "sz", None)
    underline = value(properties, "u")
    fill = first_descendant_by_path(properties, "textFill")
    fills = {attribute(colour, "val") for colour in descendants_with_names(fill, "srgbClr")}
    named = fills.pop() if len(fills) == 1 else value(properties, "color")
    highlight = colour_of(value(properties, "highlight") or "")
    colour = base_format.colour if named is None else colour_of(named)
    points = base_format.size if size is None else size / 2
    return RunFormat(
        points,
        is_property_on(properties, "b", base_format.bold),
        base_format.underlined if underline is None else underline != "none",
        is_property_on(properties, "caps", base_format.capitals)
        or is_property_on(properties, "smallCaps", False),
        is_property_on(properties, "vanish", base_format.hidden)
        or _has_squeezed_letters(properties, points),
        colour or (BLACK if highlight else None),
        highlight or shading_colour(properties) or base_format.ground,
    )


def shading_colour(properties: Element | None) -> Colour | None:
    """The colour with which `properties` fill the background, of a pattern in the mean; None
    without one.
    """
    shade = first_descendant_by_path(properties, "shd")
    pattern = attribute(shade, "val") or ""
    ink = colour_of(attribute(shade, "color") or "")
    fill = colour_of(attribute(shade, "fill") or "")
    if pattern == "solid":
        return ink or fill
    share = (length_in_pixels(pattern[3:]) or 0.0) / 100 if pattern.startswith("pct") else 0.0
    return mix_colours(ink or BLACK, fill or WHITE, share) if share and (ink or share < 1) else fill


def are_letters_invisible(run_format: RunFormat, background: Colour | None) -> bool:
    """Whether letters cannot be seen on the colour `background`, None: unknown."""
    if run_format.hidden or run_format.size <= _SMALLEST_SIZE:
        return True
    return are_alike(run_format.colour, run_format.ground or background)


def is_off_the_page(properties: Element | None) -> bool:
    """Whether a paragraph lies beside the page, or in lines too low to be seen."""
    spacing = first_descendant_by_path(properties, "spacing")
    frame = first_descendant_by_path(properties, "framePr")
    line = (
        attribute_as_number(spacing, "line", 0) if attribute(spacing, "lineRule") == "exact" else 0
    )
    height = attribute_as_number(frame, "h", _WIDEST_PAGE)
    if 0 < line <= _LOWEST_LINE or (
        attribute(frame, "hRule") == "exact" and height <= _LOWEST_LINE
    ):
        return True
    indents = first_descendant_by_path(properties, "ind")
    places = [
        attribute_as_number(indents, name, 0)
        for name in ("left", "start", "right", "end", "firstLine", "hanging")
    ]
    places += [attribute_as_number(frame, "x", 0), attribute_as_number(frame, "y", 0)]
    return any(abs(place) >= _WIDEST_PAGE // 2 for place in places)


def _has_squeezed_letters(properties: Element, size: float) -> bool:
    """Whether letters are squeezed to nothing, raised off the page, unfilled, or of a font that
    draws none.
    """
    narrow = child_val_as_number(properties, "w", None)
    raised = child_val_as_number(properties, "position", 0)
    if (narrow is not None and narrow <= _NARROWEST) or abs(raised) >= _FAR_RAISED:
        return True
    fill = first_descendant_by_path(properties, "textFill")
    clear = max(
        (attribute_as_number(alpha, "val", 0) for alpha in descendants_with_names(fill, "alpha")),
        default=0,
    )
    # Letters that are moved by half their size to each other are on one place.
    moved = child_val_as_number(properties, "spacing", 0)
    width = child_val_as_number(properties, "fitText", None)
    if moved <= -10 * size or (width is not None and width <= _LOWEST_LINE) or clear >= _CLEAR:
        return True
    blank = (
        "blank"
        in (attribute(first_descendant_by_path(properties, "rFonts"), "ascii") or "").lower()
    )
    return blank or first_descendant_by_path(fill, "noFill") is not None


def is_hidden_drawing(drawing: Element) -> bool:
    """Whether a drawing is switched off, lies beside the page, or has no room for a word."""
    for element in drawing.iter():
        name = local_name(element)
        if name in ("docPr", "anchor") and attribute(element, "hidden") in ("1", "true"):
            return True
        if name == "extent":
            sides = (attribute_as_number(element, side, _LOWEST_DRAWN + 1) for side in ("cx", "cy"))
            if min(sides) <= _LOWEST_DRAWN:
                return True
        if (
            name == "posOffset"
            and abs(length_in_pixels(element.text or "") or 0.0) >= _WIDEST_DRAWN
        ):
            return True
        for part in (attribute(element, "style") or "").split(";"):
            name, _, length = part.partition(":")
            if _is_hiding_declaration(name.strip(), length.strip()):
                return True
    return False


def _is_hiding_declaration(name: str, value: str) -> bool:
    side = name in ("width", "height")
    if side or name in ("left", "top", "margin-left", "margin-top"):
        length = length_in_pixels(value)
        return length is not None and (abs(length) > _FAR_AWAY or (side and length <= _NO_ROOM))
    return (name, value) in (("visibility", "hidden"), ("display", "none"))


def page_colour(document: Element) -> Colour:
    """The colour of the paper."""
    return (
        colour_of(attribute(first_descendant_by_path(document, "background"), "color") or "")
        or WHITE
    )


def has_pictures_behind_text(document: Element) -> bool:
    """Whether images or filled shapes float over the page, so that what is after a location is
    unknown.
    """
    return any(
        attribute(anchor, "behindDoc") in ("1", "true") or descendants_with_names(anchor, "pic")
        for anchor in descendants_with_names(document, "anchor")
    )


def text_box_background(drawing: Element, page_colour: Colour | None) -> Colour | None:
    """The colour behind the words of the text box `drawing`, on a page of colour `page_colour`; None:
    unknown.
    """
    fills: list[Colour | None] = []
    styled = False
    for element in drawing.iter():
        name = local_name(element)
        if name == "spPr":
            fill = next((e for e in element if local_name(e).endswith("Fill")), None)
            if fill is not None:
                rgb = value(fill, "srgbClr") or ""
                fills.append(page_colour if local_name(fill) == "noFill" else colour_of(rgb))
        elif name == "fillRef":
            styled |= attribute(element, "idx") not in (None, "0")
        elif name in ("shape", "rect", "roundrect") and attribute(element, "filled") not in (
            "f",
            "false",
        ):
            fills.append(colour_of((attribute(element, "fillcolor") or "white").split(" ")[0]))
    if not fills:
        return None if styled else page_colour
    return fills[0] if len(set(fills)) == 1 else None
