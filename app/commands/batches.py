"""What the commands over many documents share: flags, the folder they work in, and what they say of a run."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.commands.inputs import STDIN
from docqa.app.errors import UsageError
from docqa.app.progress import duration, size
from docqa.app.render import printable

if TYPE_CHECKING:
    from docqa.app.batch.batch import Account, Batch
    from docqa.app.batch.items import Listing, Unit
    from docqa.app.batch.planning import BatchPlan
    from docqa.app.batch.progress import BatchProgress

Jobs = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Documents at once, each with a model.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")]
MaxFailures = Annotated[
    int | None, typer.Option("--max-failures", metavar="N", min=0, help="Stop after more than N failures.")
]
Ray = Annotated[
    str | None, typer.Option("--ray", metavar="ADDRESS", help="Work on a Ray cluster: its address, or local.")
]


Workspace = Annotated[
    str | None,
    typer.Option("--workspace", metavar="DIR", help="Keep each file's answers there: the same command goes on."),
]


@contextlib.contextmanager
def folder(name: str | None) -> Iterator[Path]:
    """The folder `name`, which need not exist; one for the length of the run where there is to be none.

    Raises UsageError for a file.
    """
    if name is None:
        with tempfile.TemporaryDirectory(prefix="docqa-") as temporary:
            yield Path(temporary)
        return
    if os.path.lexists(name) and not os.path.isdir(name):
        raise UsageError("is a file", where=name, hint="name a folder")
    yield Path(os.path.abspath(name))


@contextlib.contextmanager
def listed(paths: list[str]) -> Iterator[Listing]:
    """The documents of `paths`, in their order; standard input comes last, as a file that other processes can read.

    Raises the first error where there is no document at all.
    """
    from docqa.app.batch.items import Listing, hashed_item, list_items

    named = [path for path in paths if path != STDIN]
    listing = list_items(named) if named else Listing()
    if len(named) == len(paths):
        yield listing
        return
    with tempfile.NamedTemporaryFile(prefix="docqa-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        listing.items.append(hashed_item(STDIN, file.name, STDIN))
        yield listing


def tell_warnings(unit: Unit, record: str, progress: BatchProgress) -> None:
    """Say what was not read of a document that was asked."""
    from docqa.app.batch.answers import warnings_of

    for warning in warnings_of(record):
        progress.warn(unit.item.given, warning)


def progress_of(batch: Batch, plan: BatchPlan) -> BatchProgress:
    """The progress of a run that begins now."""
    from docqa.app.batch.progress import BatchProgress

    total = len(batch.listing.items)
    left = sum(len(unit.paths) for unit in batch.left())
    return BatchProgress(total, total - left, plan.seconds)


def run(batch: Batch, plan: BatchPlan, keep: Callable[[Unit, str], None], progress: BatchProgress) -> Account:
    """Run what is left of `batch` and say how it went. Raises what `Batch.run` raises."""
    for item in batch.listing.items:
        if item.failure is not None:
            report.note(f"docqa: {printable(item.failure.told(item.given))}")
    try:
        account = batch.run(plan, keep, progress, progress.told)
    finally:
        progress.clear()
    _tell(batch, account)
    return account


def tell_jobs(plan: BatchPlan, asked: int) -> None:
    """Say where fewer jobs than `asked` fit the memory."""
    from docqa.app.batch.machine import available_bytes

    if plan.jobs < asked:
        free = size(available_bytes())
        report.warn(f"{asked} jobs need more memory than the {free} that are free: {plan.jobs} at once")


def _tell(batch: Batch, account: Account) -> None:
    """What was done, and how the estimate fared; nothing of a single document."""
    tally, plan = account.tally, account.plan
    total = len(batch.listing.items)
    if total == 1:
        return
    failed = sum(batch.failure(item) is not None for item in batch.listing.items)
    parts = [f"{total:,} documents", f"{tally.done:,} read now"]
    if tally.elsewhere:
        parts.append(f"{tally.elsewhere:,} by others")
    if failed:
        parts.append(f"{failed:,} failed")
    if tally.left:
        parts.append(f"{tally.left:,} not begun, too many failures (the same command goes on)")
    report.note(f"docqa: {', '.join(parts)}")
    if tally.done and not tally.elsewhere and not tally.left:
        text = f"docqa: took {duration(account.seconds)}, planned {duration(plan.seconds)}"
        if account.peak_bytes:
            text += f"; memory {size(account.peak_bytes)}, planned {size(plan.memory_bytes)}"
        report.note(text)
