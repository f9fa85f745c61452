"""`docqa cache list|prune|verify` and `docqa forget`: what is kept on disk."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from docqa.app import config, report
from docqa.app.errors import InputError, UsageError
from docqa.app.history.forget import forget_file
from docqa.app.history.history import History, damaged_files, open_if_stored
from docqa.app.models.library import pulled_models
from docqa.app.output.progress import size_text
from docqa.app.output.render import printable
from docqa.app.storage.sources import content_digests
from docqa.app.storage.store import BUDGET_BYTES, Store, StoreEntry
from docqa.model.cost.machine import parse_byte_size

from . import flags


def list_entries() -> int:
    store = existing_store()
    entries = store.entries()
    for entry in entries:
        report.result(_entry_line(entry))
    for model in pulled_models(store.root / "models"):
        report.result(
            f"model     {size_text(model.bytes)}  {model.id}@{model.commit[:12]}  {model.folder}, not counted"
        )
    total = sum(entry.bytes for entry in entries)
    count = len(entries)
    with stored_history(store) as history:
        if history:
            sessions = history.sessions()
            questions = sum(session.questions for session in sessions)
            used = _minute_text(sessions[0].updated if sessions else 0.0)
            report.result(
                f"{'history':9} {'':12} {size_text(history.bytes()):>10} {used} kept {questions:,} questions"
            )
            total = total + history.bytes()
            count = count + 1
    report.note(
        f"{count} entries, {size_text(total)} of {size_text(BUDGET_BYTES)}, in {store.root}"
    )
    return report.ANSWERED


def prune(
    to: Annotated[
        str | None,
        flags.option(
            "--to", "SIZE", "Delete until this size is left, such as 2G (default: the budget)."
        ),
    ] = None,
) -> int:
    """It stops when the rest fits the budget. What another docqa reads or uses stays. Past
    questions go last: a document can be read again, they cannot be recovered. Notes of your own
    stay, with the questions about their document.
    """
    store = existing_store()
    budget = BUDGET_BYTES if to is None else parse_byte_size(to)
    if budget is None:
        raise UsageError(f"{to!r} is not a size", where="--to", hint="such as 500M or 2G")
    gone = store.prune(budget)
    for entry in gone:
        report.result(f"deleted {_entry_line(entry)}")
    freed = sum(entry.bytes for entry in gone)
    count, more = _prune_history(store, budget)
    report.note(f"{len(gone) + count} entries deleted, {size_text(freed + more)} freed")
    return report.ANSWERED


def verify() -> int:
    """The exit status is 4 if something is damaged."""
    store = existing_store()
    checked = len(store.entries())
    problems = [f"{_entry_line(entry)}: {reason}" for entry, reason in store.verify()]
    with stored_history(store) as history:
        if history:
            checked += 1
            wrong = history.check() or "; ".join(history.notices)
            problems += [f"history {wrong}"] if wrong else []
            history.notices.clear()
    for problem in problems:
        report.result(f"damaged {problem}")
    damaged = f"{len(problems)} of {checked} entries are damaged"
    advice = "`docqa cache prune` deletes them, reading rebuilds them"
    report.note(
        f"{damaged}; {advice}" if problems else f"{checked} entries checked, none is damaged"
    )
    return report.RESOURCES if problems else report.ANSWERED


def forget(
    file: Annotated[
        str,
        flags.argument("PATH", "A file, an archive or a folder; it may be gone already."),
    ],
) -> int:
    """That is the text of all its documents, what the model read, and past questions about them.
    Documents are found by their content, and by the path that they were read from. If another docqa
    reads one of them, this command waits until it stops keeping it: a few seconds.
    """
    if not file:
        raise UsageError("the path is empty", hint="docqa forget FILE")
    documents = content_digests(file)
    notices = list[str]()
    try:
        deleted, freed = forget_file(existing_store(), file, documents, _say_waiting, notices)
    finally:
        for notice in notices:
            report.warn(printable(notice))
    if not deleted and not os.path.lexists(file):
        raise InputError(
            "no such file, and nothing is kept of it",
            where=file,
            hint="`docqa cache list` shows all",
        )
    done = f"{deleted} entries deleted, {size_text(freed)} freed" if deleted else "nothing was kept"
    report.result(f"{printable(file)}: {done}")
    if os.path.isfile(file) and not documents:
        missed = "it cannot be read, so only what was read from this path was looked for"
        report.warn(f"{file}: {missed}; make it readable and run the command again")
    return report.ANSWERED


def _say_waiting(entry: StoreEntry) -> None:
    files = ", ".join(printable(name) for name in entry.files)
    report.note(
        f"docqa: another docqa is reading {files or 'it'}; waiting until it lets go (Ctrl-C ends the wait)"
    )


def existing_store() -> Store:
    return Store(config.resolve_settings().cache_dir)


@contextmanager
def stored_history(store: Store) -> Iterator[History | None]:
    """The history in `store`, or None; at the end it is said what was damaged in it."""
    history = open_if_stored(store)
    if not history:
        yield None
        return
    with history:
        yield history
        for notice in history.notices:
            report.warn(notice)


def _prune_history(store: Store, budget: int) -> tuple[int, int]:
    """Give the history what the rest leaves of the budget, or all of it where the rest, in use, is
    over it. Returns (what went, bytes freed)."""
    count = freed = 0
    with stored_history(store) as history:
        if history:
            before = history.bytes()
            left = budget - sum(entry.bytes for entry in store.entries())
            for session in history.prune(left) if left >= 0 else ():
                count += 1
                report.result(f"deleted history  session {session.id}: {printable(session.title)}")
            freed = before - history.bytes()
    for file in damaged_files(store):
        freed += file.stat().st_size
        file.unlink()
        count += 1
        report.result(f"deleted history  {file.name}")
    return count, freed


def _entry_line(entry: StoreEntry) -> str:
    files = ", ".join(printable(name) for name in entry.files)
    size = size_text(entry.bytes)
    return f"{entry.kind:9} {entry.key[:12]} {size:>10} {_minute_text(entry.used)} {entry.status} {files}".rstrip()


def _minute_text(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else "never"
