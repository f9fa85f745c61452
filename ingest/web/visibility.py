"""Which text of a page can be seen: not what is set in the colour after it, in letters too small
to read, beside the page, clipped away, or switched off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import takewhile
from math import cos, radians
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2 import parse_component_value_list

from docqa.ingest.colours import WHITE, Colour, are_alike, colour_of, is_transparent
from docqa.ingest.language.lengths import USUAL_SIZE, length_in_pixels
from docqa.ingest.language.words import word_set

from .styles import SIDES, Declarations, Linked, StyleSheets, resolve_declarations

# A page that hides all of itself is one that a script shows when it is ready.
_WHOLE = ("html", "body")
_SMALLEST_SIZE = 2.0  # pixels
# pixels to the left or above, to a side, from its place
_FAR = 500.0
_VERY_FAR = 5_000.0
_MOVED = 1_000.0
_CLEAR = 0.05
_SMALL = 0.12
_THIN = 1.0
_PLACED = ("absolute", "fixed", "relative", "sticky")
_AS_IT_IS = word_set("inherit initial none unset currentcolor normal auto") | {""}
_CUT = word_set("hidden clip auto scroll")


def _has_vanishing_size(sizes: Sequence[float]) -> bool:
    return min(map(abs, sizes)) < _SMALL


def _is_rotated_edge_on(angles: Sequence[float]) -> bool:
    return abs(cos(radians(angles[-1]))) < _SMALL


# Which sizes of a function, or of a property written as one, hide what is in it; None: they may.
_HIDES: Mapping[str, Callable[[Sequence[float]], bool | None]] = {
    "opacity": lambda v: v[0] < _CLEAR,
    "blur": lambda v: v[0] >= 10,
    "contrast": lambda v: None if v[0] < _CLEAR else False,
    "zoom": _has_vanishing_size,
    "scale": _has_vanishing_size,
    "brightness": lambda v: False if _CLEAR < v[0] < 10 else None,
    "matrix": lambda v: abs(v[0] * v[3] - v[1] * v[2]) < _SMALL**2,
    "rotatex": _is_rotated_edge_on,
    "rotatey": _is_rotated_edge_on,
    "skew": _is_rotated_edge_on,
    "rotate3d": lambda v: v[2] == 0 and _is_rotated_edge_on(v),
    "translate": lambda v: max(map(abs, v)) >= _MOVED,
    "rect": lambda v: max(map(abs, v)) <= _THIN,
    "inset": lambda v: max(v) >= 50,
    "circle": lambda v: v[0] <= 0,
    "ellipse": lambda v: v[0] * v[1] <= 0,
    "polygon": lambda v: min(max(side) - min(side) for side in (v[::2], v[1::2])) < _THIN,
    "path": lambda _: None,
    "shape": lambda _: None,
    "url": lambda _: None,
}
_SHAPES = word_set("rect inset circle ellipse polygon")
_AS_FUNCTIONS = word_set("opacity zoom scale translate")
_OF_FUNCTIONS = word_set("filter transform clip clip-path")
_DEGREES = {"deg": 1.0, "turn": 360.0, "grad": 0.9}


class InheritedVisibility(NamedTuple):
    """What text in an element inherits. `colour`, `ground` None: not known; `unseen`: switched off,
    beside the page or clear; `unsure`: it may be; `over`: a ground of its own hides what is after
    the page; `variables`: those its style names."""

    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = WHITE
    size: float = USUAL_SIZE
    invisible: bool = False
    aside: bool = False
    clear: bool = False
    over: bool = False
    unsure: bool = False
    variables: Mapping[str, str] = {}

    @property
    def unseen(self) -> bool:
        """Whether text set so cannot be seen."""
        if self.invisible or self.aside or self.clear or self.size <= _SMALLEST_SIZE:
            return True
        return are_alike(self.colour, self.ground)


class Visibility:
    """Follows a walk over the elements of a page: `enter` and `leave` each, `unseen` holds inside;
    `doubts`: what may hide text that is read."""

    def __init__(self, tree: LexborHTMLParser, elements: int, linked: Linked) -> None:
        self.sheets = StyleSheets(tree, elements, linked)
        self.doubts: set[str] = set()
        self._stack = [InheritedVisibility(variables=self.sheets.variables)]

    @property
    def unseen(self) -> bool:
        """Whether text right inside the open elements cannot be seen."""
        return self._stack[-1].unseen

    def show(self) -> None:
        """There is text right inside them that is read."""
        if self._stack[-1].unsure:
            self.doubts.add("text in a clip, mask, filter, font, place, colour or animation")

    def enter(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Begins an element; False where it is hidden with all that is in it, and need not be
        left.
        """
        outer = state = self._stack[-1]
        said: Declarations = self.sheets.declarations_of_element(
            node.mem_id, attributes.get("style")
        )
        if any("--" in name or "var(" in value for name, value in said.items()):
            said, variables = resolve_declarations(said, state.variables)
            state = state._replace(variables=variables)
        # `aria-hidden` hides from the ear only.
        off = (
            "hidden" in attributes
            or "popover" in attributes
            or (tag == "dialog" and "open" not in attributes)
        )
        signs = set(_signs_of_absence(said, outer)) if said else set()
        if tag not in _WHOLE and (off or tag == "mphantom" or True in signs):
            return False
        if "bgcolor" in attributes or "background" in attributes:
            state = state._replace(ground=colour_of(attributes.get("bgcolor") or ""))
        named = attributes.get({"font": "color", "body": "text"}.get(tag, ""))
        if named:
            state = state._replace(colour=colour_of(named))
        words = said["animation"].replace(",", " ").split()
        ends = (self.sheets.frames[word] for word in words if word in self.sheets.frames)
        if None in signs or any(
            {True, None}
            & {*_signs_of_absence(end, outer), _state_with_declarations(state, end).unseen}
            for end in ends
        ):
            state = state._replace(unsure=True)
        state = _state_with_declarations(state, said) if said else state
        if tag in _WHOLE:
            state = state._replace(invisible=False, over=False)
        elif any(
            _covers_outer_element(each, outer)
            for each in (said, self.sheets.declarations_of_element(-node.mem_id, None))
            if each
        ):
            self.doubts.add("text below an element over the page, or over all around it")
        if tag.startswith("col") and state.invisible:
            self.doubts.add("a table with a collapsed column")
        self._stack.append(state)
        return True

    def leave(self) -> None:
        """Ends the last element."""
        self._stack.pop()


