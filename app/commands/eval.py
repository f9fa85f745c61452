"""`docqa eval`: quality on a file of questions with known answers."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags
from docqa.app.output.progress import LINE_EVERY_S


@flags.shared("model", "base_url")
def evaluate(
    given: flags.Given,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON lines of questions with their answers, gzip or not.")
    ],
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="The folder of the documents that the lines name.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N questions.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Only N questions, drawn evenly over the file.")
    ] = None,
    as_json: flags.Json = False,
) -> int:
    """Measure answers, evidence and refusals on known answers.

    The last line is JSON.
    A line of FILE: {"dataset", "doc", "title", "context", "qas": [{"question", "answers": [{"text", "start"}],
    "unanswerable"}]}; the contexts of lines with one "doc" are joined in order. With --folder: {"file", "question",
    "answer", "pages": [physical pages from 1], "unanswerable"}, where "file" is a path in that folder.

    Example: docqa eval sample_docs/questions.jsonl --folder sample_docs
    """
    from docqa.app.lab.evaluate import run_eval

    found = run_eval(
        file, given.options(), folder=folder, limit=limit, sample=sample,
        on_progress=_Progress(min(filter(None, (limit, sample)), default=None)),
    )  # fmt: skip
    if not as_json:
        for name, value in found.items():
            report.result(f"{name}: {value}")
    report.result(json.dumps(found))
    return report.ANSWERED


class _Progress:
    """Reports on standard error how many questions are done, every ten seconds at most."""

    def __init__(self, total: int | None) -> None:
        self._of = f" of {total:,}" if total is not None else ""
        self._last = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._last >= LINE_EVERY_S:
            self._last = time.monotonic()
            report.note(f"{done:,}{self._of} questions")
