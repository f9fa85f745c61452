"""`docqa tui`: the terminal interface."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from docqa.app.commands import flags, inputs
from docqa.app.errors import UsageError


def tui(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="A document, a folder or a .zip; without it what was read before, else the current folder.",
        ),
    ] = None,
    model: flags.Model = None,
    base_url: flags.BaseUrl = None,
    k: flags.Evidence = None,
    password_file: flags.PasswordFile = None,
    include_hidden: flags.IncludeHidden = False,
    no_store: flags.NoStore = False,
) -> int:
    """Browse documents in the terminal: ask, follow a cite to its words, search, export.

    `?` shows the keys, Ctrl+Q quits with status 0. Questions and answers are kept with what was read of the document.
    Theme and keys: [tui] in config.toml; docqa doctor lists them.
    """
    options = inputs.options(
        model=model,
        base_url=base_url,
        k=k,
        store=False if no_store else None,
        include_hidden=include_hidden or None,
        password_file=password_file,
    )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the terminal interface needs a terminal", hint='in a pipe: docqa ask FILE "QUESTION"')
    from docqa.app.tui.app import run

    return run(path, options)