def _signs_of_absence(
    declarations: Declarations, outer: InheritedVisibility
) -> Iterator[bool | None]:
    """True where an element is not there, beside the page, clipped to nothing or clear; None where
    it may be.
    """
    size = _font_size_pixels(declarations, outer.size)
    mask = declarations["mask-image"] + declarations["mask"]
    behind = (length_in_pixels(declarations["z-index"]) or 0.0) < 0 and declarations[
        "position"
    ] in _PLACED
    yield (
        declarations["display"] == "none"
        or declarations["mso-hide"] == "all"
        or declarations["content-visibility"] == "hidden"
    )
    yield (
        (behind and outer.over)
        or "text-security" in declarations
        or _is_beside_page(declarations, size)
        or _is_clipped_away(declarations, size)
    )
    fonts = declarations["font-family"] + declarations["font"]
    odd = {declarations["mix-blend-mode"], declarations["offset-path"], declarations["text-stroke"]}
    shares = (
        length_in_pixels(declarations[side].replace("%", "px")) or 0.0
        for side in SIDES
        if "%" in declarations[side]
    )
    if odd - _AS_IT_IS or "blank" in fonts or "url(" in mask or min(shares, default=0) <= -100:
        yield None
    yield bool(stops := _gradient_stop_colours(mask)) and all(map(is_transparent, stops))
    texts = [f"{name}({declarations[name]})" for name in _AS_FUNCTIONS & declarations.keys()]
    texts += [declarations[name] for name in _OF_FUNCTIONS & declarations.keys()]
    if "rotate" in declarations:
        texts.append(
            f"rotate3d({declarations['rotate'].replace('x', '1 0 0').replace('y', '0 1 0')})"
        )
    for name, sizes in _functions_in_value(" ".join(texts), size) if texts else ():
        with suppress(
            LookupError, ValueError
        ):  # too few arguments, or a function that hides nothing
            yield _HIDES[name if name in _HIDES else name.rstrip("xyz3d")](sizes)


def _covers_outer_element(declarations: Declarations, outer: InheritedVisibility) -> bool:
    if (
        declarations["position"] not in ("absolute", "fixed")
        or (length_in_pixels(declarations["z-index"]) or 0.0) < 0
    ):
        return False
    top, right, bottom, left = (
        (edge := length_in_pixels(declarations[side])) is not None and edge <= 0 for side in SIDES
    )
    wide, high = (declarations[name].startswith("100") for name in ("width", "height"))
    covers = (
        left
        and top
        and (wide or right)
        and (high or bottom)
        and _background_colour(declarations, None) is not None
    )
    return covers and True not in _signs_of_absence(declarations, outer)


def _is_beside_page(declarations: Declarations, font_size: float) -> bool:
    sides = [
        length_in_pixels(declarations[side], font_size) or 0.0
        for side in SIDES
        if declarations["position"] in _PLACED
    ]
    margins = " ".join(
        declarations[name] for name in ("margin", "margin-left", "margin-top", "word-spacing")
    ).split()
    before = [length_in_pixels(margin, font_size) or 0.0 for margin in margins]
    spaced = length_in_pixels(declarations["letter-spacing"], font_size) or 0.0
    far = min([0.0, *sides, *before]) <= -_FAR or max([0.0, *sides]) >= _VERY_FAR
    return far or (spaced < 0 and spaced <= -0.5 * font_size) or spaced >= _FAR


