"""The tree of commands. Each module of this folder adds its own; they import the engine only when they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from docqa.app import report
from docqa.app.commands import (
    ask,
    bench,
    cache,
    chat,
    doctor,
    extract,
    find,
    history,
    inspect,
    model_files,
    models,
    outline,
    plan,
    read,
    summarize,
    tui,
    verify,
)
from docqa.app.commands import eval as evaluation

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer._click.core import Command, Context

_HELP = f"""Reads a long document once and answers any number of questions about it, in its own words, offline.

Examples:

  docqa ask report.pdf "Who signed it?"

  docqa ask folder/ --questions questions.jsonl --json

  docqa plan report.pdf

{report.EXIT_CODES_HELP}
"""

COMMANDS: dict[str, Callable[..., int]] = {
    "ask": ask.ask,
    "find": find.find,
    "read": read.read,
    "plan": plan.plan,
    "outline": outline.outline,
    "inspect": inspect.inspect,
    "summarize": summarize.summarize,
    "extract": extract.extract,
    "verify": verify.verify,
    "chat": chat.chat,
    "tui": tui.tui,
    "history": history.history,
    "forget": cache.forget,
    "doctor": doctor.doctor,
    "eval": evaluation.evaluate,
    "bench": bench.bench,
}
GROUPS: dict[str, tuple[str, dict[str, Callable[..., int]]]] = {
    "models": (
        "List, fetch, choose and convert models.",
        {"list": models.list_models, "show": models.show, "pull": model_files.pull, "rm": model_files.rm,
         "use": model_files.use, "check": models.check, "quantize": model_files.quantize, "export": model_files.export},
    ),
    "cache": (
        "List, prune and check what is kept on disk.",
        {"list": cache.list_entries, "prune": cache.prune, "verify": cache.verify},
    ),
}  # fmt: skip


class _Commands(TyperGroup):
    """All commands; says what is kept where one is interrupted, which typer itself would end without a word."""

    def invoke(self, ctx: Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise typer.Exit(report.interrupted(error)) from error


def command() -> Command:
    """The whole command line, ready to run."""
    app = typer.Typer(
        cls=_Commands,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, function in COMMANDS.items():
        app.command(name)(function)
    for group, (text, functions) in GROUPS.items():
        commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=text)
        for name, function in functions.items():
            commands.command(name)(function)
        app.add_typer(commands, name=group)
    return typer.main.get_command(app)


def hint(arguments: list[str]) -> str:
    """What to do about a command line that was not understood: the nearest command, or the help that tells."""
    from difflib import get_close_matches

    names = [*COMMANDS, *GROUPS]
    first = next((argument for argument in arguments if not argument.startswith("-")), "")
    if first in names:
        return f"`docqa {first} --help` shows how"
    near = get_close_matches(first, names, n=1, cutoff=0.5)
    return f"did you mean `docqa {near[0]}`?" if near else "`docqa --help` lists the commands"


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        report.result(f"docqa-reader {version('docqa-reader')}")
        raise typer.Exit


_Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


def _root(version: _Version = False) -> None:
    """Holds the options of bare `docqa`; --version has done its work when this runs."""
