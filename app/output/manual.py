"""The manual page of docqa, made of the commands and settings themselves: `docqa --man`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docqa.app import config, report

if TYPE_CHECKING:
    from typer._click.core import Command, Context

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_TYPE = re.compile(r" <[^<>]*>$")


def manual_page(root: Command, version: str) -> str:
    """The page in roff, for `man -l -` or a folder man1. Imports every command."""
    context = root.make_context("docqa", [], resilient_parsing=True)
    lines = [
        f'.TH DOCQA 1 "" "docqa {_roff(version)}" "User Commands"',
        ".SH NAME", "docqa \\- answers questions about long documents in their own words, offline",
        ".SH SYNOPSIS", ".B docqa", "\\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...",
        ".SH DESCRIPTION", *_paragraphs((root.help or "").replace(report.EXIT_CODES_HELP, "")),
        ".SH COMMANDS", *_commands(root, context, "docqa"),
        ".SH ENVIRONMENT", *_settings(),
        ".SH FILES", ".TP", ".I config.toml", "The same settings; \\fBdocqa doctor\\fR says where it is.",
        ".SH EXIT STATUS", *_paragraphs(report.EXIT_CODES_HELP.removeprefix("Exit status: ")),
    ]  # fmt: skip
    return "\n".join(lines)


def _commands(group: Any, context: Context, path: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner, f"{path} {name}")
            continue
        pieces = " ".join(command.collect_usage_pieces(inner))
        yield from [".SS", _roff(f"{path} {name} {pieces}"), *_paragraphs(command.help or "")]
        for parameter in command.get_params(inner):
            record = parameter.get_help_record(inner)
            if record is not None and "--help" not in parameter.opts:
                yield from [".TP", f".B {_roff(_TYPE.sub('', record[0]))}", _roff(" ".join(record[1].split()))]


def _settings() -> Iterator[str]:
    """Every variable that docqa looks at."""
    settings = {f"DOCQA_{name.upper()}": known.help for name, known in config.KNOWN.items()}
    for name, help_text in sorted({**settings, **config.SWITCHES, **config.SECRETS}.items()):
        yield from [".TP", f".B {name}", _roff(help_text)]


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in _PARAGRAPH.split(text.strip()):
        yield from [".PP", _roff(" ".join(paragraph.split()))]


def _roff(text: str) -> str:
    """`text` as roff prints it: hyphens that can be copied, no line that begins like a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
