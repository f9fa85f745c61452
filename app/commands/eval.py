"""`docqa eval`: quality on a file of questions with known answers."""

import json
import time
from typing import Annotated

from docqa.app import report
from docqa.app.output.progress import LINE_EVERY_S

from . import flags, inputs


@flags.shared(*flags.MODELS, "base_url")
def evaluate(
    given: flags.SharedOptions,
    file: Annotated[
        str,
        flags.argument("FILE", "JSON lines of questions with their answers, gzip or not."),
    ],
    folder: Annotated[
        str | None,
        flags.option("--folder", "DIR", "The folder of the documents that the lines name."),
    ] = None,
    limit: Annotated[int | None, flags.count("--limit", "Only the first N questions.")] = None,
    sample: Annotated[
        int | None,
        flags.count("--sample", "Only N questions, drawn evenly over the file."),
    ] = None,
    plot: Annotated[
        str | None, flags.option("--plot", "F", "Draw confidence and precision into this SVG file.")
    ] = None,
    fit: Annotated[
        bool,
        flags.switch(
            "--fit", "Fit how sure answers with a reader, encoder or reranker of others are."
        ),
    ] = False,
    as_json: flags.Json = False,
) -> int:
    """The last line is JSON; rates are 0 to 1. `docqa --man eval` says what the lines of FILE and
    the figures mean.

    With --fit these are of the questions that were fitted on, so judge it by others.

    Example: docqa eval sample_docs/questions.jsonl --folder sample_docs
    """
    inputs.check_plot(plot)
    from docqa.app.eval.evaluate import run_eval

    found = run_eval(
        file,
        given.options(),
        folder=folder,
        limit=limit,
        sample=sample,
        plot=plot,
        fit=fit,
        on_progress=_Progress(min(filter(None, (limit, sample)), default=None)),
    )
    if not as_json:
        for name, value in found.items():
            report.result(f"{name}: {value}")
    report.result(json.dumps(found))
    return report.ANSWERED


class _Progress:
    def __init__(self, total: int | None) -> None:
        self._of = f" of {total:,}" if total is not None else ""
        self._last = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._last >= LINE_EVERY_S:
            self._last = time.monotonic()
            report.note(f"{done:,}{self._of} questions")
