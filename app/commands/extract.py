"""`docqa extract`: the table of files by fields or questions."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from docqa.app import report
from docqa.app.errors import InputError, UsageError

from . import batches, flags, inputs

if TYPE_CHECKING:
    from docqa.app.batch.batch import Batch
    from docqa.app.batch.fields import Field
    from docqa.app.batch.items import Listing

FIELDS = ("contract", "paper", "opinion", "report")
FORMATS = ("csv", "jsonl", "md", "xlsx")


@flags.shared(
    *flags.MODELS,
    "base_url",
    "k",
    "source",
    "password_file",
    "include_hidden",
    "store",
    "media_type",
)
def extract(
    given: flags.SharedOptions,
    paths: flags.Paths,
    fields: Annotated[
        str | None,
        flags.option(
            "--fields",
            "|".join([*FIELDS, "FILE.toml"]),
            "Typed fields: those of a kind of document, or of a file.",
            *FIELDS,
        ),
    ] = None,
    questions: flags.Questions = None,
    form: Annotated[
        str | None,
        flags.option(
            "--format", "", "The kind of table (default: that of --output, or csv).", *FORMATS
        ),
    ] = None,
    conflicts: Annotated[
        bool,
        flags.switch(
            "--conflicts",
            "List the answers that differ from the rest of their column, with both quotes.",
        ),
    ] = False,
    output: flags.Output = None,
    jobs: batches.Jobs = 1,
    workspace: batches.Workspace = None,
    retry_failed: batches.RetryFailed = False,
    max_failures: batches.MaxFailures = None,
    ray: batches.Ray = None,
) -> int:
    """A field's value is of its type, or the cell is empty; dates, periods and amounts have a
    second, normalised column. An answer has its page and status, and is marked if it differs from
    others that ought to agree. A folder or a .zip gives a row for each of its documents; a file
    that fails is a row with its error. With --conflicts the differing answers are listed instead
    (in xlsx as a second sheet).

    Examples: docqa extract contracts/ --fields contract --output table.xlsx ·
    docqa extract contracts/ --questions questions.txt

    Exit status 0 done, 5 nothing was answered, 6 done and some file failed, 3 there is no document
    at all.
    """
    from docqa.app.batch.batch import Batch, BatchSettings
    from docqa.app.batch.fields import Field, fields_of
    from docqa.app.batch.jobs import AnswerJob, FieldsJob
    from docqa.app.batch.workspace import Workspace
    from docqa.app.storage.atomic import check_output

    chosen = _output_form(form, output)
    inputs.check_stdin(paths)
    if output is not None:
        check_output(output)
    if (fields is None) == (questions is None):
        raise UsageError(
            "needs either --fields or --questions",
            hint="docqa extract contracts/ --fields contract",
        )
    asked = (
        fields_of(fields)
        if fields
        else [Field(each, each) for each in inputs.read_questions(str(questions))]
    )
    options = given.options(preview=False)
    inputs.check_writing(options)
    settings = BatchSettings(jobs, retry_failed, max_failures, ray)
    with batches.folder(workspace) as folder, batches.listed(paths) as listing:
        listing = _without_output(listing, paths, output)
        table = os.path.abspath(output) if output is not None else None
        batches.warn_passed_over(
            [path for path in listing.passed_over if os.path.abspath(path) != table]
        )
        job = (
            FieldsJob(options, asked)
            if fields
            else AnswerJob(options, [field.question for field in asked])
        )
        batch = Batch(job, listing, Workspace(folder), settings)
        batches.answer_documents(batch, kept=workspace is not None)
        return _write_table(batch, asked, chosen, output, conflicts=conflicts)


def _write_table(
    batch: "Batch", asked: "list[Field]", form: str, output: str | None, *, conflicts: bool
) -> int:
    from docqa.app.batch.extraction.rows import table_row
    from docqa.app.batch.extraction.table import make_table
    from docqa.app.batch.extraction.table_files import table_as_file

    table = make_table(asked, [table_row(batch, item, asked) for item in batch.listing.items])
    data = table_as_file(table, form, conflicts=conflicts)
    with batches.kept_in(Path(os.path.abspath(output or ".")).parent, "--output"):
        inputs.deliver(data, output)
    if table.failed:
        report.note(f"docqa: {table.failed} of {len(table.rows)} files failed")
        return report.BATCH_FAILURES
    return report.ANSWERED if table.answered else report.NOT_FOUND


def _output_form(form: str | None, output: str | None) -> str:
    suffix = os.path.splitext(output or "")[1].lower().lstrip(".")
    chosen = form or (suffix if suffix in FORMATS else "csv")
    if chosen not in FORMATS:
        raise UsageError(f"unknown format {chosen!r}", where="--format", hint=", ".join(FORMATS))
    if chosen == "xlsx" and output is None:
        raise UsageError(
            "an xlsx file cannot be printed", where="--format", hint="add --output table.xlsx"
        )
    return chosen


def _without_output(listing: "Listing", paths: list[str], output: str | None) -> "Listing":
    """The documents without the table of an earlier run. Raises UsageError where the output would
    replace one of them, InputError where none are left."""
    if output is not None and os.path.exists(output):
        from docqa.app.batch.extraction.table_files import MARKDOWN_HEAD

        same = [
            item
            for item in listing.items
            if os.path.exists(item.source) and os.path.samefile(item.source, output)
        ]
        # Without such a document it may be a pipe.
        ours = not same or Path(output).read_bytes().startswith(MARKDOWN_HEAD.encode())
        if not ours or any(item.shown_path in paths for item in same):
            raise UsageError("is one of the documents", where=output, hint="write to another file")
        listing.items = [item for item in listing.items if item not in same]
    if not listing.items:
        raise InputError(
            "the only document is the table of an earlier run", hint="name the documents to ask"
        )
    return listing
