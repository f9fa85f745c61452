"""Regular expressions compiled at their first use: compiling all would take longer than a
question.
"""

import re
from functools import cached_property
from typing import Any, cast


def lazily(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile(pattern, flags)` at the first method call; functions of `re` do not take it."""
    return cast("re.Pattern[str]", LazyExpression(pattern, flags))


class LazyExpression:
    """Passes on to its expression."""

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
