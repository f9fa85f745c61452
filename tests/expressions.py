"""Every regular expression of a package, how it is used, and the inputs that cost it the most."""

import ast
import importlib
import itertools
import re
import re._parser
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docqa.ingest.language.expressions import LazyExpression

EXTRAS = frozenset(("mcp", "ray", "rapidocr", "onnxruntime"))
"""Packages that need not be installed; modules that import them are left out without them."""
ANCHORED = frozenset(("match", "fullmatch", "prefixmatch"))
_ENDINGS = ("", "\x00", "!", "\n", "z z", '"', "]")
_MAX_SAMPLES = 8
_MOST_OF_SEVERAL = 3
_LONGEST_PUMP = 400
_LETTERS = "aA0 -.,\"“(\n_;:é/'<[{\\"


@dataclass(frozen=True)
class Expression:
    """One compiled `pattern`, `name` for messages, and whether it is only tried at given places
    (`anchored`).
    """

    name: str
    pattern: re.Pattern[Any]
    anchored: bool


def expressions(folder: Path, package: str) -> Iterator[Expression]:
    """The expressions of all modules of `package`, whose source is in `folder`."""
    for file in sorted(folder.rglob("*.py")):
        parts = [package, *file.relative_to(folder).with_suffix("").parts]
        if parts[-1] == "__main__":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        try:
            module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in EXTRAS:
                raise
            continue
        called = _called(tree)
        for name, value in sorted(vars(module).items()):
            if _assigned(tree, name):
                ways = called.get(name)
                for pattern in _patterns(value):
                    yield Expression(
                        f"{parts[-1]}.{name}", pattern, bool(ways) and ways <= ANCHORED
                    )
        yield from _written_in_calls(tree, parts[-1], vars(module))


