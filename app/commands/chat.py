"""`docqa chat`: a conversation over documents, in the terminal or from a pipe."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.errors import InputError, UsageError
from docqa.app.output.render import printable

from . import flags, inputs

if TYPE_CHECKING:
    from docqa.app.chat.conversation import ChatConversation
    from docqa.app.history.records import StoredSession, StoredTurn
    from docqa.app.options import Options


@flags.conversing
def chat(
    given: flags.SharedOptions,
    files: Annotated[
        list[str] | None, flags.argument("FILE...", "Files, folders or .zip archives.")
    ] = None,
    resume: Annotated[
        int | None,
        typer.Option(
            "--resume", metavar="ID", min=1, help="Continue a session that `docqa history` lists."
        ),
    ] = None,
    think: flags.Think = None,
    hide: flags.HideThoughts = False,
) -> int:
    """/pages, /quote, /retry and /save look back; /help lists them. Ctrl+C stops an answer, Ctrl+D
    quits. From a pipe every line is a question: echo "Who signed it?" | docqa chat report.pdf

    Exit status of a pipe: the worst of its answers, 5 if one is only possible or not found.
    """
    paths = files or []
    if inputs.STDIN in paths:
        raise UsageError(
            "standard input has the questions, so it cannot be a document", hint="name a file"
        )
    options = given.options(think=think)
    earlier = _load_earlier_session(resume, options) if resume is not None else None
    if earlier and not paths:
        paths = list(dict.fromkeys(document.absolute for document in earlier[0].documents))
    if not paths:
        raise UsageError(
            "there is no document to ask about", hint="docqa chat FILE, or docqa chat --resume ID"
        )
    inputs.check_writing(options)
    return _run_conversation(paths, options, earlier, thoughts=not hide)


def _run_conversation(
    paths: list[str],
    options: Options,
    earlier: tuple[StoredSession, list[StoredTurn]] | None,
    *,
    thoughts: bool,
) -> int:
    from docqa.app.chat.conversation import ChatConversation
    from docqa.app.chat.loop import ChatLoop, piped_lines, typed_lines
    from docqa.app.history.recorder import Recorder
    from docqa.app.session.engine import open_session

    typed = sys.stdin is not None and sys.stdin.isatty()
    with open_session(paths, options, load_meanwhile=True) as session:
        known = {each.absolute: each.id for each in earlier[0].documents} if earlier else {}
        for document in session.documents:
            if known.get(os.path.abspath(document.path), document.id) != document.id:
                report.warn(f"{document.path} has changed: earlier answers cite the old version")
        number = earlier[0].id if earlier else None
        recorder = Recorder(session.store, "chat", session.documents, report.warn, number)
        conversation = ChatConversation(session, recorder, earlier[1] if earlier else [])
        if typed:
            _greet(conversation)
        try:
            return ChatLoop(conversation, typed=typed, thoughts=thoughts).run(
                typed_lines() if typed else piped_lines()
            )
        finally:
            recorder.close()
            if typed and recorder.session is not None:
                report.note(
                    f"docqa: this conversation is kept; docqa chat --resume {recorder.session} continues it"
                )


def _load_earlier_session(number: int, options: Options) -> tuple[StoredSession, list[StoredTurn]]:
    """Raises InputError where there is no such session, or it belongs to the terminal interface."""
    from docqa.app.history.history import open_if_stored
    from docqa.app.storage.store import store_of

    store = store_of(replace(options, store=True))
    history = open_if_stored(store) if store else None
    if not history:
        raise InputError("there is no kept session yet", hint="docqa chat FILE starts one")
    with history:
        session = history.session(number)
        if session.kind == "tui":
            hint = f"docqa tui {session.documents[0].path}" if session.documents else "docqa tui"
            raise InputError(f"session {number} belongs to the terminal interface", hint=hint)
        return session, history.turns(number)


def _greet(conversation: ChatConversation) -> None:
    for document in conversation.session.documents[:5]:
        pages = f", {len(document.pages)} pages" if document.paged else ""
        report.note(f"{printable(document.path)}{pages}")
    more = len(conversation.session.documents) - 5
    if more > 0:
        report.note(f"and {more} more")
    if conversation.turns:
        last = conversation.turns[-1]
        report.note(
            f"{len(conversation.turns)} questions so far, the last: {printable(last.question)}"
        )
    report.note("/help lists the commands, Ctrl+D quits.")
