"""`docqa cache list|prune|verify` and `docqa forget`: what is kept on disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.errors import InputError, UsageError
from docqa.app.output.progress import size
from docqa.app.output.render import printable

if TYPE_CHECKING:
    from docqa.app.history.history import History
    from docqa.app.storage.store import Entry, Store

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def group() -> typer.Typer:
    """The group of cache commands."""
    app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, prune and check what is kept on disk.")
    app.command("list")(list_entries)
    app.command("prune")(prune)
    app.command("verify")(verify)
    return app


def list_entries() -> int:
    """Print what is kept, most recently used first."""
    from docqa.app.history.history import open_kept
    from docqa.app.models.library import pulled_models

    store = _store()
    entries = store.entries()
    for entry in entries:
        report.result(_line(entry))
    for model in pulled_models(store.root / "models"):
        report.result(f"model     {size(model.bytes)}  {model.id}@{model.commit[:12]}  {model.folder}, not counted")
    total = sum(entry.bytes for entry in entries)
    count = len(entries)
    history = open_kept(store)
    if history is not None:
        with history:
            report.result(_history_line(history))
            total, count = total + history.bytes(), count + 1
            _tell(history)
    report.note(f"{count} entries, {size(total)} of {size(store.budget_bytes)}, in {store.root}")
    return report.ANSWERED


def prune(
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="SIZE", help="Delete until this size is left, such as 2G (default: the budget)."),
    ] = None,
) -> int:
    """Delete what was not used for longest, and what is damaged.

    It stops when the rest fits the budget. Past questions go last: a document can be read again, they cannot be
    recovered.
    """
    store = _store()
    budget = store.budget_bytes if to is None else _bytes(to)
    gone = store.prune(budget)
    for entry in gone:
        report.result(f"deleted {_line(entry)}")
    freed = sum(entry.bytes for entry in gone)
    count, more = _prune_history(store, budget)
    report.note(f"{len(gone) + count} entries deleted, {size(freed + more)} freed")
    return report.ANSWERED


def verify() -> int:
    """Check all that is kept against its checksums.

    The exit status is 4 if something is damaged.
    """
    from docqa.app.context.prefill import check_state
    from docqa.app.history.history import open_kept

    store = _store()
    checked = len(store.entries())
    problems = store.verify(check_state)
    for entry, reason in problems:
        report.result(f"damaged {_line(entry)}: {reason}")
    history = open_kept(store)
    if history is not None:
        checked += 1
        with history:
            wrong = history.check() or "; ".join(history.notices)
        if wrong:
            report.result(f"damaged history {wrong}")
            return _damaged(len(problems) + 1, checked)
    if problems:
        return _damaged(len(problems), checked)
    report.note(f"{checked} entries checked, none is damaged")
    return report.ANSWERED


def _damaged(count: int, checked: int) -> int:
    report.note(f"{count} of {checked} entries are damaged; `docqa cache prune` deletes them, reading rebuilds them")
    return report.RESOURCES


def forget(file: Annotated[str, typer.Argument(metavar="FILE", help="The file; it may be gone already.")]) -> int:
    """Delete all that is kept of a file.

    That is its text, what the model read, and past questions about it.
    """
    import hashlib

    from docqa.app.history.history import damaged_files, open_kept

    path = Path(file)
    store = _store()
    key = None
    if path.is_file():
        with path.open("rb") as stream:
            key = hashlib.file_digest(stream, "sha256").hexdigest()
    deleted, freed = store.forget(key, file)
    history = open_kept(store)
    if history is not None:
        with history:
            deleted += history.forget(key, file)
            _tell(history)
    for damaged in damaged_files(store):  # nobody can say whose questions are in it
        damaged.unlink()
        deleted += 1
    if not deleted and not path.exists():
        raise InputError(
            "no such file, and nothing is kept of a file of that name", where=file, hint="`docqa cache list`"
        )
    report.result(f"{file}: {deleted} entries deleted, {size(freed)} freed" if deleted else f"{file}: nothing was kept")
    return report.ANSWERED


def _store() -> Store:
    from docqa.app import config
    from docqa.app.storage.store import Store

    return Store(Path(config.resolve().text("cache_dir") or ".").expanduser())


def _prune_history(store: Store, budget: int) -> tuple[int, int]:
    """Give the history what the rest leaves of the budget; (what went of it, bytes freed).

    It stays as it is where the rest is over the budget because it is in use: a few questions would not help.
    """
    from docqa.app.history.history import damaged_files, open_kept

    count = freed = 0
    history = open_kept(store)
    if history is not None:
        with history:
            before, left = history.bytes(), budget - sum(entry.bytes for entry in store.entries())
            for session in history.prune(left) if left >= 0 else ():
                count += 1
                report.result(f"deleted history  session {session.id}: {printable(session.title)}")
            freed = before - history.bytes()
            _tell(history)
    damaged = damaged_files(store)
    for file in damaged:
        freed += file.stat().st_size
        file.unlink()
        report.result(f"deleted history  {file.name}")
    return count + len(damaged), freed


def _history_line(history: History) -> str:
    sessions = history.sessions()
    used = time.strftime("%Y-%m-%d %H:%M", time.localtime(sessions[0].updated)) if sessions else "never"
    questions = sum(session.questions for session in sessions)
    return f"{'history':9} {'':12} {size(history.bytes()):>10} {used} kept {questions:,} questions"


def _tell(history: History) -> None:
    for notice in history.notices:
        report.warn(printable(notice))


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
