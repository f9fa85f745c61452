"""The tree of commands. Each module of this folder is imported when its command runs or shows its
help: `docqa --help` imports none, their lines of help are here."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Annotated, cast

import typer
from typer._click.core import Command, Context
from typer._click.formatting import HelpFormatter
from typer.core import TyperGroup

from docqa.app import report
from docqa.app.errors import UsageError

_HELP = f"""Reads a long document once and answers any number of questions about it, in its own words, offline.

Examples:

  docqa ask report.pdf "Who signed it?"

  docqa ask folder/ --questions questions.jsonl --json

  docqa plan report.pdf

{report.EXIT_CODES_HELP}
"""


@dataclass(frozen=True)
class CommandEntry:
    """The function `function` of the module `module` of this folder, both called as the command
    where they are empty, whose docstring is its help after the line `help`; or a group of
    `commands`."""

    help: str
    module: str = ""
    function: str = ""
    commands: "dict[str, CommandEntry]" = field(default_factory=dict)

    def make(self, name: str) -> Command:
        """The command as it is run. Imports its module."""
        from importlib import import_module
        from inspect import getdoc

        if self.commands:
            return _make_group(name, self)
        function = getattr(
            import_module(f"docqa.app.commands.{self.module or name}"), self.function or name
        )
        text = getdoc(function) or ""
        return single(
            name, function, text if text.startswith(self.help) else f"{self.help}\n\n{text}"
        )


def single(name: str, function: Callable[..., int], help: str | None = None) -> Command:
    """The command `name` that calls `function` and has its parameters."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, help=help)(function)
    return typer.main.get_command(app)


COMMANDS = {
    "ask": CommandEntry("Answer a question about documents, with quotes and pages."),
    "find": CommandEntry(
        "Find words in documents: every hit with its line, page and printed section."
    ),
    "read": CommandEntry("Read documents now, so that later questions are instant."),
    "plan": CommandEntry("Estimate the time, memory and disk of reading documents."),
    "outline": CommandEntry("Print the section tree of a document, with pages."),
    "summarize": CommandEntry("Summarize every document, and all of them in a digest."),
    "extract": CommandEntry("Make a table: the same fields, or questions, for every file."),
    "verify": CommandEntry("Check the quotations and cites of a text against documents."),
    "chat": CommandEntry("Ask follow-up questions in a conversation over documents."),
    "tui": CommandEntry("Browse documents in the terminal, ask, and follow cites."),
    "mcp": CommandEntry("Serve documents to a program that speaks MCP."),
    "history": CommandEntry("List, find and export past questions."),
    "forget": CommandEntry("Delete all that is kept of a file, an archive or a folder.", "cache"),
    "doctor": CommandEntry("Show what this machine has, and every setting with its origin."),
    "eval": CommandEntry(
        "Measure answers, evidence and refusals on known answers.", "eval", "evaluate"
    ),
    "models": CommandEntry(
        "List, fetch, choose and convert models.",
        commands={
            "list": CommandEntry(
                "Print the models here, those to be pulled, or a server's.", "models", "list_models"
            ),
            "show": CommandEntry(
                "Print a model's parameters and the memory of its state.", "models"
            ),
            "pull": CommandEntry("Download a model from the hub.", "model_files"),
            "rm": CommandEntry("Delete a model that was pulled.", "model_files"),
            "use": CommandEntry(
                "Let a model answer, read, encode or rerank from now on.", "model_files"
            ),
            "check": CommandEntry("Compare docqa's logits with those of transformers.", "models"),
            "quantize": CommandEntry(
                "Write a model with its matrices in 4, 6 or 8 bits.", "model_files"
            ),
            "export": CommandEntry(
                "Write a model for transformers, as bf16 safetensors.", "model_files"
            ),
        },
    ),
    "cache": CommandEntry(
        "List, prune and check what is kept on disk.",
        commands={
            "list": CommandEntry(
                "Print what is kept, most recently used first.", "cache", "list_entries"
            ),
            "prune": CommandEntry(
                "Delete what was not used for longest, and what is damaged.", "cache"
            ),
            "verify": CommandEntry("Check all that is kept against its checksums.", "cache"),
        },
    ),
}


