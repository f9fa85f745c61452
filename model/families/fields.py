"""Fields of a config.json while a family completes them, and the kinds of layers."""

from __future__ import annotations

from collections.abc import Mapping

from docqa.model.errors import ConfigUnsupported

LINEAR, FULL = "linear_attention", "full_attention"


def default(raw: dict[str, object], name: str, value: object) -> None:
    """Set a field that is left out."""
    if raw.get(name) is None:
        raw[name] = value


def size(raw: Mapping[str, object], name: str) -> int:
    """A whole number above 0, as everything that others are computed from has to be.

    Raises:
        ConfigUnsupported: it is something else, or left out.
    """
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigUnsupported(f"config.json: {name} = {value!r}, a whole number from 1 on is needed")
    return value


def number(raw: Mapping[str, object], name: str) -> float:
    """A number above 0.

    Raises:
        ConfigUnsupported: it is something else, or left out.
    """
    value = raw.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ConfigUnsupported(f"config.json: {name} = {value!r}, a number above 0 is needed")
    return float(value)
