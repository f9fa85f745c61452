"""The interface of what a WritingAnswerer has its texts written by."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from docqa.app.answer.events import Event
from docqa.app.answer.text import JsonObject
from docqa.model.prompts.conversation import PromptForm

from .local import LocalPrefill
from .writing.excerpts import Given


@dataclass(frozen=True)
class Reply:
    """What a model wrote, what there is to say about its end, and the tokens that it was sent, 0
    where they were read here."""

    text: str
    notes: tuple[str, ...] = ()
    tokens_sent: int = 0


Stopped = Callable[[], bool]
"""Whether the text is to end where it is."""
Replying = Generator[Event, None, Reply]
"""Yields the text as it comes, and returns all of it."""


class TextGenerator(Protocol):
    """Writes about one Corpus; `name` is that of the model."""

    name: str

    @property
    def budget(self) -> int:
        """The tokens of passages that it is given at once."""

    @property
    def reading(self) -> LocalPrefill | None:
        """What reads whole documents into the model; None where a server has it."""

    @property
    def whole(self) -> bool:
        """Whether the next text is written from all of the documents, read into the model."""

    def reply(
        self,
        form: PromptForm,
        given: Given,
        said: Sequence[str],
        stopped: Stopped = bool,
    ) -> Replying:
        """Write what follows what was `said` in turn about what is `given`; ends when `stopped`.
        Yields the text as it comes.

        Raises RemoteError where a server does not answer.
        """

    def provenance(self, given: Given, tokens: int) -> JsonObject:
        """The `provenance` object of a text about what was `given`, `tokens` of the documents."""
