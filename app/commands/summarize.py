"""`docqa summarize`: a summary of every file and a digest of all, resumable."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from docqa.app import report
from docqa.app.errors import UsageError
from docqa.app.output.progress import duration_text, size_text
from docqa.app.summary.markdown import digest_markdown, render_markdown
from docqa.model.cost.machine import available_memory_bytes

from . import batches, flags, inputs

if TYPE_CHECKING:
    from docqa.app.batch.batch import Batch, BatchSettings
    from docqa.app.batch.jobs import SummaryJob
    from docqa.app.batch.planning import BatchPlan
    from docqa.app.batch.summary_files import SummaryFiles


@flags.shared(
    "model",
    "encoder",
    "reranker",
    "device",
    "base_url",
    "source",
    "password_file",
    "include_hidden",
    "store",
)
def summarize(
    given: flags.SharedOptions,
    paths: Annotated[list[str], flags.argument("PATH...", "Files, folders or .zip archives.")],
    output: Annotated[
        str | None, flags.option("--output", "DIR", "Write there, and continue from what is there.")
    ] = None,
    style: Annotated[
        str | None,
        flags.option(
            "--style",
            "S",
            "brief, abstract, key-points, clauses or papers.",
            "brief",
            "abstract",
            "key-points",
            "clauses",
            "papers",
        ),
    ] = None,
    focus: Annotated[
        str | None,
        flags.option("--focus", "TEXT", 'Only what is about this: "what the landlord must do".'),
    ] = None,
    jobs: batches.Jobs = 1,
    retry_failed: batches.RetryFailed = False,
    dry_run: Annotated[
        bool, flags.switch("--dry-run", "Only estimate what it would take.")
    ] = False,
    max_failures: batches.MaxFailures = None,
    ray: batches.Ray = None,
) -> int:
    """Each sentence has its page. A model that writes (--model) does so in its own words, which are
    checked: what nothing bears out is marked. The bundled model chooses sentences of the document.
    The same command continues where it was stopped and does only what is new or changed. Without
    --output the summaries are printed, and only what was read is kept.

    Example: docqa summarize contracts/ --output summaries --style clauses --jobs 2

    Exit status 0 done, 6 done and some document failed, 3 there is no document at all, 130
    interrupted.
    """
    from docqa.app.batch.batch import BatchSettings
    from docqa.app.batch.jobs import SummaryJob

    if inputs.STDIN in paths:
        raise UsageError(
            "cannot be standard input here", where="-", hint="save the document to a file"
        )
    chosen, about = _check_style_and_focus(style, focus)
    options = given.options(preview=False)
    inputs.check_writing(options)
    if (
        options.model is None
    ):  # its reader finds topics; it is put aside where its trunk is to answer
        options = replace(options, source="auto")
    settings = BatchSettings(jobs, retry_failed, max_failures, ray)
    with (
        batches.folder(output) as folder,
        batches.kept_in(folder, "--output" if output is not None else None),
    ):
        batch = _make_batch(paths, folder, SummaryJob(options, chosen, about), settings)
        if not dry_run:
            with batch.workspace.hold_lock():
                return _run_batch(batch, printed=output is None)
        report.result(_plan_text(batch, batches.planned(batch)))
        return report.ANSWERED


def _check_style_and_focus(style: str | None, focus: str | None) -> tuple[str, str]:
    """(style, focus or ""). Raises UsageError for what cannot be."""
    from docqa.app.summary.record import DEFAULT_STYLE, STYLES
    from docqa.app.summary.topics import STYLES as TOPICS

    chosen = style or DEFAULT_STYLE
    if chosen not in STYLES:
        raise UsageError(f"unknown style {chosen!r}", where="--style", hint=", ".join(STYLES))
    if focus is None:
        return chosen, ""
    if not any(map(str.isalnum, focus)):
        raise UsageError(
            "says nothing", where="--focus", hint='--focus "what the landlord must do"'
        )
    if chosen in TOPICS:
        others = ", ".join(each for each in STYLES if each not in TOPICS)
        raise UsageError(
            f"has topics of its own with --style {chosen}",
            where="--focus",
            hint=f"--style {others}",
        )
    return chosen, " ".join(focus.split())


def _make_batch(paths: list[str], folder: Path, job: SummaryJob, settings: BatchSettings) -> Batch:
    from docqa.app.batch.batch import Batch
    from docqa.app.batch.items import list_items
    from docqa.app.batch.workspace import Workspace

    workspace = Workspace(folder)
    ours = frozenset(str(folder / name) for name in workspace.output_names())
    listing = list_items(paths, ours)
    listing.items.sort(key=lambda item: item.path.encode("utf-8", "surrogateescape"))
    batches.warn_passed_over(
        [path for path in listing.passed_over if os.path.abspath(path) not in ours]
    )
    return Batch(job, listing, workspace, settings)


def _run_batch(batch: Batch, *, printed: bool) -> int:
    from docqa.app.batch.summary_files import SummaryFiles

    plan = batches.planned(batch)
    progress = batches.progress_of(batch, plan)
    files = SummaryFiles(batch, progress.warn)
    files.prepare()
    batches.run(batch, plan, files.keep, progress)
    files.finish()
    batch.drop_stale_files()
    files.drop_stale()
    if printed:
        _print_summaries(files)
        if batch.failed_count and len(batch.listing.items) == 1:
            return report.INPUT
    elif batch.failed_count:
        report.note("docqa: what failed is listed in failures.jsonl; --retry-failed tries it again")
    return report.BATCH_FAILURES if batch.failed_count else report.ANSWERED


def _print_summaries(files: SummaryFiles) -> None:
    records = [record for _, record in files.records()]
    for record in records:
        report.result(render_markdown(record))
    if len(records) > 1:
        report.result(digest_markdown(records).removesuffix("\n"))


def _plan_text(batch: Batch, plan: BatchPlan) -> str:
    items = batch.listing.items
    tasks = batch.tasks
    done = sum(batch.workspace.is_done(task.key) for task in tasks)
    duplicates = sum(len(task.paths) - 1 for task in tasks)
    jobs = f", {plan.jobs} at once" if plan.jobs > 1 else ""
    return "\n".join(
        [
            f"documents    {len(items):,}: {plan.tasks:,} to read, {done:,} done before, "
            f"{duplicates:,} duplicates, {batch.failed_count:,} failed before",
            f"tokens       {plan.tokens:,}",
            f"time         {duration_text(plan.seconds)}{jobs}",
            f"memory       {size_text(plan.memory_bytes)} of {size_text(available_memory_bytes())} that are free",
            f"disk         {size_text(plan.disk_bytes)}",
        ]
    )
