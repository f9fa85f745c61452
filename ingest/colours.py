"""Colours of HTML and DOCX, and whether a reader can tell one from another."""

from __future__ import annotations

import re
from functools import lru_cache

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
# A dozen of 256 levels: the eye does not tell them apart, as in pages of PDFs.
_SAME_LEVELS = 12
_CLEAR = 0.05
_NAMES: dict[str, Colour] = {
    "black": BLACK, "white": WHITE, "silver": (192, 192, 192), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "maroon": (128, 0, 0), "red": (255, 0, 0), "purple": (128, 0, 128), "fuchsia": (255, 0, 255),
    "magenta": (255, 0, 255), "green": (0, 128, 0), "lime": (0, 255, 0), "olive": (128, 128, 0),
    "yellow": (255, 255, 0), "navy": (0, 0, 128), "blue": (0, 0, 255), "teal": (0, 128, 128), "aqua": (0, 255, 255),
    "cyan": (0, 255, 255), "orange": (255, 165, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255), "whitesmoke": (245, 245, 245), "floralwhite": (255, 250, 240),
    "mintcream": (245, 255, 250), "azure": (240, 255, 255), "aliceblue": (240, 248, 255), "seashell": (255, 245, 238),
    "honeydew": (240, 255, 240), "linen": (250, 240, 230), "beige": (245, 245, 220), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "gainsboro": (220, 220, 220), "darkgray": (169, 169, 169), "dimgray": (105, 105, 105),
    "lightyellow": (255, 255, 224), "lightblue": (173, 216, 230), "darkblue": (0, 0, 139), "darkgreen": (0, 100, 0),
    "darkred": (139, 0, 0), "brown": (165, 42, 42), "pink": (255, 192, 203), "gold": (255, 215, 0),
    # The names of highlights in DOCX.
    "darkcyan": (0, 128, 128), "darkmagenta": (128, 0, 128), "darkyellow": (128, 128, 0),
}  # fmt: skip
_HEX = re.compile(r"#?([0-9a-f]{6})(?:[0-9a-f]{2})?")
_SHORT_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])([0-9a-f])?")
_NUMBER = r"\s{0,9}(-?\d{0,6}(?:\.\d{0,9})?%?)(?:deg)?\s{0,9}"
_FUNCTION = re.compile(rf"(rgb|hsl)a?\({_NUMBER}[,\s]{_NUMBER}[,\s]{_NUMBER}(?:[,/]{_NUMBER})?\)")


def alike(first: Colour, second: Colour) -> bool:
    """Whether text of one colour on the other cannot be seen."""
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) <= _SAME_LEVELS


@lru_cache(maxsize=4096)
def colour_of(text: str) -> Colour | None:
    """The colour that `text` names, as HTML, CSS and DOCX write it; None where it names none that is known."""
    text = text.strip().lower()[:80]
    if text in _NAMES:
        return _NAMES[text]
    match = _HEX.fullmatch(text)
    if match:
        value = int(match[1], 16)
        return value >> 16, value >> 8 & 255, value & 255
    match = _SHORT_HEX.fullmatch(text)
    if match:
        red, green, blue = (17 * int(match[at], 16) for at in (1, 2, 3))
        return red, green, blue
    match = _FUNCTION.fullmatch(text)
    return _called(match[1], [match[2], match[3], match[4]]) if match else None


@lru_cache(maxsize=4096)
def is_clear(text: str) -> bool:
    """Whether the colour `text` is one that nothing is seen of: `transparent`, or nearly so by its alpha."""
    text = text.strip().lower()[:80]
    if text == "transparent":
        return True
    short, full = _SHORT_HEX.fullmatch(text), re.fullmatch(r"#[0-9a-f]{6}([0-9a-f]{2})", text)
    if full or (short and short[4]):
        return int(full[1] if full else 2 * (short[4] if short else ""), 16) < 255 * _CLEAR
    match = _FUNCTION.fullmatch(text)
    return bool(match and match[5] and _share(match[5], 1) < _CLEAR)


def _share(text: str, whole: float) -> float:
    """A number, or a percentage of `whole`."""
    try:
        return float(text[:-1]) * whole / 100 if text.endswith("%") else float(text)
    except ValueError:
        return whole


def _called(kind: str, parts: list[str]) -> Colour:
    if kind == "rgb":
        red, green, blue = (min(max(round(_share(part, 255)), 0), 255) for part in parts)
        return red, green, blue
    from colorsys import hls_to_rgb

    hue, saturation, light = (_share(parts[0], 360), _share(parts[1], 1), _share(parts[2], 1))
    red, green, blue = (round(255 * min(max(c, 0), 1)) for c in hls_to_rgb(hue / 360 % 1, light, saturation))
    return red, green, blue
