"""Where the reader of an open document goes: along cites, search hits, references and headings, and
back again.
"""

from collections.abc import Sequence

from docqa.app.history.export import split_at_answer
from docqa.app.output.render import answer_text, one_line_excerpt, printable
from docqa.app.tui.page.links import Link
from docqa.app.tui.page.spans import Hits, PageSpan, Place, find_place, headings_with, location
from docqa.app.tui.page.stops import (
    EXCERPT_CHARACTERS,
    Stop,
    heads_of_cells,
    place_alone,
    words_at,
)
from docqa.app.tui.page.view import Highlight, highlights
from docqa.app.tui.settings import key
from docqa.app.tui.widgets.answers import AnswerCard
from docqa.ingest.types import Document

from .choice_screen import PlaceScreen
from .panes import Panes

_BEFORE_HIT = 40  # characters of its line
# Shown on the image, too: what was gone to.
_ON_IMAGE = ("cite", "passage", "current-hit", "target")


class Navigation:
    """Moves the text of `panes` and keeps its marks. State: the way back, the search, and the
    selected reference.
    """

    def __init__(self, panes: Panes) -> None:
        self.panes = panes
        self._page = panes.page
        self._answers = panes.answers
        self._say = panes.message
        self._way_back: list[tuple[Document, Place, Link | None]] = []
        self._hits = Hits()
        self._search_from: Place | None = None  # until one goes elsewhere than to a hit
        self.selected: Link | None = None  # at the keys
        self._led = False  # whether it was followed

    def jump(self, place: Place, document: Document | None = None) -> None:
        """Go to `place`, in this document or in another `document` that is open with it."""
        if not self.panes.document:
            return
        self.unselect_link()
        came_from = self._leave()
        self._turn_to(document or self.panes.opened)
        page, offset = place
        self.panes.point_at(PageSpan(page, offset, offset + 1))
        self._page.go(page, offset)
        self.panes.show_pane("page")
        self.panes.show_status(
            f"{key(self.panes, 'back')} goes back to {came_from}" if came_from else ""
        )

    def next_file(self, step: int) -> None:
        documents = self.panes.documents
        self.go_to_file(documents[(documents.index(self.panes.opened) + step) % len(documents)])

    def go_to_file(self, document: Document) -> None:
        """Where the reader last was in `document`, one of those that are open together."""
        if document is self.panes.document:
            self._say(
                "it is on the screen; select several documents in the list to open them together"
            )
            return
        places = [place for left, place, _ in self._way_back if left is document]
        self.jump(places[-1] if places else (1, 0), document)

    @property
    def is_at_first_place(self) -> bool:
        """Whether one went nowhere but to the first cite."""
        return len(self._way_back) < 2

    def back(self) -> None:
        """Return to where the reader was before the last move, to the reference that was followed
        there, if one was.
        """
        if not self._way_back:
            self._say("there is no earlier place to go back to")
            return
        document, place, link = self._way_back.pop()
        left = self._words_of_place()
        self.panes.point_at(None)
        self.selected = link
        self._led = False
        self._turn_to(document)
        self.refresh_marks()
        self._page.go(*place, above=0)
        self.panes.show_pane("page")
        self.panes.show_status(f"back from {left}" if left else "back")

    def _leave(self, link: Link | None = None) -> str:
        """Remember where the reader is, and the `link` followed from there; returns the place in
        words.
        """
        self.end_search()
        self._way_back.append((self.panes.opened, self._page.place, link))
        return self._words_of_place()

    def _turn_to(self, document: Document) -> None:
        if document is not self.panes.document:
            self._hits = Hits()
            self.panes.show(document, (1, 0))
            self.refresh_marks()

    def _words_of_place(self) -> str:
        return location(self.panes.opened, *self.panes.where).rpartition(" · ")[2]

    def _show(self, spans: Sequence[PageSpan], doing: str | None = None, place: str = "") -> None:
        self.panes.point_at(spans[0] if spans else None, place)
        self._page.reveal(spans)
        self.refresh_marks()
        self.panes.show_status(doing)

    def _show_stop(self, stop: Stop, doing: str | None = None) -> None:
        self._leave()
        self._turn_to(stop.document)
        self._show(stop.spans, doing, place_alone(stop, stop.document))

    def go_to(self, name: str) -> None:
        document = self.panes.opened
        place = find_place(document, name)
        headings = [] if place else headings_with(document, name)
        if not place and not headings:
            self._say(f"there is no page or section “{name}”", "warning")
            return
        self.panes.prompt.close()
        if len(headings) > 1:
            self.panes.app.push_screen(PlaceScreen("Headings", headings, self.jump))
        else:
            self.jump(place or headings[0][1])

    def choose(self, card: AnswerCard) -> None:
        self._answers.choose(card)
        self.refresh_marks()

    def next_answer(self, step: int) -> None:
        cards = self._answers.cards
        current = self._answers.current
        if current:
            self.choose(cards[min(max(cards.index(current) + step, 0), len(cards) - 1)])
            self.panes.show_pane("answers")

    def next_cite(self, step: int) -> None:
        card = self._answers.current
        if not card or not card.shown_stop_count:
            self._say_no_cites(card)
            return
        first = 0 if step > 0 else card.shown_stop_count - 1
        self.follow(
            card, first if card.current is None else (card.current + step) % card.shown_stop_count
        )

    def unfold(self) -> None:
        card = self._answers.current
        if not card or not card.stops:
            self._say_no_cites(card)
        else:
            card.action_unfold()
            self.panes.show_pane("answers")

    def _say_no_cites(self, card: AnswerCard | None) -> None:
        why = "no cites yet: type a question"
        if card:
            why = "this answer has no cites"
            if card.turn.running:
                why = "no cites yet: this question is still being answered"
        self._say(why)

    def follow_cite(self, number: int) -> None:
        card = self._answers.current
        if card and number < len(card.stops):
            self.follow(card, number)

    def follow(self, card: AnswerCard, number: int) -> None:
        stop = card.stops[number]
        if self._answers.current is not card:
            self._answers.choose(card)
        if number >= card.shown_stop_count:
            card.unfolded = True
        self._answers.follow(card, number)
        self.unselect_link()
        self.panes.show_pane("page")
        gone = "" if stop.spans else ": its words are no longer in this document"
        self._show_stop(stop, f"cite {number + 1} of {card.shown_stop_count}{gone}")

    def show_first(self, card: AnswerCard) -> None:
        """Bring the first cite of a new answer, or a refusal's best place, into view, unless
        somebody reads on elsewhere."""
        first = card.stops[0] if card.stops else None
        if not first or not first.spans or not self._page.display:
            return
        chosen = self._answers.current is card and card.current is None
        if chosen and self._page.place == card.asked_at:
            self._show_stop(first)

    def copy(self) -> None:
        """What the mouse has selected, else the quote that is followed, else the answer with its
        quotes, all with their cites, by the terminal's clipboard."""
        card = self._answers.current
        app = self.panes.app
        selected = self.panes.screen.get_selected_text()
        if selected:
            app.copy_to_clipboard(selected)
            self._say(f"copied: {one_line_excerpt(selected, EXCERPT_CHARACTERS)}")
        elif not card or not card.turn.answer:
            self._say("no quote to copy yet")
        elif card.current is None:
            app.copy_to_clipboard(answer_text(card.turn.answer, judged=False))
            self._say("copied: the answer, with its quotes and cites")
        else:
            stop = card.stops[card.current]
            app.copy_to_clipboard(stop.copied)
            self._say(f"copied: “{one_line_excerpt(stop.text, EXCERPT_CHARACTERS)}” ({stop.cited})")

    def begin_search(self) -> None:
        self._search_from = self._page.place

    def find_typed(self, words: str) -> None:
        """Show the first place of `words` from where the search began, while they are typed."""
        document = self.panes.document
        begun = self._search_from
        if not document or not begun:
            return
        hit = self._hits.search(document, words, begun) if words else None
        if hit:
            self._show_hit(hit)
            return
        self._hits = Hits()
        self.refresh_marks()
        self.panes.show_status(
            f"“{one_line_excerpt(words, 30)}” is not in this document" if words else ""
        )

    def find(self, words: str) -> None:
        """Stay at the place of `words` that is shown; `back` returns to where the search began."""
        if words != self._hits.words:
            self.find_typed(words)
        if not self._hits.current:
            self._say(f"“{words}” is not in this document" if words else "no words to search for")
            return
        if self._search_from:
            self._way_back.append((self.panes.opened, self._search_from, None))
        self.panes.prompt.close()

    @property
    def is_searching(self) -> bool:
        """Whether the reader went from hit to hit and nowhere else."""
        return bool(self._search_from and self._hits.current)

    def end_search(self) -> None:
        """The reader is where they wanted to be."""
        self._search_from = None

    def give_up_search(self) -> None:
        begun = self._search_from
        self._search_from = None
        if begun:
            self._hits = Hits()
            self.panes.point_at(None)
            self._page.go(*begun, above=0)
            self.refresh_marks()
            self.panes.show_status("")

    def next_hit(self, step: int) -> None:
        hit = self._hits.step(step)
        if not hit:
            self._say(f"no search yet; {key(self.panes, 'find')} starts one")
            return
        begun = self._search_from or self._page.place
        if self.panes.prompt.mode != "find":  # else one is still typing
            self._leave()
        self._search_from = begun
        self._show_hit(hit)

    def go_to_hit(self, hit: PageSpan) -> None:
        self._hits.search(self.panes.opened, self._hits.words, hit.place)
        self.panes.prompt.close()
        self.next_hit(0)

    def hit_lines(self) -> list[tuple[str, PageSpan]]:
        """Every hit, after its place and the words around it."""
        document = self.panes.opened
        lines = []
        for hit in self._hits.places:
            text = document.pages[hit.page - 1].text
            start = text.rfind(" ", 0, max(hit.start - _BEFORE_HIT, 0)) + 1
            end = hit.end + EXCERPT_CHARACTERS
            around = one_line_excerpt(text[start:end], EXCERPT_CHARACTERS)
            lines.append((f"{location(document, *hit.place)}  {around}", hit))
        return lines

    def _show_hit(self, hit: PageSpan) -> None:
        self.unselect_link()
        self.panes.show_pane("page")
        self._show((hit,), self._hits.text())

    def next_link(self, step: int) -> None:
        """Select the next or previous reference or footnote mark, from the selected one in view,
        else from its top.
        """
        place = self._page.place
        last = self.selected
        if last and self._page.in_view(last):
            place = last.page, last.start + (step > 0)
        link = self._page.links.first(place, step) if self._page.links else None
        if link is None:
            self._say("this document has no references or footnotes to follow")
        else:
            self._select_link(link)

    def follow_selected_link(self) -> None:
        if not self.selected:
            self._say(f"no reference is selected; {key(self.panes, 'follow')} selects one")
        else:
            self.follow_link(self.selected)

    def follow_link(self, link: Link) -> None:
        """Go where `link` points. A note that is on the screen is only marked: nothing need
        move.
        """
        came_from = self._leave(link)
        if not link.note:
            self._page.go(link.target.page, link.target.start or 1)
        self.panes.show_pane("page")
        self.selected = link
        self._led = True
        back = f"{key(self.panes, 'back')} goes back to {came_from}".removesuffix(" to ")
        self._show((link.target,), f"{self._words(link)}; {back}")

    def unselect_link(self) -> None:
        if self.selected:
            self.selected = None
            self.refresh_marks()

    def _select_link(self, link: Link) -> None:
        self.selected = link
        self._led = False
        self.panes.show_pane("page")
        self._page.reveal((link,))
        self.refresh_marks()
        leads = location(self.panes.opened, *link.target.place) or "its place"
        self.panes.point_at(None)
        self.panes.show_status(f"{key(self.panes, 'go_there')}: {self._words(link)} → {leads}")

    def _words(self, link: Link) -> str:
        words = printable(words_at(self.panes.opened, (link,)))
        return f"note {words}" if link.note else words

    @property
    def followed(self) -> Sequence[PageSpan]:
        """The words that were gone to and are in view: a search hit, or the cite that is
        followed.
        """
        hit = self._hits.current
        if hit and self._page.in_view(hit):
            return [hit]
        card = self._answers.current
        spans = card.stops[card.current].spans if card and card.current is not None else ()
        return spans if spans and self._page.in_view(spans[0]) else ()

    def refresh_marks(self) -> None:
        card = self._answers.current
        stops = card.stops if card else []
        current = card.current if card else None
        hit = self._hits.current
        marks = highlights([span for span in self._hits.places if span != hit], "hit")
        if hit:
            marks += highlights([hit], "current-hit")
        if self.selected:
            marks += highlights([self.selected], "chosen")
            if self._led:
                marks += highlights([self.selected.target], "target")
        for number, stop in enumerate(stops):
            if stop.document is self.panes.document:
                marks += _marks_of_stop(stop, followed=number == current)
        self._page.mark(marks)
        self.panes.image.marks = tuple(mark for mark in marks if mark.kind in _ON_IMAGE)


def _marks_of_stop(stop: Stop, *, followed: bool) -> list[Highlight]:
    """The marks of a quote, and in it of the words that answer; of a passage where it is
    `followed`.
    """
    if not stop.quote:
        return highlights(stop.spans if followed else (), "passage")
    marks = highlights(stop.spans, "cite" if followed else "quote")
    if followed:
        marks += highlights(heads_of_cells(stop), "passage")
    before, exact, _ = split_at_answer(stop.quote)
    if exact and len(stop.spans) == 1:
        start = marks[0].start + len(before)
        marks += highlights([PageSpan(marks[0].page, start, start + len(exact))], "quote")
    return marks