def _is_clipped_away(declarations: Declarations, font_size: float) -> bool:
    """Whether it has no height or width, and what has is not shown."""
    cut = any(declarations[name] in _CUT for name in ("overflow", "overflow-x", "overflow-y"))
    for name in ("height", "max-height", "width", "max-width", "line-height"):
        length = length_in_pixels(declarations[name], font_size)
        if (
            length is None
            or length > _THIN
            or "%" in declarations[name]
            or "visible" in declarations["overflow"]
        ):
            continue
        nothing = length == 0
        if nothing and name in ("height", "max-height"):
            return True
        if cut and (nothing or name != "line-height"):
            return True
    return False


@lru_cache(maxsize=8192)
def _functions_in_value(text: str, size: float) -> Sequence[tuple[str, list[float]]]:
    """The functions in a value, lower case, with their lengths and angles in front of "at"."""
    found: list[tuple[str, list[float]]] = []
    for token in parse_component_value_list(text):
        name = token.lower_name if token.type == "function" else token.type  # such as `url`
        whole = 100.0 if name in _SHAPES else size if name.startswith("translate") else 1.0
        arguments = getattr(token, "arguments", ())
        before_at = takewhile(lambda inner: getattr(inner, "value", "") != "at", arguments)
        lengths = [_number_of_argument(inner, whole) for inner in before_at]
        found.append((name, [length for length in lengths if length is not None]))
    return found


def _number_of_argument(token: Any, percent_base: float) -> float | None:
    degrees = _DEGREES.get(token.lower_unit) if token.type == "dimension" else None
    return (
        length_in_pixels(token.serialize(), percent_base)
        if degrees is None
        else float(token.value) * degrees
    )


def _gradient_stop_colours(text: str) -> list[str]:
    """The colours of the gradients in a value."""
    tokens = parse_component_value_list(text) if "gradient(" in text else ()
    words = (inner.serialize() for token in tokens for inner in getattr(token, "arguments", ()))
    return [word for word in words if colour_of(word) or is_transparent(word)]


def _state_with_declarations(
    state: InheritedVisibility, declarations: Declarations
) -> InheritedVisibility:
    size = _font_size_pixels(declarations, state.size)
    ground = _background_colour(declarations, state.ground)
    colour = state.colour
    clear = state.clear
    unsure = state.unsure
    named = declarations["text-fill-color"] or declarations["color"]
    if named not in _AS_IT_IS:
        clear = is_transparent(named)
        colour = colour_of(named)
        unsure = unsure or (colour is None and not clear and "(" in named)
    if declarations["background-clip"] == "text":
        colour = ground
        ground = state.ground
        clear = False
    if not ground:
        unsure = unsure or any(
            are_alike(colour, colour_of(word)) for word in declarations["background"].split()
        )
    shown = declarations.get("visibility")
    invisible = state.invisible if shown is None else shown in ("hidden", "collapse")
    # A hundred per cent are all of a line.
    indent = length_in_pixels(
        declarations["text-indent"], _MOVED if "%" in declarations["text-indent"] else size
    )
    aside = state.aside if indent is None else indent <= -_FAR or indent >= _MOVED
    lifted = declarations["isolation"] == "isolate" or (
        declarations["position"] in _PLACED and "z-index" in declarations
    )
    over = not (lifted or "transform" in declarations or "opacity" in declarations) and (
        state.over or _background_colour(declarations, None) is not None
    )
    return InheritedVisibility(
        colour, ground, size, invisible, aside, clear, over, unsure, state.variables
    )


def _font_size_pixels(declarations: Declarations, outer_size: float) -> float:
    text = declarations["font-size"]
    if not text and "font" in declarations:
        # Of the numbers in it one with a unit, or 0, is the size; what is after "/" is the height
        # of a line.
        sizes = (
            token
            for token in parse_component_value_list(declarations["font"].partition("/")[0])
            if token.type in ("dimension", "percentage", "function")
            or (token.type == "number" and token.value == 0)
        )
        text = next((token.serialize() for token in sizes), "")
    length = length_in_pixels(text, outer_size)
    if length is None:  # a word: small, medium, large
        return outer_size if text in ("", "inherit", "unset") else USUAL_SIZE
    return max(length, 0.0)


def _background_colour(declarations: Declarations, outer_colour: Colour | None) -> Colour | None:
    text = f"{declarations['background']} {declarations['background-color']}".strip()
    stops = {
        colour_of(stop) for stop in _gradient_stop_colours(text + declarations["background-image"])
    }
    if len(stops) == 1 and None not in stops:
        return stops.pop()
    if "url(" in text or "gradient" in text or declarations["background-image"] not in _AS_IT_IS:
        return None
    if text in _AS_IT_IS or is_transparent(text):
        return outer_colour
    whole = colour_of(text)
    if whole:
        return whole
    for word in reversed(text.split()):
        if colour := colour_of(word):
            return colour
    return outer_colour if text.startswith(("transparent", "none", "0 0")) else None
