"""What the command palette offers over a document: its keys as commands, its headings, and past questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from docqa.app.output.render import printable
from docqa.app.tui.held import settings
from docqa.app.tui.keymap import DOCUMENT

if TYPE_CHECKING:
    from docqa.app.tui.screens.document_screen import DocumentScreen

_MOST_HEADINGS = 5_000
_NOT_OFFERED = ("stop(", "cite(", "hit(", "turn(", "reference(", "go_there", "stop_job")


class DocumentCommands(Provider):
    """Commands of a DocumentScreen."""

    async def discover(self) -> Hits:
        """Before anything is typed: the commands and the questions."""
        for text, run, about in [*self._commands(), *self._questions()]:
            yield DiscoveryHit(text, run, text, about)

    async def search(self, query: str) -> Hits:
        """Commands, questions and headings that match `query`."""
        matcher = self.matcher(query)
        for text, run, about in [*self._commands(), *self._questions(), *self._headings()]:
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), run, text, about)

    @property
    def _document_screen(self) -> DocumentScreen:
        return self.screen  # type: ignore[return-value]

    def _commands(self) -> Iterator[tuple[str, Callable[[], object], str]]:
        for key in settings(self.screen).held(DOCUMENT):
            if not key.action.startswith(_NOT_OFFERED):
                yield _sentence(key.help), partial(self.screen.run_action, key.action), f"key {key.shown}"

    def _questions(self) -> Iterator[tuple[str, Callable[[], object], str]]:
        for card in self._document_screen.answers.cards:
            yield printable(card.turn.question), partial(self._document_screen.choose, card), "question asked before"

    def _headings(self) -> Iterator[tuple[str, Callable[[], object], str]]:
        document = self._document_screen.document
        for section in document.sections[:_MOST_HEADINGS] if document is not None else ():
            text = printable(" ".join(part for part in (section.number, section.title) if part))
            yield text, partial(self._document_screen.jump, section.page, section.start or 1), "heading"


def _sentence(text: str) -> str:
    """`text` with a capital letter in front; the rest of it may hold names."""
    return text[:1].upper() + text[1:]
