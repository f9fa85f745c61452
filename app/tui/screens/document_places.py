"""Where the reader of an open document goes: cites followed, words found, headings and pages chosen, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.output.render import printable
from docqa.app.tui.held import key
from docqa.app.tui.page.search import Hits, PageSpan, find_place
from docqa.app.tui.page.stops import excerpt, place_alone
from docqa.app.tui.page.view import Mark, PageView, section_label
from docqa.app.tui.screens.document_panes import DocumentPanes
from docqa.app.tui.widgets.answers import AnswerCard
from docqa.app.tui.widgets.evidence_strip import EvidenceStrip
from docqa.app.tui.widgets.outline import OutlineTree

if TYPE_CHECKING:
    from docqa.app.tui.page.links import Link
    from docqa.app.tui.page.picture import Pictures


class DocumentPlaces(DocumentPanes):
    """The panes, and the ways through them. `pictures` as in DocumentPanes."""

    def __init__(self, path: str, pictures: Pictures | None) -> None:
        super().__init__(path, pictures)
        self._trail: list[tuple[int, int]] = []
        self._hits = Hits()
        self._link: Link | None = None
        self._target: PageSpan | None = None

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

    def on_page_view_followed(self, message: PageView.Followed) -> None:
        self._go_along(message.link)

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
        self._unmark_links()
        self._trail.append(self.page.place)
        self.page.go(page, offset)
        self._show_pane("page")
        self.set_focus(self.page)
        self._status("")  # where the reader was is no longer of interest

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
        self._unmark_links()
        self._trail.append(self.page.place)
        self._show_pane("page")
        self.page.reveal(stop.spans)
        self.set_focus(self.page)
        self._refresh_marks()
        place = place_alone(stop, self.document) if stop.spans else "its words stand nowhere in this document"
        self._status(f"cite {number + 1} of {len(card.stops)}, {place}")

    def _find(self, words: str) -> None:
        assert self.document is not None
        hit = self._hits.search(self.document, words, self.page.place)
        if hit is not None:
            self._go_to_hit(hit)
            return
        self._refresh_marks()
        self._tell(f"“{printable(words)}” does not stand in this document" if words else "nothing to search")

    def _go_to_hit(self, hit: PageSpan) -> None:
        self._unmark_links()
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
        self.bar.close()
        self.jump(*place)

    def _choose_link(self, link: Link) -> None:
        """Mark `link` as the one that Enter follows, and bring it into view."""
        assert self.document is not None
        self._link, self._target = link, None
        self._show_pane("page")
        self.page.reveal((PageSpan(link.page, link.start, link.end),))
        self.set_focus(self.page)
        self._refresh_marks()
        leads = section_label(self.document, link.target.page, link.target.start) or "its place"
        self._status(f"{self._words(link)} → {leads}; {key(self, 'go_there')} goes there")

    def _go_along(self, link: Link) -> None:
        """Go where `link` points. A note that is on the screen is only marked: nothing need move."""
        if link.note and self.page.in_view(link.target):
            self._trail.append(self.page.place)
            self.set_focus(self.page)
        else:
            self.jump(link.target.page, link.target.start or 1)
        self._link, self._target = link, link.target
        self._refresh_marks()
        self._status(f"{self._words(link)}; {key(self, 'back')} goes back")

    def _unmark_links(self) -> None:
        """Another place is gone to than the one that a reference points at."""
        if self._link is not None or self._target is not None:
            self._link = self._target = None
            self._refresh_marks()

    def _words(self, link: Link) -> str:
        """What stands in the text, as one line."""
        assert self.document is not None
        words = printable(self.document.pages[link.page - 1].text[link.start : link.end])
        return f"note {words}" if link.note else words

    def _refresh_marks(self) -> None:
        """Highlights and the strip follow from the current answer, its current cite, and the search."""
        card = self.answers.current
        stops = card.stops if card is not None else []
        current = card.current if card is not None else None
        marks = [Mark(hit.page, hit.start, hit.end, "hit") for hit in self._hits.places]
        if self._link is not None:
            marks.append(Mark(self._link.page, self._link.start, self._link.end, "chosen"))
        if self._target is not None:
            marks.append(Mark(self._target.page, self._target.start, self._target.end, "target"))
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
        if self._target is not None:
            self._target = None
            self._refresh_marks()
        self.page.go(page, offset, above=0)
        self._show_pane("page")
        self.set_focus(self.page)
        self._status("")

    def action_hit(self, step: int) -> None:
        hit = self._hits.step(step)
        if hit is None:
            self._tell(f"nothing was searched; {key(self, 'find')} searches")
            return
        self._go_to_hit(hit)
        self.set_focus(self.page)

    def action_reference(self, step: int) -> None:
        """The next or previous reference or footnote mark: from the one that is chosen, if it is in view, else from
        the top of the view.
        """
        links = self.page.links
        link = links.first(self.page.place, step) if links is not None else None
        if links is None or link is None:
            self._tell("no reference or footnote of this document points at a place in it")
            return
        last = self._link
        if last is not None and self.page.in_view(PageSpan(last.page, last.start, last.end)):
            link = links.next(last, step)
        self._choose_link(link)

    def action_go_there(self) -> None:
        if self._link is None:
            self._tell(f"no reference is chosen; {key(self, 'follow')} chooses one")
            return
        self._go_along(self._link)

    def action_turn(self, step: int) -> None:
        cards = self.answers.cards
        if cards and self.answers.current is not None:
            at = cards.index(self.answers.current) + step
            self.choose(cards[min(max(at, 0), len(cards) - 1)])
            self._show_pane("answers")

    def action_copy(self) -> None:
        """What the mouse has selected, else the quote that is followed, else the first: with its cite, through the
        terminal's clipboard.
        """
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
            self._tell(f"copied: {excerpt(selected)}")
            return
        card = self.answers.current
        if card is None or not card.stops:
            self._tell("no quote to copy yet")
            return
        stop = card.stops[card.current or 0]
        self.app.copy_to_clipboard(stop.copied)
        self._tell(f"copied: “{excerpt(stop.text)}” ({stop.place})")
