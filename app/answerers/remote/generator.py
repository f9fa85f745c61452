"""A server's model that writes: it is sent numbered sentences, and its text is kept as it was
written.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from docqa.app.answer.events import Notice
from docqa.app.answer.text import JsonObject
from docqa.app.context.provenance import documents_hash, provenance_without_state
from docqa.app.options import Options
from docqa.model.prompts.conversation import PromptForm, chat_messages
from docqa.model.prompts.written_prompt import UNSTATED

from ..answerer import Reply, Replying, Stopped
from ..corpus import Corpus
from ..third_party import options_for_provenance
from ..writing.excerpts import MOST_TOKENS, Given
from ..writing.replies import CUT, STOPPED, is_repeating_itself
from .address import Address
from .client import ChatClient
from .stream import DiscardedReply, RemoteError, ReplyEnd, room_for_passages

_UNLIMITED = 1 << 40
_LONGEST = 16_000  # characters of a reply


@dataclass
class RemoteGenerator:
    """Asks the server that `options` name. Raises UsageError where they name none."""

    reading = None
    whole = False

    corpus: Corpus
    options: Options

    def __post_init__(self) -> None:
        self._address = Address.from_model_name(str(self.options.model), self.options.base_url)
        self._client = ChatClient(self._address, self.options.timeout_s)
        self.name = self._address.model

    @cached_property
    def budget(self) -> int:
        """As much as the server's context has room for, where it says how long that is."""
        if self.options.k is not None:
            return _UNLIMITED
        context = self._client.context_size()
        return MOST_TOKENS if context is None else min(MOST_TOKENS, room_for_passages(context))

    def reply(
        self,
        form: PromptForm,
        given: Given,
        said: Sequence[str],
        stopped: Stopped = bool,
    ) -> Replying:
        """What the model writes, its thought apart. Raises RemoteError where there is no answer in
        it."""
        sent = chat_messages(form, given.text, said)
        text = ""
        end = ReplyEnd("stop")
        for piece in self._client.complete(sent, self.options.think, form.schema):
            if stopped():
                break
            if isinstance(piece, ReplyEnd):
                end = piece
            elif isinstance(piece, DiscardedReply):
                text = ""
                if piece.reason:
                    yield Notice(piece.reason)
            else:
                yield piece
                text += "" if piece.thought else piece.text
                if len(text) > _LONGEST:
                    end = ReplyEnd("length")
                    break
                if not piece.thought and is_repeating_itself(text, piece.text):
                    break
        notes: tuple[str, ...] = (STOPPED,)
        if not stopped():
            notes = (CUT,) if end.finish == "length" else ()
            if end.finish == "content_filter":
                raise RemoteError(
                    "the server's filter stopped the answer", where=str(self._address)
                )
            if end.finish == "length" and not text.strip():
                raise RemoteError(
                    "the model thought until its reply was full",
                    where=str(self._address),
                    hint="docqa chat --no-think, or another model",
                )
        encode = self.corpus.tokenizer.encode
        text = _unwrap_json_answer(text) if form.schema else text
        return Reply(
            text, notes, end.prompt_tokens or sum(len(encode(each["content"])) for each in sent)
        )

    def provenance(self, given: Given, tokens: int) -> JsonObject:
        """The server holds no state; `whole` is what it was sent all of."""
        return provenance_without_state(
            documents_hash(self.corpus.documents),
            self.name,
            {
                **options_for_provenance(self.options),
                "base_url": self._address.base_url,
                "from": "whole" if given.whole else "passages",
            },
        )


def _unwrap_json_answer(text: str) -> str:
    """The answer in JSON as a model writes it that was asked for none: with the numbers of its
    sentences after it.
    """
    try:
        found = json.loads(text)
        words = found["answer"]
        numbers = [int(number) for number in found["sentences"]]
    except (ValueError, KeyError, TypeError):
        return text  # of a server that knows no schema
    return f"{words} {numbers or ''}" if words else UNSTATED
