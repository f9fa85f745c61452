"""What a server sends, piece by piece: server-sent events of chat completions, and thought told from answer.

The form is that of OpenAI's chat completions as vLLM, SGLang and llama.cpp speak it: `data: {json}` lines, the last one
`data: [DONE]`. Reasoning comes as `reasoning_content` or `reasoning` beside `content`, or in it between think marks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docqa.app.answer.events import Token
from docqa.app.answerers.remote.context_limit import ContextLimit, context_limit
from docqa.app.errors import ResourceError
from docqa.model.prompts.thinking import ThoughtSplitter

_SHOWN = 160
_HINT = "is it the base URL of a chat server?"
LEAST_REPLY = 256
"""Tokens of a reply that a server's context must leave room for; else less is sent."""
_ROOM_FOR_REPLY = 0.25
"""Share of a context that is left for the reply, where it is more than LEAST_REPLY."""
_SAFE = 0.9  # servers count other tokens than docqa
_PROMPT = 320  # tokens of a prompt without passages
_SMALLEST = 40
"""Tokens of passages below which nothing is left to send."""


def room_for_passages(context: int) -> int:
    """Tokens of passages that go into a context of so many tokens."""
    return max(int((_room(context) - _PROMPT) * _SAFE), _SMALLEST)


def _room(context: int) -> int:
    return context - max(LEAST_REPLY, int(context * _ROOM_FOR_REPLY))


class RemoteError(ResourceError):
    """The server refused, failed, or spoke another language; what it said is in the message, a key never is."""


