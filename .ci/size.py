"""How large and how dense the code is: code tokens, tokens a line, regular expressions, words in lists, folders.

    python .ci/size.py [--check] [--folders] [ROOT]

Prints each figure with its bound from bounds.json. --check: status 1 where one is over its bound.
--folders: code tokens folder by folder as well.

A code token is what `tokenize` yields, without comments, line ends and indentation; a docstring is
one token, a formatted string is one, and a comma before a closing bracket is none, so that
formatting a file does not change its figure.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGES = ("app", "ingest", "kernels", "model")
LAB = ("app/lab/", "model/training/")  # not in the wheel
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
EXPRESSION_CALL = re.compile(
    r"\bre(?:gex)?\.(?:compile|search|match|fullmatch|sub|split|findall|finditer)\("
    r"|\b(?:expression|pattern|any_of)\("
)
SHORTEST_LIST = 4  # strings; fewer are no list
PROSE = {"help.txt"}  # data files that are texts and no lists
WORD = re.compile(r"[^\W\d_][\w'’-]*")


def code_tokens(text: str) -> int:
    """The number of code tokens of a Python file, as the head of this file defines them."""
    count = 0
    depth = 0  # of formatted strings, which Python 3.12 and later take apart
    previous = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if token.type in NOT_CODE:
            continue
        if kind.endswith("STRING_END"):
            depth -= 1
            continue
        if depth == 0:
            count += 1
            count -= previous == "," and token.string in (")", "]", "}")
            previous = token.string
        depth += kind.endswith("STRING_START")
    return count


def python_files(root: Path, folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(path below `root`, its text) of every Python file."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def listed_words(tree: ast.AST) -> Iterator[str]:
    """Words in literals of four or more strings, and of a text that is split at once or by name."""
    texts = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Set | ast.List | ast.Tuple):
            parts = list(node.elts)
        elif isinstance(node, ast.Dict):
            parts = [*node.keys, *node.values]
        strings = [part.value for part in parts if isinstance(part, ast.Constant)]
        yield from words_of_list(strings)
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr == "split":
            yield from WORD.findall(_text(called.value, texts))


def _text(node: ast.expr, texts: dict[str, str]) -> str:
    """The text of a string literal, or of the name of one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return texts.get(node.id, "") if isinstance(node, ast.Name) else ""


def words_of_list(values: Iterable[object]) -> list[str]:
    """The words of the strings among `values`, if they are a list: four strings or more."""
    strings = [value for value in values if isinstance(value, str)]
    if len(strings) < SHORTEST_LIST:
        return []
    return [word for text in strings for word in WORD.findall(text)]


def words_in_data(root: Path) -> Iterator[str]:
    """Words of lists in data files of the wheel: .txt files, .csv files of one column, and arrays.

    A row of a table, as one of known.csv or an array in an array of keys.toml, is no list.
    """
    for package in ("app", "ingest"):
        for path in sorted((root / package).rglob("*.*")):
            name = path.relative_to(root).as_posix()
            if name.startswith(LAB) or path.name in PROSE or "schemas" in path.parts:
                continue
            if path.suffix == ".txt":
                yield from WORD.findall(path.read_text(encoding="utf-8"))
            elif path.suffix == ".csv":
                rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
                if all(len(row) == 1 for row in rows):
                    yield from words_of_list(row[0] for row in rows)
            elif path.suffix == ".toml":
                yield from _words_in_arrays(tomllib.loads(path.read_text(encoding="utf-8")))
            elif path.suffix == ".json":
                yield from _words_in_arrays(json.loads(path.read_text(encoding="utf-8")))


def _words_in_arrays(value: object) -> Iterator[str]:
    """Of every array that is not itself an element of one."""
    if isinstance(value, list):
        yield from words_of_list(value)
        children = [child for child in value if isinstance(child, dict)]
    else:
        children = list(value.values()) if isinstance(value, dict) else []
    for child in children:
        yield from _words_in_arrays(child)


def alternatives(tree: ast.AST) -> int:
    """Bars in string literals, docstrings aside: each parts two alternatives of an expression."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    literals = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value)
    return sum(
        literal.value.count("|")
        for literal in literals
        if isinstance(literal.value, str) and id(literal) not in docstrings
    )


def figures(root: Path) -> dict[str, float]:
    """The figures by name, as bounds.json bounds them."""
    sums: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for name, text in python_files(root, PACKAGES):
        if name.startswith(LAB):
            sums["code tokens of lab and training"] += code_tokens(text)
            continue
        tree = ast.parse(text)
        sums["code tokens in the wheel"] += code_tokens(text)
        sums["lines that are not blank"] += sum(bool(line.strip()) for line in text.splitlines())
        sums["calls of regular expressions"] += len(EXPRESSION_CALL.findall(text))
        sums["alternatives in texts"] += alternatives(tree)
        sums["words in lists"] += sum(1 for _ in listed_words(tree))
        classes.update(set(re.findall(r"^class (\w+)", text, re.M)))
        files[name.rpartition("/")[0]] += 1
    sums["words in lists"] += sum(1 for _ in words_in_data(root))
    sums["code tokens of tests"] = sum(
        code_tokens(text) for _, text in python_files(root, ["tests"])
    )
    sums["class names used twice"] = sum(times > 1 for times in classes.values())
    commands = files.pop("app/commands", 0)
    per_line = sums["code tokens in the wheel"] / max(sums.pop("lines that are not blank"), 1)
    return {
        **sums,
        "code tokens a line that is not blank": round(per_line, 2),
        "Python files in the fullest folder": max(files.values(), default=0),
        "commands": commands,
    }


def folder_tokens(root: Path) -> list[tuple[str, int]]:
    """Code tokens of every folder that has Python files, its own files only."""
    sums: Counter[str] = Counter()
    for name, text in python_files(root, (*PACKAGES, "tests")):
        sums[name.rpartition("/")[0]] += code_tokens(text)
    return sorted(sums.items())


def main(arguments: list[str]) -> int:
    here = Path(__file__).parent
    root = next((Path(a) for a in arguments if not a.startswith("-")), here.parent)
    bounds = json.loads((here / "bounds.json").read_text(encoding="utf-8"))
    over = 0
    if "--folders" in arguments:
        for folder, tokens in folder_tokens(root):
            print(f"{tokens:>10,}  {folder}")
    for name, value in sorted(figures(root).items()):
        too_much = value > bounds[name]
        over += too_much
        print(f"{value:>10,}  {name} (at most {bounds[name]:,}){'  OVER' if too_much else ''}")
    return 1 if over and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
