"""What a server sends, piece by piece: events of chat completions, and thought told from answer.

As vLLM, SGLang and llama.cpp speak OpenAI's form: `data: {json}` lines, the last one `data:
[DONE]`. Reasoning comes as `reasoning_content` or `reasoning` beside `content`, or in it between
think marks.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from docqa.app.answer.events import Token
from docqa.app.answer.text import JsonObject, one_line
from docqa.app.errors import ResourceError
from docqa.model.prompts.thinking import ThoughtSplitter

_SHOWN = 160
_HINT = "is it the base URL of a chat server?"
# tokens of a context that are left for a reply, and their share
_LEAST_REPLY = 256
_SHARE_OF_REPLY = 0.25
_PROMPT = 320  # tokens of a prompt without passages
_SAFE = 0.9  # servers count other tokens than docqa
_SMALLEST = 40  # tokens of passages below which nothing is left to send


def room_for_passages(context: int) -> int:
    """Tokens of passages that go into a context of so many tokens."""
    reply = max(_LEAST_REPLY, int(context * _SHARE_OF_REPLY))
    return max(int((context - reply - _PROMPT) * _SAFE), _SMALLEST)


class RemoteError(ResourceError):
    """The server refused, failed, or spoke another language; what it said is in the message, a key
    never is.
    """


class TransientError(RemoteError):
    """What may go better the next time: no connection, a cut stream, an overload. `wait_s`: asked
    for; `loads`: the server loads its model."""

    def __init__(
        self,
        message: str,
        *,
        where: str,
        hint: str = "",
        wait_s: float | None = None,
        loads: bool = False,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.wait_s = wait_s
        self.loads = loads


@dataclass(frozen=True)
class ReplyEnd:
    """The model has finished: `finish` is stop or length; tokens of the prompt as the server counts
    them, else 0.
    """

    finish: str
    prompt_tokens: int = 0


@dataclass(frozen=True)
class DiscardedReply:
    """What came until now is no part of the answer: it is sent again, for `reason`, or was thought,
    closed by a mark that nothing opened."""

    reason: str = ""


Piece = Token | ReplyEnd | DiscardedReply


def reply_pieces_of_stream(contents: Iterable[str], where: str) -> Iterator[Piece]:
    """The pieces of an event stream by its `data_of_stream_lines`; the last is a ReplyEnd. Raises TransientError
    where it ends before the model has finished, RemoteError for lines of another form."""
    splitter = ThoughtSplitter()
    finish = ""
    written = 0
    usage: JsonObject = {}
    for content in contents:
        if content == "[DONE]":
            finish = finish or "stop"
            break
        chunk = _parse_json_object(content, where)
        usage = _object_or_empty(chunk.get("usage")) or usage
        for choice in map(_object_or_empty, (chunk.get("choices") or [])[:1]):
            message = _object_or_empty(choice.get("delta"))
            reasoning = message.get("reasoning_content") or message.get("reasoning")
            text = message.get("content")
            parts = [(reasoning, True)] if isinstance(reasoning, str) and reasoning else []
            parts += splitter.add(text) if isinstance(text, str) and text else []
            if splitter.late:
                splitter.late = False
                yield DiscardedReply()
            written += sum(len(part) for part, _ in parts)
            yield from starmap(Token, parts)
            finish = str(choice.get("finish_reason") or finish)
    yield from starmap(Token, splitter.remaining_parts())
    if not finish:
        raise TransientError(
            f"the connection ended after {written:,} characters, before the answer did", where=where
        )
    count = usage.get("prompt_tokens")
    yield ReplyEnd(finish, count if isinstance(count, int) and count > 0 else 0)


def data_of_stream_lines(lines: Iterable[str]) -> Iterator[str]:
    """What stands after `data:`; other lines keep the connection open."""
    for line in lines:
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()


def _parse_json_or_none(content: str) -> object:
    """The value of a text of JSON; None where it is none."""
    with suppress(ValueError):
        return json.loads(content)
    return None


def server_message(text: str) -> str:
    """What a server says of an error, on one line: the message of OpenAI's error object, or the
    beginning of it all.
    """
    value = _parse_json_or_none(text)
    if isinstance(value, dict):
        error = value.get("error", value)
        found = error.get("message") or error.get("detail") if isinstance(error, dict) else error
        if isinstance(found, str):
            text = found
    line = one_line(text)
    return line if len(line) <= 3 * _SHOWN else line[: 3 * _SHOWN] + " …"


def _parse_json_object(text: str, where: str) -> dict[str, Any]:
    value = _parse_json_or_none(text)
    if value is None and text.lstrip().startswith("{"):
        raise TransientError(f"{unexpected_reply_message(text)}, it breaks off", where=where)
    if not isinstance(value, dict) or not isinstance(value.get("choices") or [], list):
        raise RemoteError(unexpected_reply_message(text), where=where, hint=_HINT)
    if value.get("error"):
        code = _object_or_empty(value["error"]).get("code")
        kind = TransientError if code is None or str(code).startswith(("5", "429")) else RemoteError
        raise kind(f"the server broke off: {server_message(text)}", where=where)
    return value


def unexpected_reply_message(text: str) -> str:
    """The message of a reply in another form."""
    return f"the server's reply is no chat completion: {one_line(text)[:_SHOWN]!r}"


def _object_or_empty(value: object) -> JsonObject:
    """`value` where it is an object; a server that sends anything else there has said nothing."""
    return value if isinstance(value, dict) else {}