def _patterns(value: Any) -> Iterator[re.Pattern[Any]]:
    """The expressions that a value of a module is, or has in it as a table of them."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, LazyExpression):
        yield value.compiled
    elif isinstance(value, tuple | list | frozenset | set | dict):
        for inner in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
            yield from _patterns(inner)


def _called(tree: ast.AST) -> dict[str, set[str]]:
    """The methods that are called on each name of a module; a name that is used otherwise may be
    searched for.
    """
    called: dict[str, set[str]] = {}
    methods = {
        id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            called.setdefault(node.id, set()).add(methods.get(id(node), "search"))
    return called


def _assigned(tree: ast.Module, name: str) -> bool:
    """Whether the module makes `name` itself, so that it is not the same expression imported
    again.
    """
    targets = (
        target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
    )
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _written_in_calls(tree: ast.Module, module: str, names: dict[str, Any]) -> Iterator[Expression]:
    named = {id(node.value) for node in tree.body if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        if (
            id(node) not in named
            and isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.args
        ):
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            written = _written(node.args[0], names) if of_re else None
            if of_re and isinstance(written, str | bytes) and node.func.attr != "escape":
                flags = re.DOTALL if "DOTALL" in ast.dump(node) else re.NOFLAG
                pattern = re.compile(written, flags)
                yield Expression(f"{module}:{node.lineno}", pattern, node.func.attr in ANCHORED)


def _written(source: ast.expr, names: dict[str, Any]) -> Any:
    """The text of an expression that is written where it is used, the names of its module put in;
    None for others.
    """
    if isinstance(source, ast.Constant):
        return source.value
    if not isinstance(source, ast.JoinedStr):
        return None
    inside = [part.value for part in source.values if isinstance(part, ast.FormattedValue)]
    if not all(
        isinstance(part, ast.Name) and isinstance(names.get(part.id), str) for part in inside
    ):
        return None
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else names[part.value.id]  # type: ignore[attr-defined]
        for part in source.values
    )


def worst_inputs(
    pattern: re.Pattern[Any], lengths: tuple[int, ...], most: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """Texts of about `lengths` characters that repeat what up to `most` parts of `pattern` match,
    and end wrong.
    """
    raw = isinstance(pattern.pattern, bytes)
    parsed = re._parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)  # type: ignore[attr-defined]
    pumps = [pair for pair in dict.fromkeys(_pumps(parsed)) if 0 < len(pair[1]) <= _LONGEST_PUMP]
    step = 1 if most is None else -(-len(pumps) // most) or 1
    for before, pump in pumps[::step]:
        for ending in _ENDINGS:
            texts = [before + pump * (count // len(pump)) + ending for count in lengths]
            yield tuple(text.encode("latin-1", "replace") if raw else text for text in texts)


def _pumps(parsed: Any) -> Iterator[tuple[str, str]]:
    """(text before, text to repeat) for every part of an expression that can repeat, and for its
    beginnings.
    """
    for items, before in _sequences(list(parsed), ""):
        for first in range(len(items)):
            ahead = before + _sample(items[:first])
            for pump in _samples(items[first : first + 1]):
                yield ahead, pump
                yield "", pump
            if str(items[first][0]) in _REPEATS:
                for pump in _samples(list(items[first][1][2])):
                    yield ahead, pump
                    yield "", pump
                    yield ahead, pump + " "
            for last in range(first + 1, min(first + 5, len(items)) + 1):
                for pump in _samples(items[first:last])[:_MOST_OF_SEVERAL]:
                    yield "", pump


_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))


def _sequences(items: list[Any], before: str) -> Iterator[tuple[list[Any], str]]:
    yield items, before
    for place, (kind, value) in enumerate(items):
        ahead = before + _sample(items[:place])
        for inner in _inner(str(kind), value):
            yield from _sequences(inner, ahead)


def _inner(kind: str, value: Any) -> list[list[Any]]:
    if kind in _REPEATS:
        return [list(value[2])]
    if kind == "SUBPATTERN":
        return [list(value[3])]
    if kind == "BRANCH":
        return [list(branch) for branch in value[1]]
    if kind in ("ASSERT", "ASSERT_NOT"):
        return [list(value[1])]
    if kind == "ATOMIC_GROUP":
        return [list(value)]
    return []


def _sample(items: Iterable[Any]) -> str:
    return next(iter(_samples(list(items))), "")


def _samples(items: list[Any]) -> list[str]:
    """A few texts that `items` match, one after the other."""
    choices = [_of(str(kind), value) for kind, value in items]
    widest = max(map(len, choices), default=0)
    rows = (
        "".join(choice[number % len(choice)] for choice in choices)
        for number in range(min(widest, _MAX_SAMPLES))
    )
    return list(dict.fromkeys(rows))


def _of(kind: str, value: Any) -> list[str]:
    if kind == "LITERAL":
        return [chr(value)]
    if kind == "IN":
        return _of_set(value)
    if kind in ("ANY", "NOT_LITERAL"):
        return ["a", " "]
    if kind in _REPEATS:
        least, _, inner = value
        texts = _samples(list(inner))
        return [text * max(least, 1) for text in texts] + ([""] if least == 0 else [])
    if kind in ("ASSERT", "ASSERT_NOT", "AT", "GROUPREF", "GROUPREF_EXISTS"):
        return [""]
    ways = (_samples(inner) for inner in _inner(kind, value))  # one of each alternative first
    found = itertools.chain.from_iterable(itertools.zip_longest(*ways))
    return [text for text in found if text is not None] or [""]


_CATEGORIES = {
    "CATEGORY_DIGIT": "0",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_NOT_WORD": " ",
}


def _of_set(members: list[Any]) -> list[str]:
    if str(members[0][0]) == "NEGATE":
        excluded = re.compile(_set_source(members[1:]))
        return [letter for letter in _LETTERS if not excluded.match(letter)][:_MAX_SAMPLES] or ["a"]
    found: list[str] = []
    for kind, value in members:
        if str(kind) == "LITERAL":
            found.append(chr(value))
        elif str(kind) == "RANGE":
            found.append(chr(value[0]))
        else:
            found.append(_CATEGORIES.get(str(value), "a"))
    return found[:_MAX_SAMPLES]


def _set_source(members: list[Any]) -> str:
    named = {
        "CATEGORY_DIGIT": r"\d",
        "CATEGORY_SPACE": r"\s",
        "CATEGORY_WORD": r"\w",
        "CATEGORY_NOT_DIGIT": r"\D",
        "CATEGORY_NOT_SPACE": r"\S",
        "CATEGORY_NOT_WORD": r"\W",
    }
    parts = []
    for kind, value in members:
        if str(kind) == "LITERAL":
            parts.append(re.escape(chr(value)))
        elif str(kind) == "RANGE":
            parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        else:
            parts.append(named[str(value)])
    return f"[{''.join(parts)}]"


def seconds(expression: Expression, text: Any) -> float:
    """The processor time that this thread needs to use `expression` on `text`."""
    started = time.thread_time()
    if expression.anchored:
        expression.pattern.match(text)
    else:
        for _ in expression.pattern.finditer(text):
            pass
    return time.thread_time() - started