class _Group(TyperGroup):
    """The commands of `entries`, made when they are asked for, listed without that."""

    entries: dict[str, CommandEntry]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name in self.entries and self.commands[cmd_name] is None:
            self.commands[cmd_name] = self.entries[cmd_name].make(cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])


class _Commands(_Group):
    """All commands; says what is kept where one is interrupted, which typer would end without a
    word.
    """

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """`docqa FILE "question"` is `docqa ask FILE "question"`."""
        if args and args[0] not in self.entries and os.path.exists(args[0]):
            args = ["ask", *args]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise typer.Exit(report.report_interrupt(error)) from error


def command() -> Command:
    app = typer.Typer(
        cls=_Commands,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return _make_listing(app, COMMANDS)


def _make_group(name: str, entry: CommandEntry) -> Command:
    app = typer.Typer(
        cls=_Group,
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
        help=entry.help,
    )
    app.callback()(lambda: None)
    made = _make_listing(app, entry.commands)
    made.name = name
    return made


def _make_listing(app: typer.Typer, entries: dict[str, CommandEntry]) -> _Group:
    made = cast("_Group", typer.main.get_command(app))
    made.entries = entries
    made.commands = dict.fromkeys(entries)  # type: ignore[assignment]
    return made


MEANT = {
    "search": "find",
    "grep": "find",
    "delete": "forget",
    "remove": "forget",
    "config": "doctor",
    "check": "verify",
}
"""What commands are called elsewhere."""

MOVED = {"bench": "measures speed", "inspect": "draws what docqa saw on a page"}
"""Commands of a checkout: the modules of this name in docqa.app.lab."""


def hint(arguments: list[str]) -> str:
    """What to do about a command line that was not understood: the nearest command, or the help."""
    from difflib import get_close_matches

    first = next((argument for argument in arguments if not argument.startswith("-")), "")
    if first in MOVED:
        return f"`python -m docqa.app.lab.{first}` {MOVED[first]}, from a checkout"
    names = [*COMMANDS, "--help", "--version", "--man"]
    if first in names:
        return f"`docqa {first} --help` shows how"
    near = [MEANT[first]] if first in MEANT else get_close_matches(first, names, n=1, cutoff=0.5)
    return f"did you mean `docqa {near[0]}`?" if near else "`docqa --help` lists the commands"


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from docqa.app.models.library import bundled
        from docqa.kernels.native import kernel_identity

        report.result(
            f"docqa-reader {version('docqa-reader')}, model {bundled().name}, kernels {kernel_identity()}"
        )
        raise typer.Exit


def manual(topic: str) -> str:
    """The page of the manual about `topic`, as Markdown; without one, what pages there are. Raises
    UsageError.
    """
    from importlib.resources import files

    pages = {
        PurePath(each.name).stem: each for each in files("docqa.app").joinpath("manual").iterdir()
    }
    if topic in pages:
        return pages[topic].read_text(encoding="utf-8").rstrip("\n")
    listed = " ".join(sorted(pages))
    if topic:
        raise UsageError(
            f"the manual has no page {topic!r}", hint=f"docqa --man TOPIC, one of: {listed}"
        )
    return f"docqa --man TOPIC prints a page of the manual: {listed}"


def _manual(wanted: bool) -> None:
    """Only for the help: `cli.run` prints the page."""


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    man: Annotated[
        bool,
        typer.Option(
            "--man", callback=_manual, help="Print a page of the manual: docqa --man TOPIC"
        ),
    ] = False,
) -> None:
    """Holds the options of bare `docqa`; they have done their work when this runs."""
