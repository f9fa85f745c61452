"""`docqa extract`: the table of files by questions, as reviewers make it by hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.errors import InputError, UsageError
from docqa.app.render import printable

if TYPE_CHECKING:
    from docqa.app.engine import Options
    from docqa.app.table import Row, Table

FORMATS = ("csv", "jsonl", "md", "xlsx")
_Questions = Annotated[
    str, typer.Option("--questions", metavar="FILE", help='Plain lines, or JSON lines with a "question".')
]
_Format = Annotated[
    str | None, typer.Option("--format", metavar="csv|jsonl|md|xlsx", help="The kind of table (by --output, or csv).")
]
_Conflicts = Annotated[
    bool, typer.Option("--conflicts", help="The answers that differ from the rest of their column, with both quotes.")
]
_Output = Annotated[str | None, typer.Option("--output", metavar="F", help="Write there, not to standard output.")]


def extract(
    paths: flags.Paths,
    questions: _Questions,
    form: _Format = None,
    conflicts: _Conflicts = False,
    output: _Output = None,
    model: flags.Model = None,
    k: flags.Evidence = None,
    password_file: flags.PasswordFile = None,
    include_hidden: flags.IncludeHidden = False,
    no_store: flags.NoStore = False,
    media_type: flags.Type = None,
) -> int:
    """Put the same questions to every file: a table of answers with page and status, differing ones marked.

    A folder or a .zip gives a row for each of its documents; a file that fails is a row with its error. With
    --conflicts the differing answers are listed instead (in xlsx as a second sheet).

    Example: docqa extract contracts/ --questions questions.txt --output table.xlsx

    Exit status 0 done, 5 nothing was answered, 6 done and some file failed, 3 there is no document at all.
    """
    from docqa.app.output_file import check_output, write_whole
    from docqa.app.table_files import table_bytes

    chosen = _form(form, output)
    inputs.check_stdin(paths)
    if output is not None:
        check_output(output)
    asked = inputs.read_questions(questions)
    options = inputs.options(
        model=model, k=k, preview=False, store=False if no_store else None, include_hidden=include_hidden or None,
        password_file=password_file, media_type=media_type,
    )  # fmt: skip
    files = _without_output(inputs.every_document(paths), paths, output)
    _check_any(files)
    table = _table(files, asked, options)
    data = table_bytes(table, chosen, conflicts=conflicts)
    if output is None:
        report.result(data.decode("utf-8").removesuffix("\n"))
    else:
        write_whole(output, data)
        report.note(f"docqa: wrote {printable(output)}")
    if table.failed:
        report.note(f"docqa: {table.failed} of {len(table.rows)} files failed")
        return report.BATCH_FAILURES
    return report.ANSWERED if table.answered else report.NOT_FOUND


def _form(form: str | None, output: str | None) -> str:
    """The format asked for, or that of the output's name. Raises UsageError."""
    suffix = os.path.splitext(output or "")[1].lower().lstrip(".")
    chosen = form or (suffix if suffix in FORMATS else "csv")
    if chosen not in FORMATS:
        raise UsageError(f"there is no format {chosen!r}", where="--format", hint=", ".join(FORMATS))
    if chosen == "xlsx" and output is None:
        raise UsageError("xlsx is not for a terminal", where="--format", hint="--output table.xlsx")
    return chosen


def _without_output(files: list[str], paths: list[str], output: str | None) -> list[str]:
    """`files` without the table of an earlier run. Raises UsageError where the output would replace a document."""
    from docqa.app.table_files import MARKDOWN_HEAD

    if output is None or not os.path.exists(output):
        return files
    same = [file for file in files if os.path.exists(file) and os.path.samefile(file, output)]
    if not same:
        return files
    with open(output, "rb") as stream:
        ours = stream.read(len(MARKDOWN_HEAD)) == MARKDOWN_HEAD.encode()
    if not ours or set(same) & set(paths):
        raise UsageError("is one of the documents", where=output, hint="write to another file")
    return [file for file in files if file not in same]


def _check_any(files: list[str]) -> None:
    """Raises the first file's error where there is no document among `files` at all: no table can come of that."""
    from docqa.ingest.errors import IngestError
    from docqa.ingest.read import find_documents

    first: IngestError | None = None
    for file in files:
        if file == inputs.STDIN:
            return
        try:
            find_documents(file)
        except IngestError as error:
            first = first or error
        else:
            return
    raise first or InputError("no document but the table of an earlier run", hint="name the documents")


def _table(files: list[str], asked: list[str], options: Options) -> Table:
    from docqa.app.commands.screen import Screen
    from docqa.app.extraction import Extraction
    from docqa.app.table import make_table

    screen = Screen()
    extraction = Extraction(asked, options, screen.progress)
    rows: list[Row] = []
    try:
        for number, file in enumerate(files, start=1):
            if len(files) > 1:
                screen.close()
                report.note(f"docqa: {number} of {len(files)}: {printable(file)}")
            found = extraction.rows(file)
            screen.close()
            for row in found:
                if row.error is not None:
                    report.note(f"docqa: {row.error}")
            rows += found
    finally:
        screen.close()
    return make_table(asked, rows)
