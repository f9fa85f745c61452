"""What every way to answer a question offers to the Session that it stands behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from docqa.app.answer.answer import Answer, Quote
from docqa.app.answer.events import Event
from docqa.app.context.plan import Plan
from docqa.app.evidence.ranking import Ranked

if TYPE_CHECKING:
    from docqa.model.prompts.conversation import Turn


class Answerer(Protocol):
    """Reads one Corpus and answers questions about it. Questions are not empty; the Session sees to that."""

    @property
    def plan(self) -> Plan:
        """What reading takes on this machine. Raises UsageError where nothing is read on it."""

    def read(self) -> Iterator[Event]:
        """Read all documents, or take up what is kept. Closing the generator keeps what was read."""

    def ask(self, question: str, earlier: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer `question`; the last event is Finished. `earlier`: the turns before it, for a model that writes."""

    def preview(self, question: str) -> Answer:
        """A preliminary answer, status `partial`, without reading the documents."""

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The next answer that is in none of the quotes `without`; evidence leaves out the first `nearest` passages."""

    def stop_writing(self) -> bool:
        """End the text that is being written, so that what there is becomes the answer; False where none is."""

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first."""

    def close(self) -> None:
        """Keep the whole blocks of a read that was left."""