class ContextExceeded(RemoteError):
    """What was sent is longer than the server's context; `limit` has the numbers that it says."""

    def __init__(self, message: str, limit: ContextLimit, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.limit = limit

    def fewer_tokens(self, sent: int) -> int:
        """Of `sent` tokens of passages as many as there is room for, by the numbers that the server says or else half.
        Raises RemoteError where nothing is left."""
        context, prompt, wanted = self.limit.context, self.limit.prompt, sent // 2
        if context and prompt:
            wanted = int(sent * _SAFE * _room(context) / prompt)
        tokens = min(wanted, int(sent * _SAFE))
        if tokens < _SMALLEST:
            raise self.nothing_fits() from self
        return tokens

    def nothing_fits(self) -> RemoteError:
        """The error of a context that has not even room for one passage."""
        hint = "start the server with a longer context"
        return RemoteError(f"{self.message}; not even one passage fits", where=self.where, hint=hint)


class TransientError(RemoteError):
    """Something that may go better the next time: no connection, a cut stream, an overload. `wait_s`: asked for;
    `loads`: the server loads its model."""

    def __init__(
        self, message: str, *, where: str = "", hint: str = "", wait_s: float | None = None, loads: bool = False
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.wait_s, self.loads = wait_s, loads


@dataclass(frozen=True)
class End:
    """The model has finished: `finish` is stop or length; tokens of the prompt as the server counts them, else 0."""

    finish: str
    prompt_tokens: int = 0


@dataclass(frozen=True)
class Discarded:
    """What came until now is no part of the answer: the request is sent again, which `reason` tells, or it was thought,
    whose closing mark came without an opening one."""

    reason: str = ""


Piece = Token | End | Discarded


def pieces_of_stream(lines: Iterable[str], where: str) -> Iterator[Piece]:
    """The pieces of an event stream; the last is an End.

    Raises TransientError where the stream ends before the model has finished, RemoteError for lines of another form.
    """
    return _pieces_of(_contents(lines, where), where)


def pieces_of_object(text: str, where: str) -> Iterator[Piece]:
    """The pieces of a whole chat completion, from a server that does not stream. Raises as `pieces_of_stream`."""
    if not any(_fields(choice).get("message") for choice in _choices(_object(text, where))):
        raise RemoteError(_strange(text), where=where, hint=_HINT)
    return _pieces_of((text, "[DONE]"), where)


def _pieces_of(contents: Iterable[str], where: str) -> Iterator[Piece]:
    splitter, finish, written = ThoughtSplitter(), "", 0
    usage: dict[str, object] = {}
    for content in contents:
        if content == "[DONE]":
            finish = finish or "stop"
            break
        chunk = _object(content, where)
        usage = _fields(chunk.get("usage")) or usage
        for choice in map(_fields, _choices(chunk)[:1]):
            for piece in _pieces(_fields(choice.get("delta") or choice.get("message")), splitter):
                written += len(piece.text) if isinstance(piece, Token) else 0
                yield piece
            finish = str(choice.get("finish_reason") or finish)
    yield from _split(splitter.rest())
    if not finish:
        raise TransientError(f"the connection ended after {written:,} characters, before the answer did", where=where)
    count = usage.get("prompt_tokens")
    yield End(finish, count if isinstance(count, int) and count > 0 else 0)


def _contents(lines: Iterable[str], where: str) -> Iterator[str]:
    """What stands behind `data:` (and llama.cpp's `error:`), one whole object each; one that a line end within it cut
    in two is put together again."""
    pending = ""
    for line in lines:
        if line.startswith("error:"):
            error = _loaded(line.removeprefix("error:"))
            yield json.dumps(error if _fields(error).get("error") else {"error": error})
        elif pending or line.startswith("data:"):  # else comments that keep the connection open, empty lines
            pending += line.removeprefix("data:").removeprefix(" ") if line.startswith("data:") else line
            if pending.strip() == "[DONE]" or _loaded(pending) is not None:
                yield pending.strip()
                pending = ""
    if pending.strip():
        raise _broken(pending, where)


def _loaded(content: str) -> object:
    """The value of a text of JSON; None where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _broken(content: str, where: str) -> TransientError:
    return TransientError(f"{_strange(content)}, it breaks off", where=where)


def server_message(text: str) -> str:
    """What a server says of an error, on one line: the message of OpenAI's error object, or the beginning of it all."""
    value = _loaded(text)
    if isinstance(value, dict):
        error = value.get("error", value)
        found = error.get("message") or error.get("detail") if isinstance(error, dict) else error
        if isinstance(found, str):
            text = found
    line = " ".join(text.split())
    return line if len(line) <= 3 * _SHOWN else line[: 3 * _SHOWN] + " …"


def _object(text: str, where: str) -> dict[str, object]:
    value = _loaded(text)
    if value is None and text.lstrip().startswith("{"):
        raise _broken(text, where)
    if not isinstance(value, dict) or not isinstance(value.get("choices") or [], list):
        raise RemoteError(_strange(text), where=where, hint=_HINT)
    if value.get("error"):
        limit = context_limit(text)
        if limit is not None:
            raise ContextExceeded(server_message(text), limit, where=where)
        code = _fields(value["error"]).get("code")
        kind = TransientError if code is None or str(code).startswith(("5", "429")) else RemoteError
        raise kind(f"the server broke off: {server_message(text)}", where=where)
    return value


def _choices(value: dict[str, object]) -> list[object]:
    choices = value.get("choices")
    return choices if isinstance(choices, list) else []


def _strange(text: str) -> str:
    shown = " ".join(text.split())[:_SHOWN]
    return f"the server's reply is no chat completion: {shown!r}"


def _pieces(message: dict[str, object], splitter: ThoughtSplitter) -> Iterator[Piece]:
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        yield Token(reasoning, thought=True)
    content = message.get("content")
    if isinstance(content, str) and content:
        parts = splitter.add(content)
        if splitter.late:
            splitter.late = False
            yield Discarded()
        yield from _split(parts)


def _split(parts: Iterable[tuple[str, bool]]) -> Iterator[Token]:
    return (Token(text, thought) for text, thought in parts)


def _fields(value: object) -> dict[str, object]:
    """`value` where it is an object; a server that sends anything else there has said nothing."""
    return value if isinstance(value, dict) else {}
