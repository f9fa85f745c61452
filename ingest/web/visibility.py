"""Which text of a page a reader of it can see: not what is set in the colour behind it, in letters too small to read,
beside the page, clipped away, or simply switched off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from docqa.ingest.colours import WHITE, Colour, alike, colour_of, is_clear
from docqa.ingest.web.styles import Declarations, Linked, StyleSheets

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# A page that hides all of itself is one that a script shows when it is ready.
_WHOLE = ("html", "body")
_USUAL_SIZE, _SMALLEST_SIZE = 16.0, 2.0  # pixels
_FAR = 500.0  # pixels to the left or above: beside every page
_VERY_FAR = 5_000.0
_CLEAR = 0.05
_THIN = 1.0
_LENGTH = re.compile(r"([-+]?\d{0,9}(?:\.\d{0,9})?)\s{0,3}(px|pt|pc|em|rem|ex|ch|cm|mm|in|vw|vh|%)?$")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "vw": 10.0, "vh": 8.0}
_NUMBER = re.compile(r"[-+]?\d{1,9}(?:\.\d{0,9})?|[-+]?\.\d{1,9}")
_FONT_SIZE = re.compile(r"(?:^|\s)(\d{0,6}(?:\.\d{0,6})?(?:px|pt|em|rem|%))(?:\s|/|$)")
_SMALL_WORDS = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}


class Seen(NamedTuple):
    """What text in an element inherits. `colour` and `ground` are None where they are not known; `unseen`: it is
    switched off, beside the page or clear whatever its colour."""

    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = WHITE
    size: float = _USUAL_SIZE
    invisible: bool = False
    aside: bool = False
    clear: bool = False

    @property
    def unseen(self) -> bool:
        """Whether text set so cannot be seen."""
        if self.invisible or self.aside or self.clear or self.size <= _SMALLEST_SIZE:
            return True
        return self.colour is not None and self.ground is not None and alike(self.colour, self.ground)


class Visibility:
    """Follows a walk over the elements of a page: `enter` and `leave` each, `unseen` says what holds inside."""

    def __init__(self, tree: LexborHTMLParser, elements: int, linked: Linked) -> None:
        self.sheets = StyleSheets(tree, elements, linked)
        self._stack = [Seen()]

    @property
    def unseen(self) -> bool:
        """Whether text right inside the elements that are open cannot be seen."""
        return self._stack[-1].unseen

    def enter(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Begins an element; False where it is hidden with all that is in it, and need not be left."""
        outer = self._stack[-1]
        declarations = self.sheets.of(node.mem_id, attributes.get("style"))
        # `aria-hidden` hides from the ear only.
        off = "hidden" in attributes or (tag == "dialog" and "open" not in attributes)
        if tag not in _WHOLE and (off or (declarations and _is_gone(declarations, outer.size))):
            return False
        state = outer
        if "bgcolor" in attributes or "background" in attributes:
            state = state._replace(ground=colour_of(attributes.get("bgcolor") or ""))
        named = attributes.get("color") if tag == "font" else attributes.get("text") if tag == "body" else None
        if named:
            state = state._replace(colour=colour_of(named))
        state = _set(state, declarations) if declarations else state
        self._stack.append(state._replace(invisible=False) if tag in _WHOLE else state)
        return True

    def leave(self) -> None:
        """Ends the element that was entered last."""
        self._stack.pop()


def _is_gone(said: Declarations, size: float) -> bool:
    """Whether an element is not there, beside the page, or clipped to nothing, whatever is in it."""
    if said.get("display") == "none" or said.get("mso-hide") == "all" or said.get("content-visibility") == "hidden":
        return True
    opacity = _first(said.get("opacity", ""))
    if opacity is not None and opacity < (100 * _CLEAR if said["opacity"].endswith("%") else _CLEAR):
        return True
    if "opacity(0" in said.get("filter", "").replace(" ", "") or _first(said.get("zoom", "")) == 0.0:
        return True
    return _is_aside(said, size) or _is_clipped(said, size) or _is_moved(said, size)


def _is_aside(said: Declarations, size: float) -> bool:
    moved = said.get("position") in ("absolute", "fixed", "relative")
    for name in ("left", "top", "right", "bottom"):
        length = _length(said.get(name, ""), size)
        if moved and length is not None and (length <= -_FAR or length >= _VERY_FAR):
            return True
    margins = [said.get("margin-left", ""), said.get("margin-top", ""), *said.get("margin", "").split()]
    return any((_length(margin, size) or 0.0) <= -_FAR for margin in margins)


