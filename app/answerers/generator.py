"""What a WritingAnswerer has its texts written by: a checkpoint here, or a server."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from docqa.app.answer.events import Event
from docqa.app.answerers.writing.excerpts import Given

if TYPE_CHECKING:
    from docqa.app.answerers.local import LocalReading
    from docqa.model.prompts.conversation import Form


@dataclass(frozen=True)
class Reply:
    """What a model wrote, what there is to say about its end, and the tokens that it was sent, 0 where they were read
    here."""

    text: str
    notes: tuple[str, ...] = ()
    tokens_sent: int = 0


class TextGenerator(Protocol):
    """Writes about one Corpus; `name` is that of the model."""

    name: str

    @property
    def budget(self) -> int:
        """The tokens of passages that it is given at once."""

    @property
    def reading(self) -> LocalReading | None:
        """What reads whole documents into the model; None where a server has it."""

    @property
    def whole(self) -> bool:
        """Whether the next text is written from all of the documents, read into the model."""

    def reply(
        self, form: Form, given: Given, said: Sequence[str], stopped: Callable[[], bool] = bool
    ) -> Generator[Event, None, Reply]:
        """Write what follows what was `said` in turn about what is `given`; ends when `stopped`. Yields the text as it
        comes.

        Raises RemoteError where a server does not answer, ContextExceeded where it was given too much.
        """

    def provenance(self, given: Given, tokens: int) -> dict[str, object]:
        """The `provenance` object of a text about what was `given`, `tokens` of the documents."""
