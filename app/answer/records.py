"""Dataclasses read back from the JSON that they were written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import is_dataclass
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def record_of(kind: type[T], value: object) -> T:
    """The dataclass `kind` that `asdict` made `value` of: tuples, enums and dataclasses in it are made anew.

    Other values are taken as they are. Raises TypeError for a missing or unknown field, ValueError for an unknown enum.
    """
    return cast(T, _read(kind, value))


_hints = lru_cache(maxsize=None)(get_type_hints)


def _read(hint: object, value: object) -> object:
    if value is None:
        return None
    if isinstance(hint, type) and is_dataclass(hint):
        if not isinstance(value, dict):
            raise TypeError(f"{hint.__name__} is written as an object, not as {type(value).__name__}")
        hints = _hints(hint)
        return hint(**{name: _read(hints.get(name), item) for name, item in value.items()})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    parts = [part for part in get_args(hint) if part is not type(None)]
    if get_origin(hint) is tuple:
        return tuple(_read(parts[0], item) for item in cast(Sequence[object], value))
    if get_origin(hint) in (Union, UnionType):
        return _read(parts[0], value)
    return value
