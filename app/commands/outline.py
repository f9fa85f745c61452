"""`docqa outline`: the section tree of a document, or the sheet of its facts."""

import json
from collections.abc import Sequence
from typing import Annotated

from docqa.app import report
from docqa.app.errors import InputError
from docqa.app.options import Options
from docqa.app.output.console import Screen
from docqa.app.output.outline import outline_object
from docqa.app.output.render import page_text, printable
from docqa.app.session.engine import open_session
from docqa.ingest.types import Document

from . import flags, inputs


@flags.shared("password_file", "media_type")
def outline(
    given: flags.SharedOptions,
    file: flags.File,
    facts: Annotated[
        bool,
        flags.switch("--facts", "What it is, and its facts, each with its quote and place."),
    ] = False,
    as_json: flags.Json = False,
) -> int:
    """Print the section tree of a document, with pages. After an e-mail come those of what is
    attached to it.
    """
    inputs.check_stdin([file])
    if facts:
        return _print_facts(file, given.options(preview=False), as_json)
    documents = _read_documents(file, given.options())
    for document in documents:
        if as_json:
            report.result(json.dumps(outline_object(document), ensure_ascii=False))
            continue
        if len(documents) > 1:
            report.result(printable(f"{document.path}: {document.title}"))
        for section in document.sections:
            title = " ".join(part for part in (section.number, section.title) if part)
            place = f"p. {page_text(section.page, section.label)}" if document.paged else ""
            report.result(f"{'  ' * (section.level - 1)}{printable(title)}  {place}".rstrip())
        if not document.sections:
            where = printable(document.path)
            report.note(
                f"docqa: {where}: no headings were found; you can ask questions about it all the same"
            )
    return report.ANSWERED


def _print_facts(file: str, options: Options, as_json: bool) -> int:
    from docqa.app.batch.sheet import facts_lines, facts_object, make_sheet

    from . import batches

    screen = Screen()
    with batches.listed([file]) as listing:
        for item in listing.items:
            try:
                sheet = make_sheet(item, options, screen.progress)
            finally:
                screen.close()
            if as_json:
                whole = outline_object(sheet.document) | facts_object(sheet)
                report.result(json.dumps(whole | {"file": item.shown_path}, ensure_ascii=False))
                continue
            if len(listing.items) > 1:
                report.result(printable(item.shown_path))
            for line in facts_lines(sheet):
                report.result(line)
    return report.ANSWERED


def _read_documents(file: str, options: Options) -> Sequence[Document]:
    """The document `file`, and what is attached to an e-mail."""
    with open_session([file], options) as session:
        for warning in session.warnings:
            report.warn(warning)
        documents = session.documents
    if len(documents) != 1 and (
        documents[0].path != file or documents[0].media_type != "message/rfc822"
    ):
        raise InputError(f"has {len(documents)} documents", where=file, hint="name one of them")
    return documents