def _is_clipped(said: Declarations, size: float) -> bool:
    clip = [float(number) for number in _NUMBER.findall(said.get("clip", ""))]
    if said.get("clip", "").startswith("rect") and clip and all(abs(number) <= _THIN for number in clip):
        return True
    path = said.get("clip-path", "")
    inner = [float(number) for number in _NUMBER.findall(path)]
    if path.startswith("inset") and inner and max(inner) >= 50 and "%" in path:
        return True
    if path.startswith(("circle", "ellipse", "polygon", "rect")) and not any(inner):
        return bool(inner)
    if "visible" in said.get("overflow", ""):
        return False
    for name in ("height", "max-height", "width", "max-width"):
        length = _length(said.get(name, ""), size)
        if length is not None and length <= _THIN and not said[name].endswith(("%", "em")):
            overflow = {said.get(f"overflow{side}", "") for side in ("", "-x", "-y")}
            cut = not overflow.isdisjoint(("hidden", "clip", "auto", "scroll"))
            if cut or (length == 0 and name.endswith("height")):
                return True
    return False


def _is_moved(said: Declarations, size: float) -> bool:
    change = f"{said.get('transform', '')} {said.get('-webkit-transform', '')}"
    if re.search(r"scale[xy3d]{0,2}\(\s{0,5}0?(?:\.0\d{0,6})?\s{0,5}[,)]", change) or said.get("scale") == "0":
        return True
    moved = re.search(r"translate[xy3d]{0,2}\(([^)]{0,100})\)", change)
    lengths = (moved[1] if moved else "").split(",") + said.get("translate", "").split()
    return any(abs(_length(part.strip(), size) or 0.0) >= _VERY_FAR / 5 for part in lengths)


def _set(state: Seen, said: Declarations) -> Seen:
    """`state` with what an element says of the letters in it."""
    size = _size(said, state.size)
    ground = _ground(said, state.ground)
    colour, clear = state.colour, state.clear
    named = said.get("-webkit-text-fill-color") or said.get("color")
    if named and named not in ("inherit", "unset", "currentcolor"):
        clear = is_clear(named)
        colour = colour_of(named)
    shown = said.get("visibility")
    invisible = state.invisible if shown is None else shown in ("hidden", "collapse")
    indent = _length(said.get("text-indent", ""), size)
    aside = state.aside if indent is None else indent <= -_FAR or indent >= _VERY_FAR
    return Seen(colour, ground, size, invisible, aside, clear)


def _size(said: Declarations, outer: float) -> float:
    text = said.get("font-size", "")
    if not text and "font" in said:
        match = _FONT_SIZE.search(said["font"])
        text = match[1] if match else ""
    if text.endswith("rem"):
        return _length(text, _USUAL_SIZE) or 0.0
    if text in _SMALL_WORDS:
        return _SMALL_WORDS[text]
    length = _length(text, outer)
    return outer if length is None else max(length, 0.0)


def _ground(said: Declarations, outer: Colour | None) -> Colour | None:
    text = f"{said.get('background', '')} {said.get('background-color', '')}".strip()
    if "url(" in text or "gradient" in text or said.get("background-image", "none") not in ("none", "initial"):
        return None
    if not text or text in ("inherit", "initial", "none", "unset"):
        return outer
    if is_clear(text):
        return outer
    whole = colour_of(text)
    if whole is not None:
        return whole
    found = [colour for word in reversed(text.split()) if (colour := colour_of(word)) is not None]
    return found[0] if found else outer if text.startswith(("transparent", "none", "0 0")) else None


def _length(text: str, size: float) -> float | None:
    """A length in pixels, where an em has `size` of them; None where `text` is none."""
    match = _LENGTH.match(text.strip())
    if not match or not match[1].strip("+-."):
        return None
    value = float(match[1])
    unit = match[2] or ""
    if unit in ("em", "rem"):
        return value * size
    if unit in ("ex", "ch"):
        return value * size / 2
    return value * size / 100 if unit == "%" else value * _PIXELS[unit]


def _first(text: str) -> float | None:
    match = _NUMBER.match(text.strip())
    return float(match[0]) if match else None
