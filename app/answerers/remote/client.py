"""The one place that speaks to a chat server: requests, streaming, retries, time limits, errors in
words.

`POST BASE/chat/completions` with `stream`, as OpenAI documents it. The key goes into one header at
the moment of sending; no object, message or log holds it. No redirect is followed.
"""

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from docqa.app.answer.text import JsonObject, abridged_name_list

from .address import KEY_VARIABLE, Address, api_key
from .stream import (
    DiscardedReply,
    Piece,
    RemoteError,
    TransientError,
    data_of_stream_lines,
    reply_pieces_of_stream,
    server_message,
    unexpected_reply_message,
)

if TYPE_CHECKING:
    from httpx2 import Response

ATTEMPTS = 4
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
CONNECT_S = 10.0
_SENDS_LESS = "a smaller --k sends less, if the server cannot be given a longer context"
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 529)
# Not every server knows the others. One that names another field in its refusal is asked again without it.
_REQUIRED = "model", "messages", "stream"
_LONGEST_ERROR = 20_000
_MORE_TIME = "DOCQA_TIMEOUT allows more"


class ChatClient:
    """Asks one server. `timeout_s`: the longest silence; a whole reply may take ten times that."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self.address = address
        self._where = str(address)
        self._timeout_s = timeout_s

    def complete(
        self,
        messages: list[dict[str, str]],
        think: bool | None = None,
        schema: Mapping[str, object] | None = None,
    ) -> Iterator[Piece]:
        """The pieces of the model's reply, the last of them a ReplyEnd; closing the iterator ends the
        connection.

        `think` None leaves it to the server whether a model that can think does so; `schema`: of
        the JSON to write, where the server can see to it. Raises RemoteError, in words.
        """
        # Greedy, so that the same question has the same answer as far as the server allows.
        body: JsonObject = {
            "model": self.address.name,
            "messages": messages,
            "temperature": 0,
            "seed": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if think is not None:  # vLLM and SGLang hand it to the chat template
            body["chat_template_kwargs"] = {"enable_thinking": think}
        if schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema},
            }
        attempt = 1
        waited = 0.0
        while True:
            try:
                yield from self._complete_once(body)
                return
            except TransientError as error:
                loads = error.loads and waited < 10 * self._timeout_s
                if not loads and (attempt == ATTEMPTS or (error.wait_s or 0) > LONGEST_WAIT_S):
                    tried = f"{error.message}; " + (
                        f"tried {attempt} times" if attempt > 1 else "not tried again"
                    )
                    raise RemoteError(
                        tried, where=self._where, hint=error.hint or "try again later"
                    ) from error
                # Twice as long each time, spread so that many clients do not meet again.
                pause = FIRST_WAIT_S * 2.0 ** (attempt - 1) * (0.75 + random.random() / 2)
                if loads or error.wait_s is not None:
                    pause = (
                        min(max(waited, FIRST_WAIT_S), CONNECT_S) if loads else error.wait_s or 0.0
                    )
                again = f"waited {waited:.0f} s" if loads else f"{attempt + 1} of {ATTEMPTS}"
                yield DiscardedReply(f"{self._where}: {error.message}; asking again ({again})")
                time.sleep(pause)
                attempt += not loads
                waited += pause

    def _complete_once(self, body: JsonObject) -> Iterator[Piece]:
        """One request; `body` loses the fields that the server does not know, and is sent again at
        once.
        """
        while True:
            with self._post_request(body) as response:
                kind = response.headers.get("content-type", "text/event-stream")
                streams = "text/event-stream" in kind
                if response.status_code == 200 and streams:
                    lines = self._parts_before_timeout(response.iter_lines())
                    yield from reply_pieces_of_stream(data_of_stream_lines(lines), self._where)
                    return
                text = ""
                for piece in response.iter_text():  # an error may be an endless page of a proxy
                    text += piece
                    if len(text) > _LONGEST_ERROR:
                        break
                text = self._without_api_key(text[:_LONGEST_ERROR])
                refused = (name for name in body if name not in _REQUIRED and name in text)
                name = next(refused, None) if response.status_code in (400, 422) else None
                if name is None:
                    raise self._error_of_response(response, text)
                del body[name]

    def _parts_before_timeout(self, parts: Iterable[str]) -> Iterator[str]:
        """`parts` as long as they come in time: a server that only keeps the connection open must
        not hold us.
        """
        until = time.monotonic() + 10 * self._timeout_s
        for part in parts:
            yield part
            if time.monotonic() > until:
                raise RemoteError(
                    f"the reply is not finished after {10 * self._timeout_s:g} s",
                    where=self._where,
                    hint=_MORE_TIME,
                )

    @contextmanager
    def _post_request(self, body: Mapping[str, object]) -> "Iterator[Response]":
        """The response to one request; what goes wrong on the wire is raised as ours."""
        import httpx2

        limits = httpx2.Timeout(self._timeout_s, connect=min(CONNECT_S, self._timeout_s))
        try:
            with (
                httpx2.Client(
                    timeout=limits,
                    follow_redirects=False,
                    trust_env=not self.address.is_on_this_machine,
                ) as client,
                client.stream(
                    "POST",
                    f"{self.address.base_url}/chat/completions",
                    json=body,
                    headers=self._request_headers(),
                ) as response,
            ):
                yield response
        except httpx2.ConnectError as error:
            raise TransientError(
                f"no connection ({self._without_api_key(str(error))})",
                where=self._where,
                hint="does the server run, and there?",
            ) from error
        except httpx2.TimeoutException as error:
            raise TransientError(
                f"no word for {self._timeout_s:g} s", where=self._where, hint=_MORE_TIME
            ) from error
        except httpx2.TransportError as error:
            raise TransientError(
                f"the connection was cut ({self._without_api_key(str(error))})", where=self._where
            ) from error
        except (httpx2.InvalidURL, httpx2.DecodingError) as error:
            raise RemoteError(
                self._without_api_key(str(error)), where=self._where, hint="check --base-url"
            ) from error

    def _request_headers(self) -> dict[str, str]:
        key = api_key(self.address)
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _without_api_key(self, text: str) -> str:
        """`text` of a server or a library without the key, which some of them repeat."""
        key = api_key(self.address)
        return text.replace(key, "[key]") if key else text

    def _error_of_response(self, response: "Response", text: str) -> RemoteError:
        """The error of a reply that is no stream."""
        status = response.status_code
        if status == 200:
            hint = "is it the base URL of a chat server, which streams?"
            return RemoteError(unexpected_reply_message(text), where=self._where, hint=hint)
        said = server_message(text)
        message = f"status {status}" + (f": {said}" if said else "")
        if status in _PASSING:
            loads = (
                status == 503 and "loading" in said.lower()
            )  # llama.cpp, until its model is there
            asked = None
            with suppress(ValueError):
                asked = max(float(response.headers.get("retry-after", "")), 0.0)
            return TransientError(message, where=self._where, wait_s=asked, loads=loads)
        hint = ""
        if status in (401, 403):
            hint = f"the key belongs into {KEY_VARIABLE}"
        elif status == 404:
            try:
                hint = f"it has {abridged_name_list(self.list_models(), 8) or 'none'}"
            except RemoteError as error:
                hint = error.hint
        elif 300 <= status < 400:
            target = self._without_api_key(response.headers.get("location", "elsewhere"))
            message = f"the server redirects to {target}"
            hint = "name that as --base-url"
        elif status in (400, 413):
            hint = _SENDS_LESS
        return RemoteError(message, where=self._where, hint=hint)

    def list_models(self) -> list[str]:
        """The models that the server lists, as --model names them. Raises RemoteError where it
        lists none.
        """
        return [f"{self.address.kind}:{name}" for name in self._context_size_by_model()]

    def context_size(self) -> int | None:
        """Tokens of the model's context, where the server's list of models says so (vLLM, SGLang,
        llama.cpp).
        """
        try:
            known = self._context_size_by_model()
        except RemoteError:
            return None
        return known.get(self.address.name, next(iter(known.values())) if len(known) == 1 else None)

    def _context_size_by_model(self) -> dict[str, int | None]:
        """The models that the server lists, each with its context's tokens where that is said.
        Raises RemoteError.
        """
        import httpx2

        try:
            with httpx2.Client(
                timeout=CONNECT_S, trust_env=not self.address.is_on_this_machine
            ) as client:
                listed = client.get(
                    f"{self.address.base_url}/models", headers=self._request_headers()
                ).json()
            known: dict[str, int | None] = {}
            for entry in listed["data"]:
                tokens = entry.get("max_model_len") or (entry.get("meta") or {}).get("n_ctx")
                known[self._without_api_key(str(entry["id"]))] = (
                    tokens if isinstance(tokens, int) else None
                )
            return known
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise RemoteError(
                "lists no models",
                where=self.address.base_url,
                hint="check the name and --base-url, which usually ends in /v1",
            ) from error
