"""`docqa eval`: quality on a file of questions with known answers."""

from __future__ import annotations

import json
import os
import time
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.errors import InputError
from docqa.app.output.progress import LINE_EVERY_S


def evaluate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines with questions and answers, gzip or not.")],
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="Ask about the files there, which FILE names.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N questions.")
    ] = None,
    model: flags.Model = None,
    base_url: flags.BaseUrl = None,
    as_json: flags.Json = False,
) -> int:
    """Measure answers, evidence and refusals on questions with known answers; the last line is JSON.

    A line of FILE: {"dataset", "doc", "title", "context", "qas": [{"question", "answers": [{"text", "start"}],
    "unanswerable"}]}; the contexts of lines with one "doc" are joined in order. With --folder: {"file", "question",
    "answer", "pages": [physical pages from 1], "unanswerable"}, where "file" is a path in that folder.

    Example: docqa eval sample_docs/questions.jsonl --folder sample_docs
    """
    from docqa.app.lab.evaluate import run_eval, run_questions

    options, progress = inputs.options(model=model, base_url=base_url), _Progress(limit)
    if folder is None:
        found = run_eval(file, limit, options, told=progress)
    elif not os.path.isdir(folder):
        raise InputError("there is no such folder", where=folder, hint="--folder names the folder of the files")
    else:
        found = run_questions(file, folder, limit, options, told=progress)
        if found["skipped"]:
            report.warn(f"questions skipped, because their files cannot be read: {found['skipped']:,}")
    if not as_json:
        for name, value in found.items():
            report.result(f"{name}: {value}")
    report.result(json.dumps(found))
    return report.ANSWERED


class _Progress:
    """Says on standard error how many questions are done, every ten seconds at most."""

    def __init__(self, limit: int | None) -> None:
        self._of = f" of {limit:,}" if limit is not None else ""
        self._said = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._said >= LINE_EVERY_S:
            self._said = time.monotonic()
            report.note(f"{done:,}{self._of} questions")
