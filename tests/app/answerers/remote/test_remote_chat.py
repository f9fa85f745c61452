"""`docqa chat` with a server: thought, a second look at the same reply, and an interrupted conversation."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from chat_server import says, send, stream

PAYS = "What does the tenant of unit 7 pay?"


@pytest.fixture
def chat(docqa: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Function(server, lines, *arguments) -> (exit code, stdout, stderr)."""

    def run(server: Any, lines: list[str], *arguments: object) -> tuple[int, str, str]:
        typed = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode("utf-8")))
        monkeypatch.setattr(sys, "stdin", typed)
        return docqa("chat", *arguments, "--model", "openai:qwen", "--base-url", server.url)

    return run


def test_thought_is_asked_for_and_shown_apart(chat: Any, server: Any, note: Path) -> None:
    pieces = [{"reasoning_content": "Let me "}, {"reasoning_content": "see."}, {"content": "119 dollars"}]
    started = server(stream(*pieces))
    code, out, err = chat(started, [PAYS], note, "--think")
    assert code == 0 and "119 dollars" in out and "Let me see.\n" in err and "Let me see" not in out
    assert started.bodies[0]["chat_template_kwargs"] == {"enable_thinking": True}
    assert "Let me" not in chat(started, [PAYS], note, "--no-think", "--hide-thoughts")[2]
    assert started.bodies[1]["chat_template_kwargs"] == {"enable_thinking": False}


def test_retry_takes_the_next_of_the_same_reply(chat: Any, server: Any, note: Path) -> None:
    quotes = '"shall pay 119 dollars to the keeper" [1]\n"The keeper returns the deposit within ten days" [1]'
    started = server(says(f"119 dollars\n{quotes}"))
    code, out, _ = chat(started, [PAYS, "/retry"], note)
    assert (code, len(started.bodies)) == (0, 1)
    first, again = out.split("asked again: the next best")
    assert "119 dollars\n" in first and "returns the deposit" in again and "119" not in again


def test_a_failed_question_does_not_end_the_conversation(chat: Any, server: Any, note: Path) -> None:
    started = server(send(401, "no"), says("119 dollars"))
    code, out, err = chat(started, [PAYS, "Who is the keeper?"], note)
    assert (code, "119 dollars" in out, "status 401" in err) == (4, True, True)
