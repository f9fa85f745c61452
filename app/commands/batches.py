"""What the commands over many documents share: flags, their folder, and what they say of a run."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.answer.text import abridged_name_list
from docqa.app.batch.items import Listing, Task, item_with_digest, list_items
from docqa.app.batch.progress import BatchProgress
from docqa.app.errors import ResourceError, UsageError
from docqa.app.output.progress import duration_text, size_text
from docqa.app.output.render import printable
from docqa.ingest.archive import load_stream
from docqa.ingest.errors import name_file_in_errors
from docqa.model.cost.machine import available_memory_bytes

from . import flags, inputs
from .inputs import STDIN

if TYPE_CHECKING:
    from docqa.app.batch.batch import Batch
    from docqa.app.batch.execution.runner import Tally
    from docqa.app.batch.planning import BatchPlan

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)

Jobs = Annotated[int, flags.count("--jobs", "Documents at once, each with a model.")]
RetryFailed = Annotated[bool, flags.switch("--retry-failed", "Try again what failed before.")]
MaxFailures = Annotated[
    int | None,
    typer.Option("--max-failures", metavar="N", min=0, help="Stop after more than N failures."),
]
Ray = Annotated[
    str | None, flags.option("--ray", "ADDRESS", "Work on a Ray cluster: its address, or local.")
]
Workspace = Annotated[
    str | None,
    flags.option("--workspace", "DIR", "Keep each file's answers there: the same command goes on."),
]


@contextlib.contextmanager
def folder(name: str | None) -> Iterator[Path]:
    """The folder `name`, which need not exist; None: a temporary one. Raises UsageError for a
    file.
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
    """Raises ResourceError where `folder`, named by `flag` (None: temporary), refuses what the
    block writes.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        if flag is not None:
            stop.add_note(
                "finished documents are kept, and the same command goes on with the others"
            )
        raise
    except OSError as error:
        full = error.errno in _FULL
        if not full and error.errno not in _FORBIDDEN:
            raise
        other = (
            f"choose another {flag}"
            if flag
            else "name another folder for temporary files in TMPDIR"
        )
        first = (
            "make room on that disk (the same command goes on)" if full else "check its permissions"
        )
        raise ResourceError(
            error.strerror or str(error),
            where=printable(str(error.filename or folder)),
            hint=f"{first}, or {other}",
        ) from error


@contextlib.contextmanager
def listed(paths: list[str]) -> Iterator[Listing]:
    """The documents of `paths`, in order; standard input comes last, as a file for other processes.
    Raises the first error where there is no document at all."""
    named = [path for path in paths if path != STDIN]
    listing = list_items(named) if named else Listing()
    if len(named) == len(paths):
        yield listing
        return
    with tempfile.NamedTemporaryFile(prefix="docqa-") as file:
        with name_file_in_errors(STDIN):
            file.write(load_stream(sys.stdin.buffer))
        file.flush()
        listing.items.append(item_with_digest(STDIN, file.name, STDIN))
        yield listing


def warn_passed_over(paths: Sequence[str]) -> None:
    if paths:
        report.warn(f"no documents, passed over: {abridged_name_list(paths, 5)}")


def answer_documents(batch: Batch, *, kept: bool) -> None:
    """Take the answers that earlier runs kept, ask for the others, and say what was not read;
    `kept`: in a workspace that stays. Raises as `Batch.run`."""
    with (
        kept_in(batch.workspace.root, "--workspace" if kept else None),
        batch.workspace.hold_lock(),
    ):
        reused = list(batch.reuse_stored_records())
        plan = planned(batch)
        progress = progress_of(batch, plan)

        def warn_unread(task: Task, record: str) -> None:
            for warning in json.loads(record)["warnings"]:
                progress.warn(task.item.shown_path, warning)

        for task in reused:
            warn_unread(task, batch.workspace.record(task.key))
        run(batch, plan, warn_unread, progress, reused=len(reused))


def progress_of(batch: Batch, plan: BatchPlan) -> BatchProgress:
    total = len(batch.listing.items)
    left = sum(len(task.paths) for task in batch.tasks_left())
    return BatchProgress(total, total - left, plan.seconds)


def run(
    batch: Batch,
    plan: BatchPlan,
    keep: Callable[[Task, str], None],
    progress: BatchProgress,
    *,
    reused: int = 0,
) -> None:
    """Run what is left of `batch` and say how it went; `reused` tasks were answered before. Raises
    as `Batch.run`.
    """
    notice = inputs.notice(batch.options)
    if notice is not None and plan.tasks:
        report.warn(notice)  # here: once, whatever process asks
        progress.known.add(notice)
    for item in batch.listing.items:
        if item.failure:
            report.note(f"docqa: {printable(item.failure.message(item.shown_path))}")
    try:
        tally = batch.run(plan, keep, progress)
    finally:
        progress.clear()
    _report_tally(batch, plan, tally, reused)


def planned(batch: Batch) -> BatchPlan:
    """The plan of `batch`, with a warning where it has fewer jobs than were asked for."""
    plan = batch.make_plan()
    asked = batch.settings.jobs
    if plan.jobs < asked:
        free = size_text(available_memory_bytes())
        report.warn(
            f"{asked} jobs need more memory than the {free} that are free: {plan.jobs} at once"
        )
    return plan


def _report_tally(batch: Batch, plan: BatchPlan, tally: Tally, reused: int) -> None:
    total = len(batch.listing.items)
    if total == 1:
        return
    not_begun = "not begun, too many failures (the same command goes on)"
    others = {"answered before": reused, "failed": batch.failed_count, not_begun: tally.left}
    parts = [
        f"{total:,} documents",
        f"{tally.done:,} read now",
        *(f"{n:,} {what}" for what, n in others.items() if n),
    ]
    report.note(f"docqa: {', '.join(parts)}")
    if tally.done and not tally.left:
        text = f"docqa: took {duration_text(tally.seconds)}, planned {duration_text(plan.seconds)}"
        if tally.peak_bytes:
            text += (
                f"; memory {size_text(tally.peak_bytes)}, planned {size_text(plan.memory_bytes)}"
            )
        report.note(text)
