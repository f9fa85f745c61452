"""The two interfaces that a Session works with: what answers, and what a WritingAnswerer has its texts
written by.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from docqa.app.answer.answer import Answer, Quote
from docqa.app.answer.events import Event
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.reading.candidates import ANYTHING, AnswerRequirements
from docqa.model.prompts.conversation import PromptForm

from .local import LocalPrefill
from .writing.excerpts import Given


class Answerer(Protocol):
    """Reads one Corpus and answers questions about it. Questions are not empty; the Session sees to
    that.
    """

    @property
    def reading(self) -> LocalPrefill:
        """What reads whole documents on this machine, and its plan."""

    def ask(self, question: str, wanted: AnswerRequirements = ANYTHING) -> Iterator[Event]:
        """Answer `question`; the last event is Finished. `wanted`: what the answer has to be."""

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The next answer that is in none of the quotes `without`; evidence leaves out the first
        `nearest` passages.
        """

    def ranked_passages(self, question: str) -> list[RankedPassage]:
        """All passages for `question`, best first."""

    def close(self) -> None:
        """Keep the whole blocks of a read that was left."""


@dataclass(frozen=True)
class Reply:
    """What a model wrote, what there is to say about its end, and the tokens that it was sent, 0
    where they were read here."""

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
        stopped: Callable[[], bool] = bool,
    ) -> Generator[Event, None, Reply]:
        """Write what follows what was `said` in turn about what is `given`; ends when `stopped`.
        Yields the text as it comes.

        Raises RemoteError where a server does not answer.
        """

    def provenance(self, given: Given, tokens: int) -> dict[str, object]:
        """The `provenance` object of a text about what was `given`, `tokens` of the documents."""
