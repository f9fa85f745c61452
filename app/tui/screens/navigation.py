"""Where the reader of an open document goes: along cites, search hits, references and headings, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.output.render import excerpt, printable
from docqa.app.tui.page.search import Hits, PageSpan, find_place
from docqa.app.tui.page.stops import EXCERPT_CHARACTERS, place_alone
from docqa.app.tui.page.view import Mark, section_label
from docqa.app.tui.settings import key

if TYPE_CHECKING:
    from docqa.app.tui.page.links import Link
    from docqa.app.tui.screens.panes import Panes
    from docqa.app.tui.widgets.answers import AnswerCard


class Navigation:
    """Moves the text of `panes` and keeps its marks. State: the way back, the search, and the selected reference."""

    def __init__(self, panes: Panes) -> None:
        self.panes = panes
        self._way_back: list[tuple[int, int]] = []
        self._hits = Hits()
        self._link: Link | None = None
        self._target: PageSpan | None = None

    def jump(self, page: int, offset: int) -> None:
        """Go to a place; `back` returns."""
        if self.panes.document is None:
            return
        self.unselect_link()
        self._way_back.append(self.panes.page.place)
        self.panes.page.go(page, offset)
        self.panes.focus_pane("page")
        self.panes.show_status("")  # where the reader was is no longer of interest

    def back(self) -> None:
        """Return to where the reader was before the last move."""
        if not self._way_back:
            self.panes.message("there is no earlier place to go back to")
            return
        page, offset = self._way_back.pop()
        if self._target is not None:
            self._target = None
            self.refresh_marks()
        self.panes.page.go(page, offset, above=0)
        self.panes.focus_pane("page")
        self.panes.show_status("")

    def go_to(self, name: str) -> None:
        """Go to the page or section called `name`."""
        assert self.panes.document is not None
        place = find_place(self.panes.document, name)
        if place is None:
            self.panes.message(f"there is no page or section “{name}”", "warning")
            return
        self.panes.bar.close()
        self.jump(*place)

    # Cites

    def choose(self, card: AnswerCard) -> None:
        """Make `card` the one whose cites the keys step through."""
        self.panes.answers.choose(card)
        self.refresh_marks()

    def next_answer(self, step: int) -> None:
        """Make the next or previous answer the current one."""
        cards, current = self.panes.answers.cards, self.panes.answers.current
        if current is not None:
            self.choose(cards[min(max(cards.index(current) + step, 0), len(cards) - 1)])
            self.panes.show_pane("answers")

    def next_cite(self, step: int) -> None:
        """The next or previous cite of the current answer, round its end."""
        card = self.panes.answers.current
        if card is None or not card.stops:
            self.panes.message(f"no cites yet; {key(self.panes, 'question')} asks a question")
            return
        first = 0 if step > 0 else len(card.stops) - 1
        self.follow(card, first if card.current is None else (card.current + step) % len(card.stops))

    def follow_cite(self, number: int) -> None:
        """The cite of the current answer with this number, from 0."""
        card = self.panes.answers.current
        if card is not None and number < len(card.stops):
            self.follow(card, number)

    def follow(self, card: AnswerCard, number: int) -> None:
        """Show the words of cite `number` of `card`."""
        panes = self.panes
        assert panes.document is not None
        stop = card.stops[number]
        if panes.answers.current is not card:
            panes.answers.choose(card)
        panes.answers.follow(card, number)
        self.unselect_link()
        self._way_back.append(self.panes.page.place)
        panes.show_pane("page")
        panes.page.reveal(stop.spans)
        panes.focus_pane()
        self.refresh_marks()
        place = place_alone(stop, panes.document) if stop.spans else "its words are no longer in this document"
        panes.show_status(f"cite {number + 1} of {len(card.stops)}, {place}")

    def copy(self) -> None:
        """What the mouse has selected, else the quote that is followed, else the first: with its cite, through the
        terminal's clipboard.
        """
        card, app = self.panes.answers.current, self.panes.app
        selected = self.panes.screen.get_selected_text()
        if selected:
            app.copy_to_clipboard(selected)
            self.panes.message(f"copied: {excerpt(selected, EXCERPT_CHARACTERS)}")
        elif card is None or not card.stops:
            self.panes.message("no quote to copy yet")
        else:
            stop = card.stops[card.current or 0]
            app.copy_to_clipboard(stop.copied)
            self.panes.message(f"copied: “{excerpt(stop.text, EXCERPT_CHARACTERS)}” ({stop.place})")

    # Search

    def find(self, words: str) -> None:
        """Go to the first place of `words` from here on, or to the next one where they were searched before."""
        assert self.panes.document is not None
        hit = self._hits.search(self.panes.document, words, self.panes.page.place)
        if hit is not None:
            self._go_to_hit(hit)
            return
        self.refresh_marks()
        self.panes.message(f"“{words}” is not in this document" if words else "no words to search for")

    def next_hit(self, step: int) -> None:
        """The next or previous place of the search."""
        hit = self._hits.step(step)
        if hit is None:
            self.panes.message(f"no search yet; {key(self.panes, 'find')} starts one")
            return
        self._go_to_hit(hit)
        self.panes.focus_pane()

    def _go_to_hit(self, hit: PageSpan) -> None:
        self.unselect_link()
        self._way_back.append(self.panes.page.place)
        self.panes.show_pane("page")
        self.panes.page.reveal((hit,))
        self.refresh_marks()
        self.panes.show_status(self._hits.text())

    # References and notes

    def next_link(self, step: int) -> None:
        """Select the next or previous reference or footnote mark: from the selected one, if it is in view, else from
        the top of the view.
        """
        page = self.panes.page
        link = page.links.first(page.place, step) if page.links is not None else None
        if page.links is None or link is None:
            self.panes.message("this document has no references or footnotes to follow")
            return
        last = self._link
        if last is not None and page.in_view(PageSpan(last.page, last.start, last.end)):
            link = page.links.next(last, step)
        self._select_link(link)

    def follow_selected_link(self) -> None:
        """Go where the selected reference points."""
        if self._link is None:
            self.panes.message(f"no reference is selected; {key(self.panes, 'follow')} selects one")
        else:
            self.follow_link(self._link)

    def follow_link(self, link: Link) -> None:
        """Go where `link` points. A note that is on the screen is only marked: nothing need move."""
        if link.note and self.panes.page.in_view(link.target):
            self._way_back.append(self.panes.page.place)
            self.panes.screen.set_focus(self.panes.page)
        else:
            self.jump(link.target.page, link.target.start or 1)
        self._link, self._target = link, link.target
        self.refresh_marks()
        self.panes.show_status(f"{self._words(link)}; {key(self.panes, 'back')} goes back")

    def unselect_link(self) -> None:
        """No reference is selected any more, nor the place that it led to."""
        if self._link is not None or self._target is not None:
            self._link = self._target = None
            self.refresh_marks()

    def _select_link(self, link: Link) -> None:
        """Mark `link` as the one that Enter follows, and bring it into view."""
        panes = self.panes
        assert panes.document is not None
        self._link, self._target = link, None
        panes.show_pane("page")
        panes.page.reveal((PageSpan(link.page, link.start, link.end),))
        panes.focus_pane()
        self.refresh_marks()
        leads = section_label(panes.document, link.target.page, link.target.start) or "its place"
        panes.show_status(f"{self._words(link)} → {leads}; {key(panes, 'go_there')} goes there")

    def _words(self, link: Link) -> str:
        """The words of `link` in the text, as one line."""
        assert self.panes.document is not None
        words = printable(self.panes.document.pages[link.page - 1].text[link.start : link.end])
        return f"note {words}" if link.note else words

    # Marks

    def refresh_marks(self) -> None:
        """Highlights and the strip follow from the current answer, its current cite, the search and the reference."""
        card = self.panes.answers.current
        stops = card.stops if card is not None else []
        current = card.current if card is not None else None
        marks = [Mark(hit.page, hit.start, hit.end, "hit") for hit in self._hits.places]
        for place, kind in ((self._link, "chosen"), (self._target, "target")):
            if place is not None:
                marks.append(Mark(place.page, place.start, place.end, kind))
        for number, stop in enumerate(stops):
            if number == current or stop.quote is not None:
                kind = "cite" if number == current else "quote"
                marks += [Mark(span.page, span.start, span.end, kind) for span in stop.spans]
        self.panes.page.mark(marks)
        self.panes.strip.light(card.turn if card is not None else None, stops, current)
