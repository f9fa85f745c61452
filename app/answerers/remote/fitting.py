"""As much of the documents as a server's context has room for, made smaller as often as it refuses."""

from __future__ import annotations

from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.remote.client import LEAST_REPLY
from docqa.app.answerers.remote.stream import ContextExceeded, RemoteError
from docqa.app.answerers.writing.excerpts import MOST_TOKENS, Given, choose_passages, give, is_whole
from docqa.app.evidence.ranking import Ranked
from docqa.app.places.scope import scope_of

_UNLIMITED = 1 << 40
_ROOM_FOR_REPLY = 0.25
"""Share of a context that is left for the reply, where it is more than LEAST_REPLY."""
_SAFE = 0.9  # servers count other tokens than docqa
_SMALLEST = 40
"""Tokens below which nothing is left to send."""


class Fitting:
    """Passages for one question. Mutable: `chosen` and `given` get smaller with `shrink`."""

    def __init__(self, question: str, corpus: Corpus, ranked: list[Ranked], k: int | None) -> None:
        self._question, self._corpus, self._ranked, self._k = question, corpus, ranked, k
        self._scope = scope_of(question, corpus.documents)
        self._tokens = MOST_TOKENS if k is None else _UNLIMITED
        self._choose()

    def shrink(self, error: ContextExceeded) -> None:
        """Take less, by the numbers that the server says or else half. Raises the error where nothing is left."""
        limit, sent = error.limit, self._sent()
        if limit.context and limit.prompt and limit.prompt > sent:
            other = limit.prompt - sent  # instructions, the question, the chat's own marks
            rest = limit.context - max(LEAST_REPLY, int(limit.context * _ROOM_FOR_REPLY)) - other
            wanted = int(rest * _SAFE)
        elif limit.context and limit.prompt:
            wanted = int(sent * _SAFE * (limit.context - LEAST_REPLY) / limit.prompt)
        else:
            wanted = sent // 2
        self._tokens = min(wanted, int(sent * _SAFE))
        if self._tokens < _SMALLEST or len(self.chosen) == 1:
            raise self._too_small(error) from error
        before = self.chosen
        self._choose()
        if self.chosen == before:
            raise self._too_small(error) from error

    def _choose(self) -> None:
        context = self._corpus.context
        self.chosen = choose_passages(self._question, context, self._ranked, self._scope, self._tokens, self._k)
        self.given: Given = give(context, self.chosen, whole=is_whole(context, self.chosen, self._scope))

    def _sent(self) -> int:
        """Tokens of the numbered sentences, about."""
        return len(self._corpus.tokenizer.encode(self.given.text))

    def _too_small(self, error: ContextExceeded) -> RemoteError:
        hint = "start the server with a longer context"
        return RemoteError(f"{error.message}; not even one passage fits", where=error.where, hint=hint)
