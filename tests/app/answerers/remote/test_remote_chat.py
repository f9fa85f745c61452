"""`docqa chat` with a server: thought, a second look at the same reply, and an interrupted
conversation.
"""

import io
import sys

import pytest
from chat_server import says, send, stream

PAYS = "What does the tenant of unit 7 pay?"


@pytest.fixture
def chat(docqa, monkeypatch):
    """Function(server, lines, *arguments) -> (exit code, stdout, stderr)."""

    def run(server, lines: list[str], *arguments) -> tuple[int, str, str]:
        typed = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode("utf-8")))
        monkeypatch.setattr(sys, "stdin", typed)
        return docqa("chat", *arguments, "--model", "openai:qwen", "--base-url", server.url)

    return run


def test_thought_is_asked_for_and_shown_apart(chat, server, note):
    pieces = [
        {"reasoning_content": "Let me "},
        {"reasoning_content": "see."},
        {"content": "119 dollars"},
    ]
    started = server(stream(*pieces))
    code, out, err = chat(started, [PAYS], note, "--think")
    assert code == 0 and "119 dollars" in out and "Let me see.\n" in err and "Let me see" not in out
    assert started.bodies[0]["chat_template_kwargs"] == {"enable_thinking": True}
    assert "Let me" not in chat(started, [PAYS], note, "--no-think", "--hide-thoughts")[2]
    assert started.bodies[1]["chat_template_kwargs"] == {"enable_thinking": False}


def test_retry_asks_again_without_the_passages_that_were_shown(chat, server, lease_of, tmp_path):
    lease = lease_of(tmp_path / "lease.txt", 6)
    quoted = '"The tenant of unit 3 shall pay 51 dollars to the keeper named Alder3" [4]'
    started = server(says(quoted), says("not stated"))
    code, out, _ = chat(started, ["What does the tenant of unit 3 pay?", "/retry"], lease)
    assert code in (0, 5) and "51 dollars" in out.split("asked again: the next best")[0]
    first, again = (body["messages"][1]["content"] for body in started.bodies)
    assert "Alder3" in first and "Alder3" not in again and len(again) < len(first)


def test_a_failed_question_does_not_end_the_conversation(chat, server, note):
    started = server(send(401, "no"), says("119 dollars"))
    code, out, err = chat(started, [PAYS, "Who is the keeper?"], note)
    assert (code, "119 dollars" in out, "status 401" in err) == (4, True, True)
