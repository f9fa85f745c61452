"""`docqa tui`: the terminal interface."""

import sys
from typing import Annotated

import typer

from docqa.app.errors import UsageError

from . import flags


@flags.conversing
def tui(
    given: flags.SharedOptions,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="A document, a folder or a .zip; by default what you read before, or else this folder.",
        ),
    ] = None,
) -> int:
    """Type a question; `/` offers commands, F1 all keys, Ctrl+Q quits. Questions and answers are
    kept with what was read of the document. Theme and keys are set under [tui] in config.toml;
    `docqa doctor` lists them.
    """
    options = given.options()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the terminal interface needs a terminal", hint='in a pipe: docqa ask FILE "QUESTION"'
        )
    from docqa.app.tui.app import run

    return run(path, options)
