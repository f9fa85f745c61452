"""Regular expressions that are compiled when first used: all would take longer than a question."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast


def lazily(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile(pattern, flags)`, compiled by the first method that is called; functions of `re` do not take it."""
    return cast("re.Pattern[str]", LazyExpression(pattern, flags))


class LazyExpression:
    """Hands on to the expression, which it makes when it is first asked for something of it."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._made_of = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self.compiled, name)
        setattr(self, name, found)  # the next time it is not looked for here
        return found

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        return re.compile(*self._made_of)
