"""The one place that speaks to a chat server: requests, streaming, retries, time limits, errors in words.

`POST BASE/chat/completions` with `stream`, as OpenAI documents it. The key goes into one header at the moment of
sending; no object, message or log holds it. No redirect is followed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from docqa.app.answerers.remote.address import KEY_VARIABLE, Address, api_key
from docqa.app.answerers.remote.stream import (
    ContextExceeded,
    Discarded,
    Piece,
    RemoteError,
    TransientError,
    about_context,
    pieces_of_object,
    pieces_of_stream,
    server_message,
)

if TYPE_CHECKING:
    from httpx2 import Response

ATTEMPTS = 4
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
CONNECT_S = 10.0
_SENDS_LESS = "a smaller --k sends less"
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 529)
# Not every server knows them. One that names such a field in its refusal is asked again without it.
_OPTIONAL = "stream_options", "seed", "temperature", "chat_template_kwargs", "response_format"
_LONGEST_ERROR = 20_000
_MORE_TIME = "DOCQA_TIMEOUT allows more"


class ChatClient:
    """Asks one server. `timeout_s`: the longest silence; a whole reply may take ten times that."""

    def __init__(self, address: Address, timeout_s: float, wait: Callable[[float], None] = time.sleep) -> None:
        self.address, self._where = address, str(address)
        self._timeout_s = timeout_s
        self._wait = wait

    def complete(
        self, messages: list[dict[str, str]], think: bool | None = None, schema: Mapping[str, object] | None = None
    ) -> Iterator[Piece]:
        """The pieces of the model's reply, the last of them an End; closing the iterator ends the connection.

        `think` None leaves it to the server whether a model that can think does so; `schema`: of the JSON to write,
        where the server can see to it. Raises RemoteError, in words.
        """
        body = _body(self.address.name, messages, think)
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        attempt, waited = 1, 0.0
        while True:
            try:
                yield from self._complete_once(body)
                return
            except TransientError as error:
                loads = error.loads and waited < 10 * self._timeout_s
                if not loads and (attempt == ATTEMPTS or (error.wait_s or 0) > LONGEST_WAIT_S):
                    tried = f"{error.message}; " + (f"tried {attempt} times" if attempt > 1 else "not tried again")
                    raise RemoteError(tried, where=self._where, hint=error.hint or "try again later") from error
                pause = min(max(waited, FIRST_WAIT_S), CONNECT_S) if loads else _pause(attempt, error.wait_s)
                again = f"waited {waited:.0f} s" if loads else f"{attempt + 1} of {ATTEMPTS}"
                yield Discarded(f"{self._where}: {error.message}; asking again ({again})")
                self._wait(pause)
                attempt, waited = attempt + (not loads), waited + pause

    def _complete_once(self, body: dict[str, object]) -> Iterator[Piece]:
        """One request; `body` loses the fields that the server does not know, and is sent again at once."""
        while True:
            with self._posted(body) as response:
                if response.status_code == 200:
                    yield from self._pieces(response)
                    return
                text = self._clean(_text(response))
                name = _refused_field(response.status_code, text, body)
                if name is None:
                    raise self._refusal(response, text)
                del body[name]

    def _pieces(self, response: Response) -> Iterator[Piece]:
        if "text/event-stream" in response.headers.get("content-type", "text/event-stream"):
            yield from pieces_of_stream(self._in_time(response.iter_lines()), self._where)
        else:
            yield from pieces_of_object("".join(self._in_time(response.iter_text())), self._where)

    def _in_time(self, parts: Iterable[str]) -> Iterator[str]:
        """`parts` as long as they come in time: a server that only keeps the connection open must not hold us."""
        until = time.monotonic() + 10 * self._timeout_s
        for part in parts:
            yield part
            if time.monotonic() > until:
                late = f"the reply is not finished after {10 * self._timeout_s:g} s"
                raise RemoteError(late, where=self._where, hint=_MORE_TIME)

    @contextmanager
    def _posted(self, body: Mapping[str, object]) -> Iterator[Response]:
        """The response to one request; what goes wrong on the wire is raised as ours."""
        import httpx2

        limits = httpx2.Timeout(self._timeout_s, connect=min(CONNECT_S, self._timeout_s))
        try:
            with (
                httpx2.Client(timeout=limits, follow_redirects=False, trust_env=not self.address.is_here) as client,
                client.stream("POST", f"{self.address.base_url}/chat/completions", json=body, headers=self._headers())
                as response,
            ):  # fmt: skip
                yield response
        except httpx2.ConnectError as error:
            said, hint = f"no connection ({self._clean(str(error))})", "does the server run, and there?"
            raise TransientError(said, where=self._where, hint=hint) from error
        except httpx2.TimeoutException as error:
            raise TransientError(f"no word for {self._timeout_s:g} s", where=self._where, hint=_MORE_TIME) from error
        except httpx2.TransportError as error:
            raise TransientError(f"the connection was cut ({self._clean(str(error))})", where=self._where) from error
        except (httpx2.InvalidURL, httpx2.DecodingError) as error:
            raise RemoteError(self._clean(str(error)), where=self._where, hint="check --base-url") from error

    def _headers(self) -> dict[str, str]:
        key = api_key(self.address)
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _clean(self, text: str) -> str:
        """`text` of a server or a library without the key, which some of them repeat."""
        key = api_key(self.address)
        return text.replace(key, "[key]") if key else text

    def _refusal(self, response: Response, text: str) -> RemoteError:
        """The error of a status that is not 200."""
        status, said = response.status_code, server_message(text)
        message = f"status {status}" + (f": {said}" if said else "")
        if status in (400, 413, 422, 500) and about_context(text):
            return ContextExceeded(message, where=self._where, hint=_SENDS_LESS)
        if status in _PASSING:
            loads = status == 503 and "loading" in said.lower()  # llama.cpp, until its model is there
            return TransientError(message, where=self._where, wait_s=_asked_wait(response.headers), loads=loads)
        if status in (401, 403):
            return RemoteError(message, where=self._where, hint=f"the key belongs into {KEY_VARIABLE}")
        if status == 404:
            return RemoteError(message, where=self._where, hint=self._known_models())
        if 300 <= status < 400:
            target = self._clean(response.headers.get("location", "elsewhere"))
            return RemoteError(f"the server redirects to {target}", where=self._where, hint="name that as --base-url")
        return RemoteError(message, where=self._where, hint=_SENDS_LESS if status in (400, 413) else "")

    def _known_models(self) -> str:
        """What to do about a model that the server does not know: the names that it lists, as far as it lists any."""
        try:
            names = self.models()
        except RemoteError as error:
            return error.hint
        shown = ", ".join(names[:8])
        return f"it has {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "it has none"

    def models(self) -> list[str]:
        """The models that the server lists, as --model names them. Raises RemoteError where it lists none."""
        return [f"{self.address.kind}:{name}" for name in self._contexts()]

    def context(self) -> int | None:
        """Tokens of the model's context, where the server's list of models says so (vLLM, SGLang, llama.cpp)."""
        try:
            known = self._contexts()
        except RemoteError:
            return None
        return known.get(self.address.name, next(iter(known.values())) if len(known) == 1 else None)

    def _contexts(self) -> dict[str, int | None]:
        """The models that the server lists, each with the tokens of its context where that is said. Raises RemoteError.
        """
        import httpx2

        try:
            with httpx2.Client(timeout=CONNECT_S, trust_env=not self.address.is_here) as client:
                listed = client.get(f"{self.address.base_url}/models", headers=self._headers()).json()
            known: dict[str, int | None] = {}
            for entry in listed["data"]:
                tokens = entry.get("max_model_len") or (entry.get("meta") or {}).get("n_ctx")
                known[self._clean(str(entry["id"]))] = tokens if isinstance(tokens, int) else None
            return known
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "check the name and --base-url, which usually ends in /v1"
            raise RemoteError("lists no models", where=self.address.base_url, hint=hint) from error


def _body(name: str, messages: list[dict[str, str]], think: bool | None) -> dict[str, object]:
    """The request: greedy, so that the same question has the same answer as far as the server allows."""
    body: dict[str, object] = {
        "model": name,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "seed": 0,
    }
    if think is not None:  # vLLM and SGLang hand it to the chat template
        body["chat_template_kwargs"] = {"enable_thinking": think}
    return body


def _refused_field(status: int, text: str, body: Mapping[str, object]) -> str | None:
    """The optional field of `body` that a refusal speaks of."""
    if status not in (400, 422):
        return None
    return next((name for name in _OPTIONAL if name in body and name in text), None)


def _text(response: Response) -> str:
    """The beginning of a response's body; an error may be an endless page of a proxy."""
    pieces: list[str] = []
    for piece in response.iter_text():
        pieces.append(piece)
        if sum(map(len, pieces)) > _LONGEST_ERROR:
            break
    return "".join(pieces)[:_LONGEST_ERROR]


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; None where there is none."""
    try:
        return max(float(headers.get("retry-after", "")), 0.0)
    except ValueError:
        return None


def _pause(attempt: int, asked: float | None) -> float:
    """Seconds before the next attempt: twice as long each time, spread so that many clients do not meet again."""
    if asked is not None:
        return asked
    return FIRST_WAIT_S * 2.0 ** (attempt - 1) * (0.75 + random.random() / 2)
