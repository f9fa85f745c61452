"""What the command palette offers over a document: its keys as commands, its headings, and past questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from docqa.app.output.render import printable
from docqa.app.tui.keymap import DOCUMENT
from docqa.app.tui.page.view import section_title
from docqa.app.tui.settings import settings_of

if TYPE_CHECKING:
    from docqa.app.tui.screens.navigation import Navigation

_MOST_HEADINGS = 5_000
_NOT_OFFERED = ("go('next", "go('follow", "stop_job")
_Command = tuple[str, Callable[[], object], str]


class DocumentCommands(Provider):
    """Commands of a screen that has a Navigation."""

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
    def _navigation(self) -> Navigation:
        return self.screen.navigation  # type: ignore[attr-defined, no-any-return]

    def _commands(self) -> Iterator[_Command]:
        for key in settings_of(self.screen).apply(DOCUMENT):
            if not key.action.startswith(_NOT_OFFERED):
                text = key.help[:1].upper() + key.help[1:]
                yield text, partial(self.screen.run_action, key.action), f"key {key.shown}"

    def _questions(self) -> Iterator[_Command]:
        for card in self._navigation.panes.answers.cards:
            yield printable(card.turn.question), partial(self._navigation.choose, card), "question asked before"

    def _headings(self) -> Iterator[_Command]:
        document = self._navigation.panes.document
        for section in document.sections[:_MOST_HEADINGS] if document is not None else ():
            yield section_title(section), partial(self._navigation.jump, section.page, section.start or 1), "heading"
