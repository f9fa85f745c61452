"""`docqa eval`: quality on a file of questions with known answers."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.output.progress import LINE_EVERY_S


def evaluate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines of documents with questions, gzip or not.")],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N questions.")
    ] = None,
    model: flags.Model = None,
    base_url: flags.BaseUrl = None,
    as_json: flags.Json = False,
) -> int:
    """Measure answers, evidence and refusals on questions with known answers; the last line is JSON.

    A line of FILE: {"dataset", "doc", "title", "context", "qas": [{"question", "answers": [{"text", "start"}],
    "unanswerable"}]}; the contexts of lines with one "doc" are joined in order.
    """
    from docqa.app.lab.evaluate import run_eval

    found = run_eval(file, limit, inputs.options(model=model, base_url=base_url), told=_Teller(limit))
    if not as_json:
        for name, value in found.items():
            report.result(f"{name}: {value}")
    report.result(json.dumps(found))
    return report.ANSWERED


class _Teller:
    """Says on standard error how many questions are done, every ten seconds at most."""

    def __init__(self, limit: int | None) -> None:
        self._of = f" of {limit:,}" if limit is not None else ""
        self._said = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._said >= LINE_EVERY_S:
            self._said = time.monotonic()
            report.note(f"{done:,}{self._of} questions")
