"""What the commands over many documents share: flags, the folder they work in, and what they say of a run."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.commands import inputs
from docqa.app.commands.inputs import STDIN
from docqa.app.errors import ResourceError, UsageError
from docqa.app.output.progress import duration, size
from docqa.app.output.render import printable

if TYPE_CHECKING:
    from docqa.app.batch.batch import Account, Batch
    from docqa.app.batch.items import Listing, Task
    from docqa.app.batch.planning import BatchPlan
    from docqa.app.batch.progress import BatchProgress

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)

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
def kept_in(folder: Path, flag: str | None) -> Iterator[None]:
    """What is written to `folder`, named by `flag` (None: a temporary one). Raises ResourceError where it refuses."""
    try:
        yield
    except OSError as error:
        full, forbidden = error.errno in _FULL, error.errno in _FORBIDDEN
        if not (full or forbidden) or not _is_below(error.filename, folder):
            raise
        other = f"choose another {flag}" if flag else "name another folder for temporary files in TMPDIR"
        first = "make room on that disk (the same command goes on)" if full else "check its permissions"
        raise ResourceError(
            error.strerror or str(error), where=printable(str(error.filename or folder)), hint=f"{first}, or {other}"
        ) from error


def _is_below(name: str | bytes | None, folder: Path) -> bool:
    """Whether a file that an error names is in `folder` or above it; an error of a disk that is full names none."""
    if name is None:
        return True
    path = Path(os.path.abspath(os.fsdecode(name)))
    return path == folder or folder in path.parents or path in folder.parents


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


def tell_passed_over(paths: Sequence[str]) -> None:
    """Say which files of folders and archives are no documents."""
    if paths:
        shown = ", ".join(printable(path) for path in paths[:5])
        more = f" and {len(paths) - 5:,} more" if len(paths) > 5 else ""
        report.warn(f"no documents, passed over: {shown}{more}")


def tell_warnings(unit: Task, record: str, progress: BatchProgress) -> None:
    """Say what was not read of a document that was asked."""
    from docqa.app.batch.answers import warnings_of

    for warning in warnings_of(record):
        progress.warn(unit.item.given, warning)


def progress_of(batch: Batch, plan: BatchPlan) -> BatchProgress:
    """The progress of a run that begins now."""
    from docqa.app.batch.progress import BatchProgress

    total = len(batch.listing.items)
    left = sum(len(unit.paths) for unit in batch.left())
    return BatchProgress(total, total - left, plan.seconds, {key: unit.seconds for key, unit in plan.units.items()})


def run(batch: Batch, plan: BatchPlan, keep: Callable[[Task, str], None], progress: BatchProgress) -> Account:
    """Run what is left of `batch` and say how it went. Raises what `Batch.run` raises."""
    notice = inputs.notice(batch.options)
    if notice is not None and plan.units:
        report.warn(notice)  # here, where it is told once, and whatever process asks
        progress.known.add(notice)
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
    from docqa.model.cost.machine import available_bytes

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
