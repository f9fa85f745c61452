"""`docqa history`: past questions and answers, found by their words, and exported."""

import json
import time
from typing import Annotated

from docqa.app import report
from docqa.app.answer.text import JsonObject, abridged_name_list
from docqa.app.errors import InputError, UsageError
from docqa.app.history.export import file_names_to_show
from docqa.app.history.records import Listed, parse_id
from docqa.app.history.rendering import HTML, MARKDOWN, rendered
from docqa.app.output.render import printable
from docqa.app.storage.atomic import check_output

from . import flags, inputs
from .cache import existing_store, stored_history

_EXPORT = "export"
_FILES_SHOWN = 3


def history(
    words: Annotated[
        list[str] | None,
        flags.argument("[QUERY] | export ID", "Words to find; or what to export."),
    ] = None,
    as_html: Annotated[
        bool, flags.switch("--html", "Export one page with the cited pages' text, quotes marked.")
    ] = False,
    as_markdown: Annotated[bool, flags.switch("--md", "Export Markdown (the default).")] = False,
    output: flags.Output = None,
    limit: Annotated[int, flags.count("--limit", "List the newest N.")] = 50,
    as_json: flags.Json = False,
) -> int:
    """The newest come first. QUERY finds questions with all of its words, or words that begin so,
    in the question, the answer or a quote. ID: 12 is a whole session, 12.3 its third question.

    Examples: docqa history · docqa history "notice period" · docqa history export 12 --html
    --output answers.html
    """
    if as_html and as_markdown:
        raise UsageError("--html and --md exclude each other", hint="choose one")
    words = words or []
    if words[:1] == [_EXPORT]:
        return _export_session(words[1:], as_html, output, as_json)
    if as_html or as_markdown or output is not None:
        raise UsageError(
            "--html, --md and --output are only for an export",
            hint="docqa history export ID --html --output F",
        )
    return _list_turns(" ".join(words), limit, as_json)


def _list_turns(query: str, limit: int, as_json: bool) -> int:
    with stored_history(existing_store()) as kept:
        if not kept:
            report.note(
                "docqa: there are no past questions yet; `docqa ask` and `docqa chat` keep theirs"
            )
            return report.ANSWERED
        listed, total = kept.search(query, limit)
    for item in listed:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(item.turn.asked))
        files = abridged_name_list(list(file_names_to_show(item.files).values()), _FILES_SHOWN)
        line = (
            f"{item.id:>7}  {when}  {item.turn.status:9}  {files}: {printable(item.turn.question)}"
        )
        report.result(json.dumps(_turn_object(item), ensure_ascii=False) if as_json else line)
    if total > len(listed):
        report.note(f"docqa: {len(listed):,} of {total:,} questions; --limit {total} lists all")
    elif not listed:
        report.note(
            f"docqa: no question with {printable(query)!r}"
            if query
            else "docqa: there are no past questions"
        )
    return report.ANSWERED


def _export_session(names: list[str], as_html: bool, output: str | None, as_json: bool) -> int:
    if as_json:
        raise UsageError(
            "an export is Markdown or HTML", where="--json", hint="docqa history QUERY --json"
        )
    if len(names) != 1:
        raise UsageError(
            "export needs the number of one session or question",
            hint="docqa history export ID; `docqa history '\"export\"'` looks for the word",
        )
    session, position = parse_id(names[0])
    if output is not None:
        check_output(output)
    inputs.deliver(_export_text(session, position, as_html), output)
    return report.ANSWERED


def _export_text(number: int, position: int | None, as_html: bool) -> str:
    with stored_history(existing_store()) as kept:
        if not kept:
            raise InputError(
                "the history is empty", hint="`docqa ask` and `docqa chat` keep their questions"
            )
        session = kept.session(number)
        turns = kept.turns(number)
        annotations = kept.annotations(number) if position is None else []
    chosen = [turn for turn in turns if position in (None, turn.position)]
    if not chosen and not annotations:
        which = "no question" if position is None else f"no question {position}"
        raise InputError(f"session {number} has {which}", hint=f"it has {session.questions}")
    before = (
        turns[: turns.index(chosen[0])] if chosen else []
    )  # a quote keeps its number, whatever is exported
    first = 1 + sum(len(turn.answer.quotes) for turn in before if turn.answer is not None)
    return rendered(HTML if as_html else MARKDOWN, session, chosen, first, annotations)


def _turn_object(item: Listed) -> JsonObject:
    turn = item.turn
    return {
        "id": item.id,
        "kind": item.kind,
        "asked": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(turn.asked)),
        "files": list(item.files),
        "question": turn.question,
        "understood": turn.understood or turn.question,
        "status": turn.status,
        "note": turn.note,
        "answer": turn.answer.to_json_object() if turn.answer else None,
    }
