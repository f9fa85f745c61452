"""One document: outline | text | answers, the evidence strip, where we are, and the line for questions.

The screen holds the turns and the places; widgets only show them. What the bridge tells changes a turn and its card.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from docqa.app import events
from docqa.app.progress import reading_line
from docqa.app.render import printable
from docqa.app.tui import bridge, export, kept_turns, keymap
from docqa.app.tui.answers import AnswerCard, AnswersPane
from docqa.app.tui.evidence_strip import EvidenceStrip
from docqa.app.tui.kept_turns import Turn
from docqa.app.tui.line_bar import LineBar
from docqa.app.tui.outline import OutlineTree
from docqa.app.tui.page_view import Mark, PageView, section_label
from docqa.app.tui.palette import DocumentCommands
from docqa.app.tui.search import MOST_HITS, find_hits, find_place
from docqa.app.tui.stops import place_alone
from docqa.app.tui.tabs import PaneTabs

if TYPE_CHECKING:
    from docqa.app.store import Store
    from docqa.app.tui.stops import PageSpan
    from docqa.ingest.types import Document

_STOPPED = "Stopped. What was read is kept; r goes on."


class DocumentScreen(Screen[None]):
    """Opens `path` through the bridge. `store` keeps questions and answers; None keeps nothing."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.DOCUMENT)
    COMMANDS = {DocumentCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]

    def __init__(self, path: str, session: bridge.SessionBridge, store: Store | None) -> None:
        super().__init__()
        self._path = path
        self._bridge = session
        self._store = store
        self._trail: list[tuple[int, int]] = []
        self._hits: list[PageSpan] = []
        self._hit = -1
        self._job: str | None = "open"
        self.document: Document | None = None

    def compose(self) -> Iterator[Widget]:
        yield Static(printable(self._path), id="title", markup=False)
        yield PaneTabs(id="tabs")
        with Horizontal(id="panes"):
            yield OutlineTree(id="outline")
            yield PageView(id="page")
            yield AnswersPane(id="answers")
        yield Static(f"opening {printable(self._path)} …", id="problem", markup=False)
        yield EvidenceStrip(id="strip")
        yield Static("", id="status", markup=False)
        yield LineBar(id="bar")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.add_class("opening")
        self._show_pane("page")
        self._bridge.open(self._path, self.post_message)

    # The parts

    @property
    def page(self) -> PageView:
        return self.query_one("#page", PageView)

    @property
    def answers(self) -> AnswersPane:
        return self.query_one("#answers", AnswersPane)

    @property
    def strip(self) -> EvidenceStrip:
        return self.query_one("#strip", EvidenceStrip)

    @property
    def bar(self) -> LineBar:
        return self.query_one("#bar", LineBar)

    # What the bridge tells

    def on_opened(self, message: bridge.Opened) -> None:
        """Show the document, and what was asked about it before."""
        document = self.document = message.document
        pages = f" · {len(document.pages)} pages" if document.paged else ""
        self.query_one("#title", Static).update(f"{printable(document.title)} · {printable(document.path)}{pages}")
        self.remove_class("opening")
        kept = kept_turns.load(self._store, document) if self._store is not None else None
        page, offset = kept.place if kept is not None else (1, 0)
        self.page.show(document, (min(max(page, 1), len(document.pages)), offset))
        self.query_one("#outline", OutlineTree).show(document)
        self.strip.show(document)
        for turn in kept.turns if kept is not None else ():
            self.answers.add(turn, document)
        self.bar.input.focus()
        self._refresh_marks()
        for warning in message.warnings:
            self._tell(warning, "warning")

    def on_told(self, message: bridge.Told) -> None:
        """One event of the session."""
        event, card = message.event, self._card(message.number)
        if isinstance(event, events.Reading):
            self._status(reading_line(event))
        elif isinstance(event, events.Warning):
            self._tell(event.message, "warning")
        if card is None:
            return
        turn = card.turn
        if isinstance(event, events.Reading):
            card.reading = event
            turn.state = "preview" if turn.answer is not None else "reading"
        elif isinstance(event, events.Preview):
            turn.answer, turn.state = event.answer, "preview"
        elif isinstance(event, events.QuoteFound):
            turn.quotes.append(event.quote)
        elif isinstance(event, events.Finished):
            turn.answer, turn.state, turn.note = event.answer, "done", ""
        elif isinstance(event, events.Failed):
            turn.state, turn.note = "failed", event.message
        card.redraw()
        self.answers.grown(card)
        self._refresh_marks()

    def on_scored(self, message: bridge.Scored) -> None:
        card = self._card(message.number)
        if card is not None:
            card.turn.scores = message.scores
            self._refresh_marks()

    def on_ended(self, message: bridge.Ended) -> None:
        """A job is over, in whatever way; a failure is said where its result would stand."""
        self._job = None
        if message.kind == "open":
            if message.outcome == "failed":
                self._job = "failed"
                self.query_one("#problem", Static).update(f"{message.reason}\n\nl goes back to the library.")
            return
        card = self._card(message.number)
        if message.outcome == "failed":
            self._status(f"failed: {message.reason}")
            if card is None:
                self._tell(message.reason, "error")
        else:
            self._status("read; questions are answered at once" if message.outcome == "finished" else _STOPPED)
        if card is not None and card.turn.running:
            card.turn.state = "stopped" if message.outcome == "stopped" else "failed"
            card.turn.note = _STOPPED if message.outcome == "stopped" else message.reason
            card.redraw()
        self.keep()

    # What the reader does

    def on_line_bar_entered(self, message: LineBar.Entered) -> None:
        """A question, words to search, a place, or a file."""
        if self.document is None:
            return
        if message.mode == "ask":
            self._ask(message.text)
        elif message.mode == "find":
            self._find(message.text)
        elif message.mode == "goto":
            self._goto(message.text)
        else:
            self._export(message.text)

    def on_line_bar_left(self) -> None:
        if self._bridge.busy:
            self.action_stop_job()
        self._focus_shown()

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
        self._status()

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        self.action_pane(message.pane)

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

    def keep(self) -> None:
        """Write the questions and answers of this document, and where the reader is."""
        if self._store is None or self.document is None:
            return
        try:
            kept_turns.save(self._store, self.document, [card.turn for card in self.answers.cards], self.page.place)
        except OSError as error:
            self._tell(f"questions cannot be kept ({error.strerror or error}, {self._store.root})", "warning")

    # Keys

    def action_question(self) -> None:
        self.bar.enter("ask")

    def action_find(self) -> None:
        self.bar.enter("find")

    def action_goto(self) -> None:
        self.bar.enter("goto")

    def action_export(self) -> None:
        if self.document is not None:
            self.bar.enter("export", export.default_path(self.document))

    def action_cite(self, step: int) -> None:
        """The next or previous cite of the current answer, round its end."""
        card = self.answers.current
        if card is None or not card.stops:
            self._tell("no cites yet; q asks a question")
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
        if not self._hits:
            self._tell("nothing was searched; / searches")
            return
        self._go_to_hit((self._hit + step) % len(self._hits))

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

    def action_read(self) -> None:
        """Go on with a question that was stopped, else read the document ahead of questions."""
        if self.document is None or self._bridge.busy:
            return
        card = self.answers.current
        if card is not None and card.turn.state in ("stopped", "failed"):
            self._run(card)
        else:
            self._job = "read"
            self._status("reading …")
            self._bridge.read(self.post_message)

    def action_pane(self, pane: str) -> None:
        self._show_pane(pane)
        self.query_one(f"#{pane}").focus()

    def action_stop_job(self) -> None:
        """Esc: stop what runs; where nothing runs, leave the line of input."""
        if self._bridge.busy and self._job in ("ask", "read"):
            self._bridge.stop()
            self._status("stopping after this block …")
        else:
            self._focus_shown()

    def action_library(self) -> None:
        self._bridge.stop()
        self.keep()
        self.app.pop_screen()

    def action_help(self) -> None:
        from docqa.app.tui.help_screen import HelpScreen

        self.app.push_screen(HelpScreen(keymap.DOCUMENT))

    # Parts

    def _ask(self, question: str) -> None:
        if not question:
            self._tell("the question is empty")
            return
        if self._bridge.busy:
            self._tell("one question after the other; Esc stops this one")
            return
        assert self.document is not None
        self.bar.reset()
        card = self.answers.add(Turn(question), self.document)
        self._show_pane("answers")
        self.answers.focus()
        self._run(card)

    def _run(self, card: AnswerCard) -> None:
        turn = card.turn
        turn.state, turn.answer, turn.note, turn.quotes, turn.scores = "waiting", None, "", [], []
        card.reading = None
        card.redraw()
        self._job = "ask"
        self._refresh_marks()
        self.keep()  # so that a process that is killed loses the answer in flight, not the question
        self._bridge.ask(card.number, turn.question, self.post_message)

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
        if self._hits and words == self._words:
            self._go_to_hit((self._hit + 1) % len(self._hits), focus=False)
            return
        self._words = words
        self._hits = find_hits(self.document, words)
        if not self._hits:
            self._refresh_marks()
            self._tell(f"“{printable(words)}” does not stand in this document" if words else "nothing to search")
            return
        page, offset = self.page.place
        ahead = (n for n, hit in enumerate(self._hits) if (hit.page, hit.start) >= (page, offset))
        self._go_to_hit(next(ahead, 0), focus=False)

    _words = ""

    def _go_to_hit(self, number: int, *, focus: bool = True) -> None:
        self._hit = number
        hit = self._hits[number]
        self._trail.append(self.page.place)
        self._show_pane("page")
        self.page.reveal((hit,))
        self._refresh_marks()
        more = " or more" if len(self._hits) == MOST_HITS else ""
        self._status(f"{number + 1} of {len(self._hits):,}{more} places")
        if focus:
            self.page.focus()

    def _goto(self, wanted: str) -> None:
        assert self.document is not None
        place = find_place(self.document, wanted)
        if place is None:
            self._tell(f"no page or section is called “{printable(wanted)}”", "warning")
            return
        self.bar.action_leave()
        self.jump(*place)

    def _export(self, path: str) -> None:
        assert self.document is not None
        text = export.markdown(self.document, [card.turn for card in self.answers.cards])
        try:
            written = export.write(path, text)
        except OSError as error:
            self._tell(f"cannot write {path}: {error.strerror or error}", "error")
            return
        self.bar.action_leave()
        self._tell(f"written: {written}")

    def _card(self, number: int | None) -> AnswerCard | None:
        cards = self.answers.cards
        return cards[number] if number is not None and number < len(cards) else None

    def _refresh_marks(self) -> None:
        """Highlights and the strip follow from the current answer, its current cite, and the search."""
        card = self.answers.current
        stops = card.stops if card is not None else []
        current = card.current if card is not None else None
        marks = [Mark(hit.page, hit.start, hit.end, "hit") for hit in self._hits]
        for number, stop in enumerate(stops):
            if number == current or stop.quote is not None:
                kind = "cite" if number == current else "quote"
                marks += [Mark(span.page, span.start, span.end, kind) for span in stop.spans]
        self.page.mark(marks)
        self.strip.light(card.turn if card is not None else None, stops, current)

    def _show_pane(self, pane: str) -> None:
        """Which pane a narrow screen shows; a wide one shows all."""
        for name in ("outline", "page", "answers"):
            self.set_class(name == pane, f"show-{name}")
        self.query_one("#tabs", PaneTabs).show(pane)

    def _focus_shown(self) -> None:
        shown = next((name for name in ("outline", "answers") if self.has_class(f"show-{name}")), "page")
        self.query_one(f"#{shown}").focus()

    def _status(self, doing: str | None = None) -> None:
        """The line that says where the reader is and, when told, what goes on."""
        if doing is not None:
            self._doing = doing
        if self.document is None:
            return
        where = section_label(self.document, *self.page.place)
        self.query_one("#status", Static).update(Content(" · ".join(part for part in (self._doing, where) if part)))

    _doing = ""

    def _tell(self, message: str, severity: str = "information") -> None:
        self.notify(printable(message), severity=severity, markup=False)  # type: ignore[arg-type]
