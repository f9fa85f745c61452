"""Which text of a page can be seen: not what is set in the colour behind it, in letters too small to read, beside the
page, clipped away, or switched off."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2 import parse_component_value_list

from docqa.ingest.colours import WHITE, Colour, alike, colour_of, is_clear
from docqa.ingest.language.lengths import USUAL_SIZE, pixels
from docqa.ingest.web.styles import Declarations, Linked, StyleSheets, resolved

# A page that hides all of itself is one that a script shows when it is ready.
_WHOLE = ("html", "body")
_SMALLEST_SIZE = 2.0  # pixels
_FAR = 500.0  # pixels to the left or above: beside every page
_VERY_FAR = 5_000.0
_CLEAR = 0.05
_THIN = 1.0
_SMALLEST_ZOOM, _MOST_BLURRED = 0.12, 10.0
_PLACED = ("absolute", "fixed", "relative", "sticky")
_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}
_AS_IT_IS = ("inherit", "initial", "none", "unset", "currentcolor")


class Seen(NamedTuple):
    """What text in an element inherits. `colour`, `ground` None: not known; `unseen`: switched off, beside the page or
    clear; `over`: a ground of its own hides what is behind the page; `variables`: those its style names."""

    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = WHITE
    size: float = USUAL_SIZE
    invisible: bool = False
    aside: bool = False
    clear: bool = False
    over: bool = False
    variables: Mapping[str, str] = {}

    @property
    def unseen(self) -> bool:
        """Whether text set so cannot be seen."""
        if self.invisible or self.aside or self.clear or self.size <= _SMALLEST_SIZE:
            return True
        return alike(self.colour, self.ground)


class Visibility:
    """Follows a walk over the elements of a page: `enter` and `leave` each, `unseen` holds inside; `covered`: by one of
    them."""

    def __init__(self, tree: LexborHTMLParser, elements: int, linked: Linked) -> None:
        self.sheets = StyleSheets(tree, elements, linked)
        self.covered = False
        self._stack = [Seen()]

    @property
    def unseen(self) -> bool:
        """Whether text right inside the open elements cannot be seen."""
        return self._stack[-1].unseen

    def enter(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Begins an element; False where it is hidden with all that is in it, and need not be left."""
        outer = state = self._stack[-1]
        said: Declarations = self.sheets.of(node.mem_id, attributes.get("style"))
        if any("--" in name or "var(" in value for name, value in said.items()):
            said, variables = resolved(said, state.variables)
            state = state._replace(variables=variables)
        # `aria-hidden` hides from the ear only.
        off = "hidden" in attributes or "popover" in attributes or (tag == "dialog" and "open" not in attributes)
        if tag not in _WHOLE and (off or (said and _is_gone(said, outer))):
            return False
        if "bgcolor" in attributes or "background" in attributes:
            state = state._replace(ground=colour_of(attributes.get("bgcolor") or ""))
        named = attributes.get("color") if tag == "font" else attributes.get("text") if tag == "body" else None
        if named:
            state = state._replace(colour=colour_of(named))
        state = _set(state, said) if said else state
        if tag in _WHOLE:
            state = state._replace(invisible=False, over=False)
        elif _lies_over_all(said) and _ground(said, None) is not None:
            self.covered = True
        self._stack.append(state)
        return True

    def leave(self) -> None:
        """Ends the last element."""
        self._stack.pop()


def _is_gone(said: Declarations, outer: Seen) -> bool:
    """Whether an element is not there, beside the page, or clipped to nothing, whatever is in it."""
    if said.get("display") == "none" or said.get("mso-hide") == "all" or said.get("content-visibility") == "hidden":
        return True
    opacity, zoom = (pixels(said.get(name, ""), 1.0) for name in ("opacity", "zoom"))
    if (opacity is not None and opacity < _CLEAR) or (zoom is not None and zoom < _SMALLEST_ZOOM):
        return True
    if any(
        (name == "opacity" and values[0] < _CLEAR) or (name == "blur" and values[0] >= _MOST_BLURRED)
        for name, values in _functions(said.get("filter", ""), 1.0)
    ):
        return True
    behind = (pixels(said.get("z-index", "")) or 0.0) < 0 and said.get("position") in _PLACED
    spaced = pixels(said.get("letter-spacing", ""), outer.size) or 0.0
    if (behind and outer.over) or (spaced < 0 and spaced <= -0.5 * outer.size):
        return True
    return _is_aside(said, outer.size) or _is_clipped(said, outer.size) or _is_moved(said, outer.size)


def _lies_over_all(said: Declarations) -> bool:
    if said.get("position") not in ("absolute", "fixed") or (pixels(said.get("z-index", "")) or 0.0) < 0:
        return False
    edges = [pixels(said.get(side, "")) for side in ("left", "right", "top", "bottom")]
    wide, high = (said.get(name, "").startswith("100") for name in ("width", "height"))
    near = [edge is not None and edge <= 0 for edge in edges]
    return near[0] and near[2] and (wide or near[1]) and (high or near[3])


