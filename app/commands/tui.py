"""`docqa tui`: the terminal interface."""

from typing import Annotated

from . import flags


@flags.conversing
def tui(
    given: flags.SharedOptions,
    path: Annotated[
        str | None,
        flags.argument(
            "[PATH]",
            "A document, a folder or a .zip; by default what you read before, or else this folder.",
        ),
    ] = None,
) -> int:
    """Type a question; `/` offers commands, F1 all keys, Ctrl+Q quits. Questions and answers are
    kept with what was read of the document. Theme and keys are set under [tui] in config.toml;
    `docqa doctor` lists them.
    """
    from docqa.app.tui.app import run

    return run(path, given.options())
