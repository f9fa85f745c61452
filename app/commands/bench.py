"""`docqa bench`: speed on this machine, beside peers on the same weights."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs


@flags.shared("model")
def bench(
    given: flags.Given,
    as_json: flags.Json = False,
    long: Annotated[
        bool, typer.Option("--long", help="Also measure what takes much longer than twenty minutes.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Only short contexts, for a rough picture.")] = False,
    real: Annotated[
        Path | None,
        typer.Option("--real", metavar="FILE.gguf", help="Also this model, beside llama.cpp on the same file."),
    ] = None,
    plot: Annotated[str | None, typer.Option("--plot", metavar="F", help="Draw the ratios into this SVG file.")] = None,
) -> int:
    """Measure speed on this machine, beside other programs.

    Reading, writing and starting are timed beside transformers and llama.cpp in the same run. The last line is JSON.
    """
    inputs.check_plot(plot)
    from docqa.app.answerers.loading import load_model
    from docqa.app.lab import figures
    from docqa.app.lab.bench import machine, rows, run  # and all that they time, torch among it

    options = inputs.local(given.options(), "bench")
    loaded = load_model(options)
    of_file = load_model(replace(options, model=str(real))) if real is not None else None
    described = machine.describe()
    found: list[rows.Row] = []
    measured = run.rows(loaded, long=long, **(run.QUICK if quick else {}))
    if real is not None and of_file is not None:
        prompt = run.QUICK["prompt"] if quick else run.PROMPT
        measured = chain(measured, run.against_peers(of_file, prompt, real))
    for row in measured:
        found.append(row)
        report.note(f"{row.name}: {'not measured' if row.value is None else f'{row.value:.4g} {row.unit}'}")
    ratios = {f"{row.name} / {row.peer}": row.ratio for row in found if row.ratio is not None}
    figures.write(plot, figures.ratios("docqa bench: speed over the peer's", str(described["processor"]), ratios))
    if not as_json:
        report.result(f"{described['processor']}, {described['threads']} threads, {described['kernels']}")
        for line in rows.table(found):
            report.result(line)
    report.result(json.dumps({"machine": described, "rows": [row.fields() for row in found]}))
    return report.ANSWERED
