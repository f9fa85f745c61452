"""`docqa ask`: one answer, or one for each question of a file, or one for each document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docqa.app.answer import Answer
    from docqa.app.engine import Options

Items = Annotated[
    list[str] | None,
    typer.Argument(
        metavar='PATH... "QUESTION"', help="Files, folders, .zip or - for standard input; the question comes last."
    ),
]
Questions = Annotated[
    str | None, typer.Option("--questions", metavar="FILE", help='Plain lines, or JSON lines with a "question".')
]


def ask(
    items: Items = None,
    questions: Questions = None,
    each: Annotated[bool, typer.Option("--each", help="One answer for every file, not one context of all.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a question, one line each.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Only the preliminary answer.")] = False,
    no_preview: Annotated[bool, typer.Option("--no-preview", help="Only the final answer.")] = False,
    model: flags.Model = None,
    k: flags.Evidence = None,
    password_file: flags.PasswordFile = None,
    include_hidden: flags.IncludeHidden = False,
    no_store: flags.NoStore = False,
    media_type: flags.Type = None,
) -> int:
    """Answer a question about documents, in their own words, with the page.

    Examples: docqa ask report.pdf "Who signed it?" · docqa ask folder/ --questions questions.jsonl --json

    Exit status 0 answered, 5 the documents do not answer, 3 a document cannot be used, 4 model, memory or disk.
    """
    if quick and no_preview:
        raise UsageError(
            "--quick wants only the preliminary answer, --no-preview only the final one", hint="choose one"
        )
    if questions is None:
        paths, question = inputs.split_question(items or [])
        asked = [question]
    else:
        paths, asked = items or [], inputs.read_questions(questions)
    if not paths:
        raise UsageError("no document to ask", hint="docqa ask FILE --questions QUESTIONS")
    inputs.check_stdin(paths)
    options = inputs.options(
        model=model,
        k=k,
        quick=quick,
        preview=False if no_preview or (as_json and not quick) else None,
        store=False if no_store else None,
        include_hidden=include_hidden or None,
        password_file=password_file,
        media_type=media_type,
    )
    contexts = [[name] for name in inputs.every_document(paths)] if each else [paths]
    return report.worst([_ask_context(context, asked, options, as_json, len(contexts) > 1) for context in contexts])


def _ask_context(paths: list[str], asked: list[str], options: Options, as_json: bool, named: bool) -> int:
    """All questions of one context; a context that cannot be read costs its own answers, not those of the others."""
    from docqa.app.commands.screen import Screen
    from docqa.app.engine import open_session

    screen = Screen(as_json=as_json, heading=", ".join(paths) if named else "", several=len(asked) > 1)
    left = list(asked)
    codes: list[int] = []
    try:
        with open_session(paths, options) as session:
            for question in asked:
                codes.append(screen.show(question, session.ask(question)))
                left.pop(0)
    except report.expected_errors() as error:
        codes.append(report.failure(error))
        _print_failures(left if as_json else [], error)
    finally:
        screen.close()
    return report.worst(codes)


def _print_failures(questions: Iterable[str], error: Exception) -> None:
    """For a script that counts lines: each unanswered question still gets its object, which says why."""
    for question in questions:
        report.result(json_line(failed_answer(question, error)))


def failed_answer(question: str, error: Exception) -> Answer:
    """The Answer of a question whose documents or model could not be used: status unreadable or error."""
    from docqa.app.answer import Answer, CoverageReport, Usage

    return Answer(
        status="unreadable" if report.exit_code(error) == report.INPUT else "error",
        question=question,
        answer=None,
        refused=False,
        confidence=0.0,
        quotes=(),
        evidence=(),
        coverage=CoverageReport(tokens=0, tokens_read=0, pages=0, warnings=(report.describe(error),)),
        usage=Usage(tokens_read=0, tokens_reused=0, seconds=0.0, cached=False),
    )


def json_line(answer: Answer) -> str:
    """The answer as one compact line."""
    value: dict[str, Any] = answer.to_json_object()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
