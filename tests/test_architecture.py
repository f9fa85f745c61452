"""The shape of the source tree: no import circles, folders of a size that a newcomer can read, a
sentence in each.
"""

import ast
from pathlib import Path

import pytest

PACKAGES = ("app", "ingest", "kernels", "model")
MOST_FILES = 17
MOST_COMMANDS = 24


def sources(root: Path) -> dict[str, Path]:
    """Every module of the packages under `root`: {dotted name: file}."""
    files = (file for package in PACKAGES for file in (root / package).rglob("*.py"))
    return {_name(file.relative_to(root)): file for file in files}


def _name(file: Path) -> str:
    parts = ("docqa", *file.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(root: Path) -> dict[str, set[str]]:
    """What each module imports of the others, inside functions and under TYPE_CHECKING too; its own
    packages aside.
    """
    modules = sources(root)
    graph: dict[str, set[str]] = {}
    for name, file in modules.items():
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        found = {
            module
            for node in ast.walk(ast.parse(file.read_text()))
            for module in _imported(node, package)
        }
        graph[name] = {
            other for other in found & set(modules) if not f"{name}.".startswith(f"{other}.")
        }
    return graph


def _imported(node: ast.AST, package: str) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([node.module] if node.module else [])])
    return {base, *(f"{base}.{alias.name}" for alias in node.names)}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of two modules or more."""
    reach = {name: _reachable(graph, name) for name in graph}
    found = {
        tuple(sorted(other for other in reach[name] if name in reach[other])) for name in graph
    }
    return [list(component) for component in sorted(found) if len(component) > 1]


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for other in graph[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def test_no_modules_import_each_other_in_a_circle(repository):
    assert circles(import_graph(repository)) == []


def test_a_circle_inside_a_function_or_under_type_checking_is_found(tmp_path):
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "app" / "a.py").write_text("def f():\n    from docqa.app import b\n")
    (tmp_path / "app" / "b.py").write_text("if TYPE_CHECKING:\n    from docqa.app.a import f\n")
    (tmp_path / "app" / "c.py").write_text("from . import a\n")
    assert circles(import_graph(tmp_path)) == [["docqa.app.a", "docqa.app.b"]]


def test_no_folder_has_more_files_than_a_newcomer_reads(repository):
    crowded = {}
    for folder in {
        file.parent
        for name, file in sources(repository).items()
        if not name.startswith("docqa.kernels")
    }:
        count = len(list(folder.glob("*.py")))
        most = MOST_COMMANDS if folder.name == "commands" else MOST_FILES
        if count > most:
            crowded[str(folder.relative_to(repository))] = count
    assert crowded == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_says_what_it_is_for(repository, package):
    silent = [
        str(file.relative_to(repository))
        for file in (repository / package).rglob("__init__.py")
        if not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert silent == []


def exported(init: Path) -> set[str]:
    """The modules that a folder's `__init__` lists for others."""
    for node in ast.parse(init.read_text()).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "__all__"
        ):
            return set(ast.literal_eval(node.value))
    return set()


def test_only_exported_modules_are_imported_from_another_folder(repository):
    modules = sources(repository)
    strangers = []
    for name, imported in import_graph(repository).items():
        for other in sorted(imported):
            folder, _, module = other.rpartition(".")
            inside = folder == name.rpartition(".")[0] or folder == name
            deep = folder.count(".") >= 2 and not folder.startswith("docqa.kernels")
            if (
                deep
                and not inside
                and modules[other].name != "__init__.py"
                and module not in exported(modules[folder])
            ):
                strangers.append(f"{name} -> {other}")
    assert strangers == []


def test_no_test_name_has_more_than_twelve_words(repository):
    long = [
        node.name
        for file in (repository / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and len(node.name.split("_")) > 13
    ]
    assert long == []
