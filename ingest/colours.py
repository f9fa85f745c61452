"""Colours of HTML, DOCX and LaTeX, and whether one can be seen on another."""

from contextlib import suppress
from functools import lru_cache
from math import cos, radians, sin
from typing import Any

from tinycss2 import parse_one_component_value, serialize
from tinycss2.color5 import parse_color

from .language.lengths import split_at_commas

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
# A dozen of 256 levels: the eye does not tell them apart, as in pages of PDFs.
_SAME_LEVELS = 12
_CLEAR = 0.05
_OF_PAPER = ("canvas", "window", "field")


def are_alike(first: Colour | None, second: Colour | None) -> bool:
    """Whether text of one colour on the other cannot be seen; False where one is not known."""
    if first is None or second is None:
        return False
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) <= _SAME_LEVELS


def mix_colours(first: Colour, second: Colour, share: float) -> Colour:
    """`share` (0 to 1) of the first colour with the rest of the second."""
    red, green, blue = (
        round(a * share + b * (1 - share)) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def colour_of(text: str) -> Colour | None:
    """The colour that `text` names in HTML, CSS or DOCX, or None."""
    return _colour_and_alpha(text)[0]


def is_transparent(colour_text: str) -> bool:
    """Whether the colour `colour_text` cannot be seen: `transparent`, or nearly so by its alpha."""
    return _colour_and_alpha(colour_text)[1] < _CLEAR


@lru_cache(maxsize=4096)
def _colour_and_alpha(text: str) -> tuple[Colour | None, float]:
    text = text.strip()[:200]
    if len(text) == 6 and all(letter in "0123456789abcdefABCDEF" for letter in text):
        text = f"#{text}"
    token = parse_one_component_value(
        "#fff" if text.lower() in _OF_PAPER else text, skip_comments=True
    )
    # Functions with too few arguments, or of an unknown space.
    with suppress(ValueError, TypeError, NotImplementedError, IndexError, AssertionError):
        if token.type == "function" and token.lower_name == "color-mix":
            return _colour_and_alpha_of_color_mix(split_at_commas(token.arguments))
        found = parse_color(token) if token.type in ("ident", "hash", "function") else None
        if found and not isinstance(found, str):
            return _to_rgb_levels(found) if found.alpha >= _CLEAR else None, float(found.alpha)
    return None, 1.0


def _colour_and_alpha_of_color_mix(parts: list[list[Any]]) -> tuple[Colour | None, float]:
    """Of `color-mix(in SPACE, FIRST SHARE, SECOND SHARE)`, whatever the space."""
    shares = [
        next((token.value / 100 for token in part if token.type == "percentage"), None)
        for part in parts[1:]
    ]
    share = shares[0] if shares[0] is not None else 1 - (0.5 if shares[1] is None else shares[1])
    colours = [
        serialize([token for token in part if token.type != "percentage"]) for part in parts[1:]
    ]
    (first, one), (second, two) = map(_colour_and_alpha, colours)
    colour = (
        mix_colours(first, second, share)
        if first and second
        else (first or second)
        if min(one, two) < _CLEAR
        else None
    )
    return colour, one * share + two * (1 - share)


def _to_rgb_levels(colour: Any) -> Colour:
    """A colour of tinycss2 in 256 levels of red, green and blue; roughly so for lab and lch
    spaces.
    """
    space = {"hsl": "srgb", "hwb": "srgb"}.get(colour.space, colour.space)
    one, two, three = colour.to(space).coordinates[:3]
    if space.endswith("lch"):
        two, three = two * cos(radians(three)), two * sin(radians(three))
    if space.endswith(("lab", "lch")):
        light, red, yellow = (
            part / (1 if space.startswith("ok") else 100) for part in (one, two, three)
        )
        one = light + red
        two = light - red / 2
        three = light - yellow
    red, green, blue = (round(255 * min(max(part, 0.0), 1.0)) for part in (one, two, three))
    return red, green, blue
