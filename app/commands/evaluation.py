"""`docqa eval`: quality on a file of questions with known answers."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs


def evaluate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines of documents with questions, gzip or not.")],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N questions.")
    ] = None,
    model: flags.Model = None,
    as_json: flags.Json = False,
) -> int:
    """Measure answers, evidence and refusals on questions with known answers; the last line is JSON."""
    from docqa.app.evaluate import evaluate as measure

    found = measure(file, limit=limit, options=inputs.options(model=model))
    if not as_json:
        for name, value in found.items():
            report.result(f"{name}: {value}")
    report.result(json.dumps(found))
    return report.ANSWERED
