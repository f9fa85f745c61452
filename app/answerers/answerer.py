"""What every way to answer a question offers to the Session that it stands behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from docqa.app.answer.answer import Answer, Quote
from docqa.app.answer.events import Event
from docqa.app.evidence.ranking import Ranked
from docqa.app.reading.candidates import ANYTHING, Wanted

if TYPE_CHECKING:
    from docqa.app.answerers.local import LocalReading


class Answerer(Protocol):
    """Reads one Corpus and answers questions about it. Questions are not empty; the Session sees to that."""

    @property
    def reading(self) -> LocalReading:
        """What reads whole documents on this machine, and its plan."""

    def read(self) -> Iterator[Event]:
        """Read all documents, or take up what is kept. Closing the generator keeps what was read."""

    def ask(self, question: str, wanted: Wanted = ANYTHING) -> Iterator[Event]:
        """Answer `question`; the last event is Finished. `wanted`: what the answer has to be."""

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The next answer that is in none of the quotes `without`; evidence leaves out the first `nearest` passages."""

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first."""

    def close(self) -> None:
        """Keep the whole blocks of a read that was left."""
