"""`docqa read`, `plan` and `outline`: a document read ahead of time, what that will take, and how it is built."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.errors import InputError
from docqa.app.models.known import KnownModel, known
from docqa.app.output.progress import duration, size
from docqa.app.output.render import page_text, printable

if TYPE_CHECKING:
    from docqa.app.context.plan import Plan
    from docqa.app.options import Options
    from docqa.ingest.types import Document, Section


def read(
    paths: flags.Paths,
    model: flags.Model = None,
    password_file: flags.PasswordFile = None,
    include_hidden: flags.IncludeHidden = False,
    media_type: flags.Type = None,
) -> int:
    """Read documents now, so that later questions are instant.

    Ctrl-C keeps what was read; the same command goes on from there.
    """
    from docqa.app.output.console import Screen
    from docqa.app.session.engine import open_session

    inputs.check_stdin(paths)
    options = inputs.options(
        model=model, include_hidden=include_hidden or None, password_file=password_file, media_type=media_type
    )
    inputs.local(options, "read")
    started = time.monotonic()
    screen = Screen()
    try:
        with open_session(paths, options) as session:
            for event in session.read():
                screen.progress(event)
            total, reused = len(session.context), session.local.prefiller.tokens_reused
    finally:
        screen.close()
    took = duration(time.monotonic() - started)
    report.result(f"{printable(', '.join(paths))}: {total:,} tokens, {reused:,} of them reused, in {took}")
    return report.ANSWERED


def plan(
    paths: flags.Paths,
    model: flags.Model = None,
    password_file: flags.PasswordFile = None,
    include_hidden: flags.IncludeHidden = False,
    media_type: flags.Type = None,
    as_json: flags.Json = False,
) -> int:
    """Say what reading will take on this machine: tokens, minutes, memory, disk. Nothing is read into the model.

    --model may name one of `docqa models list` that is not here: it says whether it would fit, and fetches nothing.
    """
    from docqa.app.session.engine import open_session

    inputs.check_stdin(paths)
    options = inputs.options(
        model=model, include_hidden=include_hidden or None, password_file=password_file, media_type=media_type
    )
    inputs.local(options, "plan")
    if options.model is not None and not Path(options.model).is_dir() and (wanted := known(options.model)) is not None:
        return _plan_before_pull(paths, options, wanted, as_json)
    with open_session(paths, options) as session:
        planned = session.plan
    report.result(json.dumps(asdict(planned)) if as_json else _plan_text(planned))
    return report.ANSWERED


def _plan_before_pull(paths: list[str], options: Options, model: KnownModel, as_json: bool) -> int:
    """The plan of a model that is not here, from what is known of it."""
    from docqa.app.models.before_pull import forecast
    from docqa.app.models.library import models_root
    from docqa.app.session.engine import open_session

    with open_session(paths, replace(options, model=None)) as session:
        found = forecast(model, len(session.context), models_root())
    report.result(json.dumps(asdict(found) | {"fits": found.fits}) if as_json else "\n".join(found.lines()))
    return report.ANSWERED


def outline(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A document, or - for standard input.")],
    password_file: flags.PasswordFile = None,
    media_type: flags.Type = None,
    as_json: flags.Json = False,
) -> int:
    """Print the section tree of a document, with pages."""
    inputs.check_stdin([file])
    document = _document(file, password_file, media_type)
    if as_json:
        report.result(json.dumps(_outline_object(document), ensure_ascii=False))
        return report.ANSWERED
    for section in document.sections:
        report.result(_section_line(section, document.paged))
    if not document.sections:
        report.note(f"docqa: {file}: no headings were found; `docqa ask` works on it all the same")
    return report.ANSWERED


def _plan_text(plan: Plan) -> str:
    reused = f", {plan.tokens_reused:,} of them kept from before" if plan.tokens_reused else ""
    return "\n".join(
        [
            f"tokens       {plan.tokens:,}{reused}",
            f"reading      {duration(plan.seconds)}",
            f"memory       {size(plan.memory_bytes)}",
            f"disk         {size(plan.disk_bytes)}",
            f"YaRN factor  {plan.yarn_factor:g}",
        ]
    )


def _document(file: str, password_file: str | None, media_type: str | None) -> Document:
    from docqa.app.session.engine import open_session

    with open_session([file], inputs.options(password_file=password_file, media_type=media_type)) as session:
        for warning in session.warnings:
            report.warn(printable(warning))
        documents = session.documents
    if len(documents) != 1:
        raise InputError(f"holds {len(documents)} documents", where=file, hint="name one of them")
    return documents[0]


def _section_line(section: Section, paged: bool) -> str:
    title = " ".join(part for part in (section.number, section.title) if part)
    place = f"p. {page_text(section.page, section.label)}" if paged else ""
    return f"{'  ' * (section.level - 1)}{printable(title)}  {place}".rstrip()


def _outline_object(document: Document) -> dict[str, object]:
    return {
        "file": document.path,
        "title": document.title,
        "pages": len(document.pages) if document.paged else None,
        "sections": [
            {
                "id": section.id,
                "parent": section.parent,
                "number": section.number,
                "title": section.title,
                "level": section.level,
                "page": section.page if document.paged else None,
                "label": section.label,
                "start": section.start,
                "source": section.source,
                "confidence": section.confidence,
            }
            for section in document.sections
        ],
    }