def _is_aside(said: Declarations, size: float) -> bool:
    moved = said.get("position") in _PLACED
    for name in ("left", "top", "right", "bottom"):
        length = pixels(said.get(name, ""), size)
        if moved and length is not None and (length <= -_FAR or length >= _VERY_FAR):
            return True
    margins = [said.get("margin-left", ""), said.get("margin-top", ""), *said.get("margin", "").split()]
    return any((pixels(margin, size) or 0.0) <= -_FAR for margin in margins)


def _is_clipped(said: Declarations, size: float) -> bool:
    for name, numbers in _functions(f"{said.get('clip', '')} {said.get('clip-path', '')}", 100.0):
        if name == "rect" and all(abs(number) <= _THIN for number in numbers):
            return True
        if (name == "inset" and max(numbers) >= 50) or (name in ("circle", "ellipse", "polygon") and not any(numbers)):
            return True
    if "visible" in said.get("overflow", ""):
        return False
    for name in ("height", "max-height", "width", "max-width"):
        length = pixels(said.get(name, ""), size)
        if length is not None and length <= _THIN and "%" not in said[name] and not said[name].endswith("em"):
            overflow = {said.get(f"overflow{side}", "") for side in ("", "-x", "-y")}
            cut = not overflow.isdisjoint(("hidden", "clip", "auto", "scroll"))
            if cut or (length == 0 and name.endswith("height")):
                return True
    return False


def _is_moved(said: Declarations, size: float) -> bool:
    if "%" not in said.get("scale", "") and pixels(said.get("scale", "")) == 0.0:
        return True
    for name, values in _functions(said.get("transform", ""), size):
        small = name.startswith("scale") and min(map(abs, values)) < _CLEAR
        flat = name == "matrix" and len(values) == 6 and abs(values[0] * values[3] - values[1] * values[2]) < 0.01
        turned = name in ("rotatex", "rotatey") and abs(values[0]) % 180 == 90
        if small or flat or turned or (name.startswith("translate") and max(map(abs, values)) >= _VERY_FAR / 5):
            return True
    return any(abs(pixels(part, size) or 0.0) >= _VERY_FAR / 5 for part in said.get("translate", "").split())


def _functions(text: str, size: float) -> list[tuple[str, list[float]]]:
    """The functions in a value, lower case, with their lengths and angles."""
    if "(" not in text:
        return []
    tokens = (token for token in parse_component_value_list(text) if token.type == "function")
    given = ((token.lower_name, [_argument(inner, size) for inner in token.arguments]) for token in tokens)
    return [(name, known) for name, values in given if (known := [value for value in values if value is not None])]


def _argument(token: Any, size: float) -> float | None:
    angle = token.type == "dimension" and token.lower_unit == "deg"
    return float(token.value) if angle else pixels(token.serialize(), size)


def _set(state: Seen, said: Declarations) -> Seen:
    """`state` with what an element says of the letters in it."""
    size = _size(said, state.size)
    ground = _ground(said, state.ground)
    colour, clear = state.colour, state.clear
    named = said.get("-webkit-text-fill-color") or said.get("color")
    if named and named not in _AS_IT_IS:
        clear = is_clear(named)
        colour = colour_of(named)
    shown = said.get("visibility")
    invisible = state.invisible if shown is None else shown in ("hidden", "collapse")
    # A hundred per cent are all of a line.
    indent = pixels(said.get("text-indent", ""), _VERY_FAR if "%" in said.get("text-indent", "") else size)
    aside = state.aside if indent is None else indent <= -_FAR or indent >= _VERY_FAR
    lifted = said.get("isolation") == "isolate" or (said.get("position") in _PLACED and "z-index" in said)
    over = not (lifted or "transform" in said or "opacity" in said) and (state.over or _ground(said, None) is not None)
    return Seen(colour, ground, size, invisible, aside, clear, over, state.variables)


def _size(said: Declarations, outer: float) -> float:
    text = said.get("font-size", "")
    if not text and "font" in said:
        # Of the numbers in it one with a unit, or 0, is the size; what is behind "/" is the height of a line.
        sizes = (
            token for token in parse_component_value_list(said["font"].partition("/")[0])
            if token.type in ("dimension", "percentage", "function") or (token.type == "number" and token.value == 0)
        )  # fmt: skip
        text = next((token.serialize() for token in sizes), "")
    if text in _SIZES:
        return _SIZES[text]
    length = pixels(text, outer)
    return outer if length is None else max(length, 0.0)


def _ground(said: Declarations, outer: Colour | None) -> Colour | None:
    text = f"{said.get('background', '')} {said.get('background-color', '')}".strip()
    if "url(" in text or "gradient" in text or said.get("background-image", "none") not in ("none", "initial"):
        return None
    if not text or text in _AS_IT_IS or is_clear(text):
        return outer
    whole = colour_of(text)
    if whole is not None:
        return whole
    found = [colour for word in reversed(text.split()) if (colour := colour_of(word)) is not None]
    return found[0] if found else outer if text.startswith(("transparent", "none", "0 0")) else None
