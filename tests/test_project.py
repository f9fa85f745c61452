"""The project's own promises: the list of packages, the README's commands, and that the suite is
offline.
"""

import os
import platform
import re
import shlex
import shutil
import socket
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

PACKAGES = ("app", "ingest", "kernels", "model")
NOT_SHIPPED = ("app/lab/", "model/training/", "kernels/NOTES.md")
# Run where the wheel is unpacked: the help of every command, then every module, so that none lacks
# and what was left over.
FROM_THE_WHEEL = """
import importlib, pathlib, pkgutil, sys
import docqa.app
from docqa.app.cli import run
from docqa.app.commands.root import COMMANDS

assert pathlib.Path(docqa.app.__file__).is_relative_to(pathlib.Path.cwd()), docqa.app.__file__
for name in COMMANDS:
    assert run([*name.split(), "--help"]) == 0, name
for name in ("app", "ingest", "kernels", "model"):
    package = importlib.import_module(f"docqa.{name}")
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith((".gpu", ".__main__", "._native")):
            importlib.import_module(found.name)
"""
NATIVE = "docqa/kernels/cpu/_native.so"


def test_every_folder_with_modules_is_a_package(repository):
    folders = {file.parent for package in PACKAGES for file in (repository / package).rglob("*.py")}
    assert [
        str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()
    ] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(repository, package):
    assert (repository / package / "py.typed").is_file()


def test_the_files_that_are_not_python_are_in_the_package_data(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]
    left_out = []
    for package in PACKAGES:
        root = repository / package
        for file in root.rglob("*"):
            if (
                not file.is_file()
                or file.suffix in {".py", ".pyc"}
                or file.name.endswith(".partial")
            ):
                continue
            name = file.relative_to(repository).as_posix()
            if name.startswith(NOT_SHIPPED):
                continue
            if not any(
                file.relative_to(root).match(pattern) for pattern in patterns[f"docqa.{package}"]
            ):
                left_out.append(name)
    assert left_out == []


def _tracked(repository: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [
        name
        for name in listed.stdout.decode().split("\0")
        if name and (repository / name).is_file()
    ]


@pytest.fixture(scope="module")
def wheel(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, python: str
) -> zipfile.ZipFile:
    """Built from the tracked files alone, as a fresh clone has them; only names count: weights,
    kernels are empty.
    """
    folder = tmp_path_factory.mktemp("wheel")
    for name in _tracked(repository):
        copy = folder / "clone" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        empty = (repository / name).stat().st_size > 1_000_000 or copy.suffix in (
            ".cpp",
            ".inc",
            ".h",
        )
        copy.write_bytes(b"" if empty else (repository / name).read_bytes())
    build = "from setuptools import build_meta; build_meta.build_wheel('..')"
    subprocess.run(
        [python, "-c", build], cwd=folder / "clone", capture_output=True, timeout=300, check=True
    )
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_the_wheel_holds_the_packages_without_lab_and_training(repository, wheel):
    held = {name for name in wheel.namelist() if name.startswith("docqa/")}
    built = {NATIVE} if shutil.which("c++") and platform.machine() == "x86_64" else set()
    shipped = [name for name in _tracked(repository) if name.split("/")[0] in PACKAGES]
    there = {
        f"docqa/{name}" for name in shipped if not name.startswith((*NOT_SHIPPED, "app/package/"))
    }
    assert held == there | built | {"docqa/__init__.py", "docqa/py.typed"}
    assert Path(wheel.filename or "").name.split("-")[2:4] == ["py3", "none"]


@pytest.mark.slow
def test_every_command_starts_from_the_installed_wheel(wheel, tmp_path, python):
    wheel.extractall(tmp_path)
    (tmp_path / NATIVE).unlink(missing_ok=True)  # of empty sources; docqa runs without it
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]),
    }
    done = subprocess.run(
        [python, "-c", FROM_THE_WHEEL],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("Usage: docqa") > 15


def _commands(repository: Path) -> list[str]:
    pages = [repository / "README.md", *sorted((repository / "app" / "manual").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"^((?: {4}\S.*\n)+)", text, flags=re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines()]


def test_the_first_two_commands_of_the_readme_do_the_whole_set_up(repository):
    ask, tests = [line for line in _commands(repository) if line.startswith("python3 -m venv")]
    assert "pip install" in ask
    assert "docqa ask" in ask
    assert "pip install" in tests
    assert "&& pytest" in tests


def test_every_docqa_command_in_the_readme_parses(repository):
    lines = [
        part
        for line in _commands(repository)
        for part in line.split("&&")
        if part.strip().startswith("docqa ")
    ]
    assert len(lines) > 5
    for line in lines:
        _parse(shlex.split(line, comments=True)[1:])


def _parse(arguments: list[str]) -> None:
    """Check a command line without running it. Raises an error of typer if it is wrong."""
    from docqa.app.commands import root

    command = root.command()
    rest = arguments
    context = command.make_context(
        "docqa", rest[:1] if rest[:1] == ["--help"] else [], resilient_parsing=True
    )
    while hasattr(command, "get_command"):
        name, *rest = rest or [""]
        command = command.get_command(context, name)
        assert command is not None, name
        context = command.make_context(
            name, rest, parent=context, resilient_parsing=hasattr(command, "get_command")
        )


def test_the_readme_asks_about_files_that_exist(repository):
    named = set(
        re.findall(r"sample_docs/[\w./-]+", (repository / "README.md").read_text(encoding="utf-8"))
    )
    assert named
    assert [name for name in sorted(named) if not (repository / name).exists()] == []


def test_no_test_can_open_a_connection():
    with pytest.raises(PermissionError, match="offline"):
        socket.create_connection(("127.0.0.1", 9), timeout=1)


def test_no_process_of_a_test_can_open_a_connection(python):
    code = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)"
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert "the test suite is offline" in done.stderr


def test_the_continuous_check_runs_the_readmes_test_command(repository):
    script = (repository / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in script
    for tool in ("ruff", "mypy", "lint-imports"):
        assert tool in script
