"""The chat server of `chat_server.py`, started for a test, and a way to ask it."""

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    "chat_server", Path(__file__).parent / "chat_server.py"
)
assert _spec is not None and _spec.loader is not None
chat_server = sys.modules.setdefault("chat_server", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(chat_server)


@pytest.fixture
def server(loopback, monkeypatch):
    """Function(*replies) that starts the server; returns the handler class, with `url`, `bodies`
    and `keys`.
    """
    from docqa.app.answerers.remote import client

    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.01)

    def start(*replies):
        made = type(
            "Made", (chat_server.Handler,), {"replies": list(replies), "bodies": [], "keys": []}
        )
        made.url = f"{loopback(made)}/v1"  # type: ignore[attr-defined]
        return made

    return start


@pytest.fixture
def ask_server(docqa, monkeypatch):
    """Function(server, *arguments) -> (exit code, stdout, stderr) of `docqa ask` with a key in the
    environment.
    """
    monkeypatch.setenv("DOCQA_API_KEY", chat_server.KEY)

    def ask(server, *arguments) -> tuple[int, str, str]:
        return docqa("ask", *arguments, "--model", "openai:qwen", "--base-url", server.url)

    return ask
