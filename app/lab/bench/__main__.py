"""Speed on this machine, beside peers on the same weights: `python -m docqa.app.lab.bench`."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from docqa.app import cli, report
from docqa.app.answerers.loading import load_network
from docqa.app.commands import flags, inputs
from docqa.app.errors import UsageError
from docqa.app.lab.bench import at_once, machine, rows, run
from docqa.app.options import Options
from docqa.app.storage.atomic import write_whole

from .plot import ratios_svg


@flags.shared("model", "device")
def bench(
    given: flags.SharedOptions,
    as_json: flags.Json = False,
    long: Annotated[
        bool,
        typer.Option("--long", help="Also measure what takes much longer than twenty minutes."),
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only short contexts, for a rough picture.")
    ] = False,
    real: Annotated[
        Path | None,
        flags.option(
            "--real", "FILE.gguf", "This model instead, beside llama.cpp on the same file."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        flags.option(
            "--row", "NAME", "Only this row of what is there at once, such as tui_first_frame."
        ),
    ] = None,
    plot: Annotated[
        str | None, flags.option("--plot", "F", "Draw the ratios into this SVG file.")
    ] = None,
) -> int:
    """Measure speed on this machine, beside other programs.

    Reading, writing and starting are timed beside transformers and llama.cpp in the same run. The
    last line is JSON."""
    inputs.check_plot(plot)
    options = inputs.local(given.options(), "bench")
    if only is not None:
        unknown = sorted(set(only) - set(at_once.NAMES))
        if unknown or real is not None or long or quick:
            what = (
                f"--row {unknown[0]}: no such row"
                if unknown
                else "--row goes with --json and --plot alone"
            )
            raise UsageError(what, hint=f"one of {', '.join(at_once.NAMES)}")
        measured = at_once.at_once_rows(only)
    else:
        measured = _all_rows(options, real, long, quick)
    described = machine.describe()
    found: list[rows.Measurement] = []
    for row in measured:
        found.append(row)
        report.note(
            f"{row.name}: {'not measured' if row.value is None else f'{row.value:.4g} {row.unit}'}"
        )
    if plot is not None:
        ratios = {f"{row.name} / {row.peer}": row.ratio for row in found if row.ratio is not None}
        drawn = ratios_svg("docqa: speed over the peer's", str(described["processor"]), ratios)
        write_whole(plot, drawn.encode("utf-8"))
    if not as_json:
        about = f"{described['threads']} threads, {described['kernels']}, load before {described['load']}"
        report.result(f"{described['processor']}, {about}")
        for line in rows.table(found):
            report.result(line)
    report.result(json.dumps({"machine": described, "rows": [row.fields() for row in found]}))
    return report.ANSWERED


def _all_rows(
    options: Options, real: Path | None, long: bool, quick: bool
) -> Iterator[rows.Measurement]:
    loaded = load_network(options if real is None else replace(options, model=str(real)))
    if real is not None:
        return run.real_rows(loaded, real, run.QUICK["prompt"] if quick else run.PROMPT)
    return run.rows(loaded, long=long, **(run.QUICK if quick else {}))


def main(arguments: Sequence[str]) -> int:
    return cli.run(arguments, bench, "python -m docqa.app.lab.bench")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
