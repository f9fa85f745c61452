"""Where the reader of an open document goes: cites followed, words found, headings and pages chosen, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.render import printable
from docqa.app.tui.answers import AnswerCard
from docqa.app.tui.document_panes import DocumentPanes
from docqa.app.tui.evidence_strip import EvidenceStrip
from docqa.app.tui.held import key
from docqa.app.tui.outline import OutlineTree
from docqa.app.tui.page_view import Mark, PageView
from docqa.app.tui.search import Hits, find_place
from docqa.app.tui.stops import place_alone

if TYPE_CHECKING:
    from docqa.app.tui.page_picture import Pictures
    from docqa.app.tui.stops import PageSpan


class DocumentPlaces(DocumentPanes):
    """The panes, and the ways through them. `pictures` as in DocumentPanes."""

    def __init__(self, path: str, pictures: Pictures | None) -> None:
        super().__init__(path, pictures)
        self._trail: list[tuple[int, int]] = []
        self._hits = Hits()

    # What is chosen

    def on_outline_tree_chosen(self, message: OutlineTree.Chosen) -> None:
        self.jump(message.section.page, message.section.start or 1)

    def on_evidence_strip_chosen(self, message: EvidenceStrip.Chosen) -> None:
        self.jump(message.page, message.offset)

    def on_answer_card_chosen(self, message: AnswerCard.Chosen) -> None:
        card = self.answers.cards[message.number]
        if message.cite is None:
            self.choose(card)
        else:
            self._follow(card, message.cite)

    def on_page_view_moved(self, message: PageView.Moved) -> None:
        """The strip and the status say where the reader is."""
        self.strip.follow(message.page, message.offset)
        if self.document is not None:
            self.picture.follow(self.document, message.page)
        self._status()

    # Going

    def jump(self, page: int, offset: int) -> None:
        """Go to a place; `b` comes back."""
        if self.document is None:
            return
        self._trail.append(self.page.place)
        self.page.go(page, offset)
        self._show_pane("page")
        self.page.focus()

    def choose(self, card: AnswerCard) -> None:
        """Make `card` the one whose cites the keys step through."""
        self.answers.choose(card)
        self._refresh_marks()

    def _follow(self, card: AnswerCard, number: int) -> None:
        assert self.document is not None
        stop = card.stops[number]
        if self.answers.current is not card:
            self.answers.choose(card)
        for other in self.answers.cards:
            if other.current is not None and other is not card:
                other.current = None
                other.redraw()
        card.current = number
        card.redraw()
        self._trail.append(self.page.place)
        self._show_pane("page")
        self.page.reveal(stop.spans)
        self.page.focus()
        self._refresh_marks()
        self._status(f"cite {number + 1} of {len(card.stops)}, {place_alone(stop, self.document)}")

    def _find(self, words: str) -> None:
        assert self.document is not None
        hit = self._hits.search(self.document, words, self.page.place)
        if hit is not None:
            self._go_to_hit(hit)
            return
        self._refresh_marks()
        self._tell(f"“{printable(words)}” does not stand in this document" if words else "nothing to search")

    def _go_to_hit(self, hit: PageSpan) -> None:
        self._trail.append(self.page.place)
        self._show_pane("page")
        self.page.reveal((hit,))
        self._refresh_marks()
        self._status(self._hits.text())

    def _goto(self, wanted: str) -> None:
        assert self.document is not None
        place = find_place(self.document, wanted)
        if place is None:
            self._tell(f"no page or section is called “{printable(wanted)}”", "warning")
            return
        self.bar.action_leave()
        self.jump(*place)

    def _refresh_marks(self) -> None:
        """Highlights and the strip follow from the current answer, its current cite, and the search."""
        card = self.answers.current
        stops = card.stops if card is not None else []
        current = card.current if card is not None else None
        marks = [Mark(hit.page, hit.start, hit.end, "hit") for hit in self._hits.places]
        for number, stop in enumerate(stops):
            if number == current or stop.quote is not None:
                kind = "cite" if number == current else "quote"
                marks += [Mark(span.page, span.start, span.end, kind) for span in stop.spans]
        self.page.mark(marks)
        self.strip.light(card.turn if card is not None else None, stops, current)

    # Keys

    def action_find(self) -> None:
        self.bar.enter("find")

    def action_goto(self) -> None:
        self.bar.enter("goto")

    def action_cite(self, step: int) -> None:
        """The next or previous cite of the current answer, round its end."""
        card = self.answers.current
        if card is None or not card.stops:
            self._tell(f"no cites yet; {key(self, 'question')} asks a question")
            return
        first = 0 if step > 0 else len(card.stops) - 1
        self._follow(card, first if card.current is None else (card.current + step) % len(card.stops))

    def action_stop(self, number: int) -> None:
        card = self.answers.current
        if card is not None and number < len(card.stops):
            self._follow(card, number)

    def action_back(self) -> None:
        if not self._trail:
            self._tell("this is where you began")
            return
        page, offset = self._trail.pop()
        self.page.go(page, offset, above=0)
        self._show_pane("page")
        self.page.focus()

    def action_hit(self, step: int) -> None:
        hit = self._hits.step(step)
        if hit is None:
            self._tell(f"nothing was searched; {key(self, 'find')} searches")
            return
        self._go_to_hit(hit)
        self.page.focus()

    def action_turn(self, step: int) -> None:
        cards = self.answers.cards
        if cards and self.answers.current is not None:
            at = cards.index(self.answers.current) + step
            self.choose(cards[min(max(at, 0), len(cards) - 1)])
            self._show_pane("answers")

    def action_copy(self) -> None:
        """The quote that is followed, else the first, with its cite, through the terminal's clipboard."""
        card = self.answers.current
        if card is None or not card.stops:
            self._tell("no quote to copy yet")
            return
        stop = card.stops[card.current or 0]
        self.app.copy_to_clipboard(stop.copied)
        self._tell(f"copied: {stop.copied}")
