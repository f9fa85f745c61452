"""`docqa cache list|prune|verify` and `docqa forget`: what is kept on disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.errors import InputError, UsageError
from docqa.app.progress import size
from docqa.app.render import printable

if TYPE_CHECKING:
    from docqa.app.store import Entry, Store

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def group() -> typer.Typer:
    """The group of cache commands."""
    app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What is kept on disk.")
    app.command("list")(list_entries)
    app.command("prune")(prune)
    app.command("verify")(verify)
    return app


def list_entries() -> int:
    """Print what is kept, most recently used first: kind, bytes, last use, files."""
    store = _store()
    entries = store.entries()
    for entry in entries:
        report.result(_line(entry))
    total = sum(entry.bytes for entry in entries)
    report.note(f"{len(entries)} entries, {size(total)} of {size(store.budget_bytes)}, in {store.root}")
    return report.ANSWERED


def prune(
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="SIZE", help="Evict down to this size, such as 2G; default the budget."),
    ] = None,
) -> int:
    """Delete what was longest unused until the rest fits the budget, and everything damaged."""
    store = _store()
    gone = store.prune(None if to is None else _bytes(to))
    for entry in gone:
        report.result(f"deleted {_line(entry)}")
    report.note(f"{len(gone)} entries deleted, {size(sum(entry.bytes for entry in gone))} freed")
    return report.ANSWERED


def verify() -> int:
    """Check every kept document and state against its checksums; status 4 when one is damaged."""
    from docqa.app.states import check_state

    store = _store()
    checked = len(store.entries())
    problems = store.verify(check_state)
    for entry, reason in problems:
        report.result(f"damaged {_line(entry)}: {reason}")
    if problems:
        report.note(
            f"{len(problems)} of {checked} entries are damaged; `docqa cache prune` deletes them, reading rebuilds them"
        )
        return report.RESOURCES
    report.note(f"{checked} entries checked, all as they were written")
    return report.ANSWERED


def forget(file: Annotated[str, typer.Argument(metavar="FILE", help="The file; it may be gone already.")]) -> int:
    """Delete all that is kept of a file: its text, its states, its answers."""
    import hashlib

    from docqa.app.tui import kept_turns

    path = Path(file)
    store = _store()
    key = None
    if path.is_file():
        with path.open("rb") as stream:
            key = hashlib.file_digest(stream, "sha256").hexdigest()
    deleted, freed = store.forget(key, file)
    deleted += kept_turns.forget(store, key, file)
    if not deleted and not path.exists():
        raise InputError(
            "no such file, and nothing is kept of a file of that name", where=file, hint="`docqa cache list`"
        )
    report.result(f"{file}: {deleted} entries deleted, {size(freed)} freed" if deleted else f"{file}: nothing was kept")
    return report.ANSWERED


def _store() -> Store:
    from docqa.app import config
    from docqa.app.store import Store

    return Store(Path(config.resolve().text("cache_dir") or ".").expanduser())


def _line(entry: Entry) -> str:
    used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used)) if entry.used else "never"
    files = ", ".join(printable(name) for name in entry.files)
    return f"{entry.kind:9} {entry.key[:12]} {size(entry.bytes):>10} {used} {entry.status} {files}".rstrip()


def _bytes(text: str) -> int:
    unit = text.strip().upper().removesuffix("IB").removesuffix("B").lstrip("0123456789.")
    number = text.strip()[: len(text.strip().upper().removesuffix("IB").removesuffix("B")) - len(unit)]
    try:
        return int(float(number) * _UNITS[unit])
    except (ValueError, KeyError) as error:
        raise UsageError(f"{text!r} is not a size", where="--to", hint="such as 500M or 2G") from error
