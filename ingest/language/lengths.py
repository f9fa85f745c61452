"""Lengths as CSS, DOCX and LaTeX write them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

USUAL_SIZE = 16.0  # pixels in an em of plain text
_PIXELS = {
    "px": 1.0,
    "pt": 4 / 3,
    "bp": 4 / 3,
    "pc": 16.0,
    "q": 0.945,
    "cm": 37.8,
    "mm": 3.78,
    "in": 96.0,
    "sp": 2e-5,
}
_OF_SCREEN = {"vw": 12.8, "vh": 8.0, "vmin": 8.0, "vmax": 12.8, "rem": USUAL_SIZE}
_OF_LETTERS = {"em": 1.0, "ex": 0.5, "ch": 0.5, "lh": 1.2}


@lru_cache(maxsize=8192)
def length_in_pixels(text: str, size: float = USUAL_SIZE) -> float | None:
    """A length, a bare number or `calc()` and its like in pixels, or None; `size` is an em and a
    hundred per cent.
    """
    from tinycss2 import parse_component_value_list

    return _value_of_sum(parse_component_value_list(text[:300], skip_comments=True), size)


def _value_of_sum(tokens: Sequence[Any], size: float) -> float | None:
    total = 0.0
    term = None
    sign = 1.0
    operator = ""
    for token in tokens:
        if token.type == "whitespace":
            continue
        if token.type == "literal" and term is not None and token.value in "+-":
            total += sign * term
            term = None
            sign = -1.0 if token.value == "-" else 1.0
        elif token.type == "literal" and term is not None and token.value in "*/":
            operator = token.value
        else:
            value = _value_of_token(token, size)
            if (
                value is None
                or (term is not None and not operator)
                or (operator == "/" and not value)
            ):
                return None
            term = value if term is None else term * value if operator == "*" else term / value
            operator = ""
    return None if term is None or operator else total + sign * term


def _value_of_token(token: Any, size: float) -> float | None:
    if token.type == "number":
        return float(token.value)
    if token.type == "percentage":
        return float(token.value) * size / 100
    if token.type == "dimension":
        scale = _PIXELS | _OF_SCREEN | {unit: share * size for unit, share in _OF_LETTERS.items()}
        return float(token.value) * scale[token.lower_unit] if token.lower_unit in scale else None
    if token.type == "() block":
        return _value_of_sum(token.content, size)
    return _value_of_function(token, size) if token.type == "function" else None


def split_at_commas(tokens: Iterable[Any]) -> list[list[Any]]:
    return [
        list(part) for is_comma, part in groupby(tokens, lambda token: token == ",") if not is_comma
    ]


def _value_of_function(function: Any, size: float) -> float | None:
    values = [_value_of_sum(part, size) for part in split_at_commas(function.arguments)]
    known = sorted(value for value in values if value is not None)
    if not known or len(known) < len(values):
        return None
    places = {"calc": 0, "min": 0, "max": -1, "clamp": len(known) // 2}
    return known[places[function.lower_name]] if function.lower_name in places else None
