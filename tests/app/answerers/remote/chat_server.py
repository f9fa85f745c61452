"""A chat server on this machine that does what a test tells it to."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

KEY = "sk-test-0123456789abcdef"
Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each request with the next of `replies`, the last one for ever; keeps what it was
    asked.
    """

    protocol_version = "HTTP/1.1"
    replies: list[Reply] = []
    bodies: list[dict[str, Any]] = []
    keys: list[str | None] = []
    context: int | None = None

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.bodies.append(json.loads(self.rfile.read(length)))
        self.keys.append(self.headers.get("Authorization"))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        reply(self)

    def do_GET(self) -> None:
        send(200, {"data": [{"id": "qwen", "max_model_len": self.context}, {"id": "llama"}]})(self)

    def log_message(self, *_) -> None:
        return


def send(status: int, value, **headers: str) -> Reply:
    """A reply of one JSON value, or of a text as it is."""

    def reply(handler: Handler) -> None:
        data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        handler.send_response(status)
        for name, content in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), content)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def stream(
    *deltas: dict[str, Any], finish: str | None = "stop", cut: bool = False, done: bool = True
) -> Reply:
    """A reply in pieces; `cut` closes the connection in the middle of it."""

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        events = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        if not cut:
            events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
            events.append({"choices": [], "usage": {"prompt_tokens": 321, "completion_tokens": 12}})
        lines = [f"data: {json.dumps(event)}\n\n" for event in events]
        for line in [
            ": keep alive\n\n",
            *lines,
            *(["data: [DONE]\n\n"] if done and not cut else []),
        ]:
            data = line.encode()
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            handler.wfile.flush()
        if cut:
            handler.close_connection = True
            handler.connection.close()
        else:
            handler.wfile.write(b"0\r\n\r\n")

    return reply


def says(text: str) -> Reply:
    """A stream of `text` in pieces of a few characters."""
    return stream(*({"content": text[at : at + 7]} for at in range(0, len(text), 7)))
