"""The questions asked so far, each a card with its answer, its cites as links, and how it was
found.
"""

import os
from collections.abc import Iterator, Sequence

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from docqa.app.answer.answer import Answer, Statement
from docqa.app.answer.grades import Grade, Status
from docqa.app.history.export import split_at_answer
from docqa.app.output.answer_head import AnswerHead, head_of
from docqa.app.output.render import (
    POSSIBLE_CHARACTERS,
    coverage_line,
    headline,
    missing_line,
    one_line_excerpt,
    possible_place,
    printable,
    quote_remark,
    statement_texts,
    was_searched,
)
from docqa.app.tui.page.lines import displayed
from docqa.app.tui.page.stops import Stop, make_stops, place_alone
from docqa.app.tui.stored_turns import ShownTurn
from docqa.ingest.types import Document

_EMPTY = """Type a question: it is answered in the document's own words, with the page.
Type / for commands; Tab goes from pane to pane.
F1 lists all that can be done, and does it."""
_PASSAGE_CHARACTERS = 70
_QUESTION_CHARACTERS = 240
# A verbatim quote has none: that it was found makes no answer right.
WEAK_MARKS = {Grade.DAMAGED: "≈", Grade.NEAR: "~", Grade.ABSENT: "✗", Grade.UNCHECKABLE: "?"}
# Their marks differ in shape: they differ without colour, too.
KINDS = {"answer": "$text-primary", "possible": "$text-warning", "not_found": "$text-error"}
Part = str | tuple[str, str | Style] | Content


