"""A server's text that the reader ends: what came of it is the answer."""

from pathlib import Path
from typing import Any

import pytest
from chat_server import says, send

from docqa.app import Options, open_session
from docqa.app.answer.events import Notice, ReadProgress, Token
from docqa.app.answerers.remote.stream import RemoteError

PAYS = "What does the tenant of unit 7 pay?"
FIRST = "The tenant of unit 7 pays 119 dollars to the keeper [1]. "


def session_of(server, note: Path, tmp_path):
    options = Options(cache_dir=str(tmp_path / "kept"), model="openai:qwen", base_url=server.url)
    return open_session([str(note)], options)


def asked(session, stop) -> tuple[str, Any]:
    """(the text that was shown, the answer); the text is ended at the first event that `stop` is
    true of.
    """
    shown = ""
    event = None
    for event in session.ask(PAYS):
        shown += event.text if isinstance(event, Token) else ""
        if stop(event, shown):
            session.stop_writing()
    return shown, getattr(event, "answer", None)


def test_what_came_before_the_stop_is_the_answer(server, note, tmp_path):
    started = server(says(FIRST + "The keeper returns the deposit within ten days [2]. " * 3))
    with session_of(started, note, tmp_path) as session:
        shown, answer = asked(session, lambda event, shown: len(shown) > len(FIRST))
        assert not session.stop_writing()  # nothing is being written now
        whole, complete = asked(session, lambda *_: False)
    assert FIRST in shown and len(shown) < len(FIRST) + 20 and whole.startswith(shown)
    assert "119 dollars" in answer.answer and answer.quotes
    assert any("stopped" in warning for warning in answer.coverage.warnings)
    assert not any("stopped" in warning for warning in complete.coverage.warnings)


def test_a_mending_that_is_stopped_leaves_the_first_reply(server, note, tmp_path):
    started = server(
        says(FIRST + "The keeper also owns a zeppelin in Peru."),
        says("The tenant pays nothing at all."),
    )
    mending = []

    def stop(event, shown: str) -> bool:
        mending.extend(
            [True] if isinstance(event, Notice) and "cite or withdraw" in event.message else []
        )
        return bool(mending) and isinstance(event, Token)

    with session_of(started, note, tmp_path) as session:
        _, answer = asked(session, stop)
    assert len(started.bodies) == 2 and [item.text for item in answer.statements][-1].startswith(
        "The keeper also owns"
    )
    assert any("stopped" in warning for warning in answer.coverage.warnings)


def test_what_is_read_here_for_a_server_has_a_size(server, note, tmp_path):
    with session_of(server(says("not stated")), note, tmp_path) as session:
        assert any(isinstance(event, ReadProgress) for event in session.read())
        assert session.plan.tokens == len(session.context)


def test_after_a_reply_that_failed_there_is_nothing_to_stop(server, note, tmp_path):
    with session_of(server(send(401, "no")), note, tmp_path) as session:
        with pytest.raises(RemoteError):
            list(session.ask(PAYS))
        assert not session.stop_writing()
