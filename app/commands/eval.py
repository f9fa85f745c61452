"""`docqa eval`: quality on a file of questions with known answers."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.output.progress import LINE_EVERY_S


@flags.shared(*flags.MODELS, "base_url")
def evaluate(
    given: flags.SharedOptions,
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
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="F", help="Draw confidence and precision into this SVG file.")
    ] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Fit how sure answers with a reader, encoder or reranker of others are.")
    ] = False,
    as_json: flags.Json = False,
) -> int:
    """Measure answers, evidence and refusals on known answers.

    The last line is JSON; rates are 0 to 1, "questions" and "asserted" (not refused) are counts.
    A line of FILE: {"dataset", "doc", "title", "context", "qas": [{"question", "answers": [{"text", "start"}],
    "unanswerable"}]}; the contexts of lines with one "doc" are joined in order. With --folder: {"file", "question",
    "answer", "pages": [physical pages from 1], "unanswerable"}, where "file" is a path in that folder. A question may
    also say its "kind" and "verdict" ("yes" or "no"), in the first form "multi" (all answers together are one), in the
    second "must" or "all_of" (words of which an answer needs one, or all).

    "f1", "exact_match" and "verdict_accuracy" count a refusal as 0; for yes or no the first two compare the clause
    behind "Yes: " or "No: ".
    "precision" is the share of what is asserted that is right, and an answer to an unanswerable question is not. Right:
    the F1 with a known answer is above 0.5 and no figure is in the answer alone, or its first 60 words hold the known
    one, or it is three words or more of it; with "multi" this of each; and yes or no is as known. Where "must" or
    "all_of" is given: the answer or the first 60 words of the first quote (for the kinds "list" and "two_places": 200
    of all quotes) hold it, and a quote is on a right page.
    "precision_at_90": the same where the confidence is 0.9 or more. "calibration_error": mean distance of confidence
    and share that is right, in ten bins of as many answers each. "by_kind": of each kind the shares "right", "wrong"
    and "refused", which make 1 together (an unanswerable question is well refused), and "f1".

    With --fit these are of the questions that were fitted on, so judge it by others.

    Example: docqa eval sample_docs/questions.jsonl --folder sample_docs
    """
    inputs.check_plot(plot)
    from docqa.app.eval.evaluate import run_eval

    found = run_eval(
        file, given.options(), folder=folder, limit=limit, sample=sample, plot=plot, fit=fit,
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