class AnswerCard(Static):
    """One question. Mutable through `turn`; call `redraw` after a change."""

    def __init__(self, number: int, turn: ShownTurn, documents: Sequence[Document]) -> None:
        super().__init__(classes="card")
        self.number = number
        self.turn = turn
        self.stops: list[Stop] = []
        self.current: int | None = None
        self.asked_at = (0, 0)  # the place at the top
        self.unfolded = False
        self._documents = documents

    def on_mount(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        answer = self.turn.answer
        self.stops = [] if not answer else make_stops(answer, *self._documents)
        if self.current is not None and self.current >= len(self.stops):
            self.current = None
        self.update(Content.assemble(*self._parts()).rstrip())

    def end(self, state: str, note: str) -> None:
        self.turn.state, self.turn.note = state, note
        self.redraw()

    async def on_click(self, event: events.Click) -> None:
        if "@click" not in event.style.meta:
            await self.run_action(f"screen.card({self.number})")

    def _parts(self) -> Iterator[Part]:
        turn = self.turn
        yield (
            f"{self.number + 1}  {one_line_excerpt(turn.question, _QUESTION_CHARACTERS)}\n",
            "bold",
        )
        if turn.understood and not self.is_folded:
            yield f"understood as: {printable(turn.understood)}\n", "italic $text-muted"
        if turn.note:
            yield f"{printable(turn.note)}\n", "$text-error" if turn.state == "failed" else "italic"
        if turn.state == "preview" or (turn.state == "stopped" and turn.answer):
            yield (
                "Preliminary, from passages found by the question's words.\n",
                "italic $text-warning",
            )
        if turn.answer:
            yield from self._answer_parts(turn.answer)
        if turn.running and turn.draft.strip():
            said = (
                "Found so far:"
                if self._has_several_files
                else "Being written, and not checked yet:"
            )
            yield f"{said}\n", "italic $text-warning"
            yield "\n".join([*map(printable, turn.draft.strip().split("\n")), ""]), "$text-muted"
        if turn.state == "queued":
            yield "waits for the questions before it (Esc takes it away)\n", "italic"
        elif turn.running:
            doing = (
                "writing"
                if turn.draft and not self._has_several_files
                else "looking for the answer"
            )
            yield f"{doing} … (Esc stops)\n", "italic"

    def _answer_parts(self, answer: Answer) -> Iterator[Part]:
        refused = was_searched(answer)
        head = head_of(answer)
        if self.is_folded:
            yield (
                f"{head.mark} {one_line_excerpt(headline(answer), _PASSAGE_CHARACTERS)}",
                KINDS.get(head.kind, ""),
            )
            if self._first_shown and not was_searched(answer):
                yield f" ({place_alone(self.stops[0], *self._documents)})"
            yield "\n"
            return
        heads = [self._head_parts(head), self._headline_parts(answer, head)]
        for parts in heads[::-1] if head.kind == "possible" else heads:  # its place first
            yield from parts
        for number in range(
            int(self._may_answer(answer)), self.shown_stop_count
        ):  # that one is in the headline
            yield from self._stop_parts(number, self.stops[number])
        folded = len(self.stops) - self._first_shown
        if folded > 0:
            yield "▾ " if self.unfolded else "▸ "
            yield (
                f"{'More passages' if refused else 'Also looked at'} ({folded})",
                _style_with_click("unfold"),
            )
            yield "\n"
        # The title says how much of the document is read.
        searched = "documents" if self._has_several_files else "document"
        if missing := missing_line(answer, searched):
            yield f"{missing}\n", "$text-warning"
        coverage = coverage_line(answer.coverage)
        if coverage and not (self.turn.running or self.turn.state == "stopped" or refused):
            yield f"{coverage}\n", "$text-muted"

    def _head_parts(self, head: AnswerHead) -> Iterator[Part]:
        if head.kind == "none":
            return
        if head.kind != "possible":
            # An answer's words are below, "preliminary" is above; the bar needs the room.
            title = (
                "" if head.title == "Answer" or self.turn.state == "preview" else f"{head.title} "
            )
            yield f"{head.mark} {title}", f"bold {KINDS[head.kind]}"
        if head.chance_bar:
            yield f"{head.chance_bar} ", KINDS[head.kind]
            yield head.sure
        yield f" · {head.support}\n" if head.support else "\n"

    def _headline_parts(self, answer: Answer, head: AnswerHead) -> Iterator[Part]:
        if self._may_answer(answer):
            best = answer.evidence[0]
            yield f"{head.mark} ", KINDS["possible"]
            yield self._lead(0)
            yield (
                possible_place(
                    best, os.path.basename(best.file) if self._has_several_files else None
                ),
                self._link(0),
            )
            yield f": {one_line_excerpt(best.text, POSSIBLE_CHARACTERS)}\n", "italic $text-warning"
        elif head.kind != "not_found" or headline(answer) != "Not found.":  # which the head says
            style = (
                "bold $text-primary"
                if answer.answer is not None
                else "bold $text-warning" * answer.refused
            )
            for line in statement_texts(answer, _cite_numbers, "• ") or [headline(answer)]:
                yield f"{line}\n", style

    def _stop_parts(self, number: int, stop: Stop) -> Iterator[Part]:
        place = (place_alone(stop, *self._documents), self._link(number))
        quote = stop.quote
        yield self._lead(number)
        if not quote:
            yield place
            yield f"  {one_line_excerpt(stop.text, _PASSAGE_CHARACTERS)}\n", "$text-muted"
            return
        before, exact, after = (
            displayed(part).replace("\n", " ") for part in split_at_answer(quote)
        )
        yield from (f"“{before}", (exact, "bold"), f"{after}”\n   ")
        if quote.verified:
            joined = "on" if place[0].startswith("p") and not self._has_several_files else "in"
            yield from ((f"{quote.grade.found_text} {joined} ", "$text-muted"), place)
        else:
            yield from (
                place,
                (f" {WEAK_MARKS[quote.grade]} {quote.grade.found_text}", "$text-warning"),
            )
        yield f"{quote_remark(quote)}{quote.place.remark}\n"

    def _lead(self, number: int) -> str:
        return f"{'▶' if number == self.current else ' '}{number + 1} "

    def _link(self, number: int) -> Style:
        here = number == self.current
        return _style_with_click(f"screen.card({self.number}, {number})") + Style(
            bold=here, reverse=here
        )

    @property
    def _first_shown(self) -> int:
        """Stops shown while the others are folded: the quotes, or the nearest passages of a
        refusal.
        """
        answer = self.turn.answer
        if answer and was_searched(answer):
            return min(len(self.stops), 1)  # where to look; more is a key away
        return sum(stop.quote is not None for stop in self.stops)

    @property
    def _has_several_files(self) -> bool:
        return len(self._documents) > 1

    @property
    def is_folded(self) -> bool:
        """Whether it is an earlier question, of which two lines are enough."""
        return self.turn.state == "done" and not self.has_class("current")

    @property
    def shown_stop_count(self) -> int:
        """How many stops are on the card, which are those that one steps through."""
        return len(self.stops) if self.unfolded else self._first_shown

    def action_unfold(self) -> None:
        self.unfolded = not self.unfolded
        if self.current is not None and self.current >= self.shown_stop_count:
            self.unfolded = True
        self.redraw()

    def _may_answer(self, answer: Answer) -> bool:
        possible = answer.status == Status.POSSIBLE and bool(self.stops)
        return possible and self.stops[0].text == answer.evidence[0].text


def _style_with_click(action: str) -> Style:
    return Style(underline=True) + Style.from_meta({"@click": action})


def _cite_numbers(statement: Statement) -> list[str]:
    return [str(at + 1) for at in statement.quotes]


class AnswersPane(VerticalScroll):
    """The cards, oldest first. `current` is the one that the keys for cites belong to."""

    def __init__(self) -> None:
        super().__init__(id="answers")
        self.documents: Sequence[Document] = ()
        self.cards: list[AnswerCard] = []
        self.current: AnswerCard | None = None
        self._left_at = 0

    def compose(self) -> Iterator[Widget]:
        yield Static(_EMPTY, id="no-answers", markup=False)

    def add(self, turn: ShownTurn) -> AnswerCard:
        card = AnswerCard(len(self.cards), turn, self.documents)
        self.cards.append(card)
        self.query("#no-answers").remove()
        self.mount(card)
        self.choose(card)
        return card

    def count_about(self, document: Document) -> int:
        """How many answers quote `document`."""
        quoted = [{stop.document.path for stop in card.stops if stop.quote} for card in self.cards]
        return sum(document.path in paths for paths in quoted)

    def choose(self, card: AnswerCard) -> None:
        before = self.current
        self.current = card
        for other in self.cards:
            other.set_class(other is card, "current")
        for changed in {before, card}:
            if changed and changed.is_mounted:
                changed.redraw()
        self.call_after_refresh(self._bring_up)

    def follow(self, card: AnswerCard, number: int) -> None:
        for other in self.cards:
            if other is card or other.current is not None:
                other.current = number if other is card else None
                other.redraw()

    def grown(self, card: AnswerCard) -> None:
        """`card` became longer: keep its question at the top, unless the reader has scrolled
        elsewhere since.
        """
        if card is self.current and round(self.scroll_y) == self._left_at:
            self.call_after_refresh(self._bring_up)

    def _bring_up(self) -> None:
        if self.current:
            self.scroll_to_widget(self.current, animate=False, top=True, immediate=True)
            self._left_at = round(self.scroll_y)
