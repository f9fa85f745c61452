"""How large the installed package is: lines and characters of Python, regular expressions, and
words in lists.

python .ci/size.py [--check] [FOLDER]    prints the figures; --check: status 1 where one is over
                                         its bound in bounds.json
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("app", "ingest", "kernels", "model")
OUTSIDE = ("app/lab/", "model/training/")  # not in the wheel
EXPRESSION_CALL = re.compile(
    r"\bre(?:gex)?\.(?:compile|search|match|fullmatch|sub|split|findall|finditer)\(|\b(?:expression|pattern|any_of)\("
)
FEWEST_OF_A_LIST = 4
WORD = re.compile(r"[^\W\d_][\w'’-]*")


def python_files(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(path below `root`, its text) of every Python file."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def listed_words(tree: ast.AST) -> Iterator[str]:
    """Strings of letters in literals of four or more such strings, and words of a text that is
    split at once.
    """
    for node in ast.walk(tree):
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Set | ast.List | ast.Tuple):
            parts = list(node.elts)
        elif isinstance(node, ast.Dict):
            parts = [*node.keys, *node.values]
        words = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
        if len(words) >= FEWEST_OF_A_LIST:
            yield from (word for text in words for word in WORD.findall(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
            text = node.func.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield from WORD.findall(text.value)


def alternatives(tree: ast.AST) -> int:
    """Bars in the text of string literals, docstrings aside: each parts two alternatives of an
    expression.
    """
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return sum(text.value.count("|") for text in texts if id(text) not in docstrings)


def figures(root: Path) -> dict[str, int]:
    """The figures by name, as bounds.json bounds them."""
    found: Counter[str] = Counter()
    for name, text in python_files(root, PACKAGES):
        if name.startswith(OUTSIDE):
            found["lines of lab and training"] += text.count("\n")
            continue
        tree = ast.parse(text)
        found["lines"] += text.count("\n")
        found["characters"] += len(text)
        found["calls of regular expressions"] += len(EXPRESSION_CALL.findall(text))
        found["alternatives in texts"] += alternatives(tree)
        found["words in lists"] += sum(1 for _ in listed_words(tree))
    for path in (path for package in ("app", "ingest") for path in (root / package).rglob("*.json")):
        if "schemas" not in path.parts and not path.as_posix().startswith(f"{root.as_posix()}/app/lab"):
            found["words in lists"] += len(WORD.findall(path.read_text(encoding="utf-8")))
    found["lines of tests"] = sum(text.count("\n") for _, text in python_files(root, ("tests",)))
    classes = Counter(
        (name.split("/")[0], match)
        for name, text in python_files(root, PACKAGES)
        if not name.startswith(OUTSIDE)
        for match in re.findall(r"^class (\w+)", text, re.M)
    )
    found["class names used twice in a package"] = sum(times > 1 for times in classes.values())
    return dict(found)


def main(arguments: list[str]) -> int:
    here = Path(__file__).parent
    root = next((Path(a) for a in arguments if not a.startswith("-")), here.parent)
    bounds = json.loads((here / "bounds.json").read_text(encoding="utf-8"))
    over = 0
    for name, value in sorted(figures(root).items()):
        too_much = value > bounds[name]
        over += too_much
        print(f"{value:>10,}  {name} (at most {bounds[name]:,}){'  OVER' if too_much else ''}")
    return 1 if over and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
