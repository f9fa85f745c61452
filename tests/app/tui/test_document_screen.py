"""Every key and flow of an open document, over a session that says what the test tells it to."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from docqa.app.events import Finished, Preview, QuoteFound, Reading, Warning
from docqa.app.tui import kept_turns
from docqa.app.tui.help_screen import HelpScreen
from docqa.app.tui.library import LibraryScreen

WIDE, NARROW = (120, 40), (80, 24)


@pytest.fixture
def answered(session: Any, tui: Any) -> Any:
    """The session, with a script that answers at once."""
    answer = tui.answer_of(session.documents[0])
    session.script[:] = [Reading(4000, 4000, 2000.0, 0.0), *map(QuoteFound, answer.quotes), Finished(answer)]
    return session


def reversed_text(page: Any) -> str:
    """What the page view shows in reverse: the cite that is followed."""
    lines = []
    for y in range(page.size.height):
        lines += [s.text for s in page.render_line(y) if s.style and s.style.reverse]
    return " ".join(lines)


@pytest.mark.parametrize("size", [WIDE, pytest.param(NARROW, marks=pytest.mark.slow)])
def test_a_cite_is_followed_to_its_exact_span_and_back(
    interface: Any, answered: Any, tui: Any, size: tuple[int, int]
) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        assert "85 dollars" in tui.shown(screen.answers)
        before = screen.page.place
        await pilot.press("n")
        assert reversed_text(screen.page) == "The fee of part 5 is 85 dollars, payable in March."
        assert screen.page.place[0] in (4, 5)
        await pilot.press("n")
        assert reversed_text(screen.page) == "The fee of part 9 is 153 dollars"
        await pilot.press("p")
        assert reversed_text(screen.page) == "The fee of part 5 is 85 dollars, payable in March."
        await pilot.press("b", "b", "b")
        assert screen.page.place == before

    tui.drive(interface(), steps, size)


def test_a_number_goes_to_that_cite_and_the_third_is_evidence(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        await pilot.press("3")
        assert reversed_text(screen.page) == "The keeper of part 7 writes line 3 of the register before noon."
        await pilot.press("n")  # round the end
        assert "85 dollars" in reversed_text(screen.page)
        await pilot.press("p")
        assert "part 7" in reversed_text(screen.page)

    tui.drive(interface(), steps)


def test_a_cite_that_is_clicked_highlights_its_span(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        card = screen.answers.cards[0]
        lines = tui.shown(card).split("\n")
        (row,) = [y for y, line in enumerate(lines) if "p. 7 (PDF 9)" in line]
        # The border and the padding of a card come before its text.
        await pilot.click(card, offset=(lines[row].index("p. 7") + 3, row))
        await tui.until(pilot, lambda: "153" in reversed_text(screen.page))

    tui.drive(interface(), steps)


def test_a_cite_of_an_answer_that_still_streams_is_clicked_and_its_span_lights_up(
    interface: Any, session: Any, tui: Any
) -> None:
    go, answer = threading.Event(), tui.answer_of(session.documents[0])
    session.script[:] = [Reading(1000, 4000, 500.0, 6.0), *map(QuoteFound, answer.quotes), go, Finished(answer)]

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: "p. 7 (PDF 9)" in tui.shown(screen.answers))
        card = screen.answers.cards[0]
        assert card.turn.running
        lines = tui.shown(card).split("\n")
        (row,) = [y for y, line in enumerate(lines) if "p. 7 (PDF 9)" in line]
        await pilot.click(card, offset=(lines[row].index("p. 7") + 3, row))
        await tui.until(pilot, lambda: reversed_text(screen.page) == "The fee of part 9 is 153 dollars")
        place = screen.page.place
        go.set()
        await tui.until(pilot, lambda: not card.turn.running)
        assert reversed_text(screen.page) == "The fee of part 9 is 153 dollars"
        assert (card.current, screen.page.place) == (1, place)
        assert "85 dollars" in tui.shown(screen.answers)

    tui.drive(interface(), steps)


def test_numbers_go_to_the_cites_that_there_are(interface: Any, session: Any, tui: Any) -> None:
    document = session.documents[0]
    quotes = tuple(tui.quote_of(document, f"The fee of part {n} is {n * 17} dollars") for n in range(1, 10))
    session.script[:] = [Finished(tui.answer_of(document, quotes=quotes, evidence=()))]

    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        for number in (9, 4, 8, 5, 7, 6, 2, 3, 1):
            await pilot.press(str(number))
            assert reversed_text(screen.page) == f"The fee of part {number} is {number * 17} dollars"
        screen.answers.current.stops = screen.answers.current.stops[:4]
        await pilot.press("7")
        assert screen.answers.current.current == 0

    tui.drive(interface(), steps)


def test_space_and_j_and_k_and_the_arrows_scroll_the_text(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        page = screen.page
        await pilot.press("escape", "t")
        for key, lines in (("j", 1), ("j", 2), ("k", 1), ("down", 2), ("up", 1), ("space", 1 + page.size.height)):
            await pilot.press(key)
            assert round(page.scroll_y) == lines
        await pilot.press("pageup", "end")
        assert round(page.scroll_y) == page.max_scroll_y
        await pilot.press("home")
        assert page.place == (1, 0)

    tui.drive(interface(), steps)


def test_keys_that_have_nothing_to_do_say_so(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("escape")
        keys = {
            "n": "no cites yet",
            "y": "no quote to copy",
            "b": "where you began",
            "greater_than_sign": "nothing was",
        }
        for key, said in keys.items():
            await pilot.press(key)
            assert said in tui.told(pilot.app)
        place = screen.page.place
        await pilot.press("3", "right_square_bracket", "left_square_bracket")
        assert screen.page.place == place

    tui.drive(interface(), steps)


def test_grades_differ_in_words_and_marks(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        text = tui.shown(screen.answers)
        assert "✓✓ verified: exact" in text
        assert "≈ not verified: damaged" in text

    tui.drive(interface(), steps)


def test_a_preliminary_answer_is_replaced_in_place(interface: Any, session: Any, tui: Any) -> None:
    go, document = threading.Event(), session.documents[0]
    early = tui.answer_of(document, answer="51 dollars", status="partial")
    reading = Reading(1000, 4000, 500.0, 6.0)
    session.script[:] = [Preview(early), reading, go, Finished(tui.answer_of(document))]

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: screen.answers.cards and screen.answers.cards[0].reading)
        text = tui.flat(screen.answers)
        assert "Preliminary" in text
        assert "51 dollars" in text
        assert "25 %" in text
        assert "500 tokens/s" in text
        assert "6 s left" in text
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.busy)
        text = tui.shown(screen.answers)
        assert len(screen.answers.cards) == 1
        assert "85 dollars" in text
        assert "51 dollars" not in text
        assert "Preliminary" not in text

    tui.drive(interface(), steps)


def test_esc_stops_an_answer_and_keeps_it_and_r_goes_on(interface: Any, session: Any, tui: Any) -> None:
    go, document = threading.Event(), session.documents[0]
    early = tui.answer_of(document, answer="51 dollars", status="partial")
    session.script[:] = [Preview(early), Reading(1000, 4000), go, Reading(2000, 4000), Finished(early)]

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: screen.answers.cards and screen.answers.cards[0].reading)
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: screen.answers.cards[0].turn.state == "stopped")
        assert session.stopped == 1
        text = tui.shown(screen.answers)
        assert "51 dollars" in text
        assert "Stopped" in text
        session.script[:] = [Finished(tui.answer_of(document))]
        await pilot.press("r")
        await tui.until(pilot, lambda: screen.answers.cards[0].turn.state == "done")
        assert session.asked == ["x", "x"]

    tui.drive(interface(), steps)


def test_a_read_shows_its_progress_and_is_stopped_and_resumed(interface: Any, session: Any, tui: Any) -> None:
    go = threading.Event()
    session.reading[:] = [Reading(1000, 4000, 500.0, 6.0), go, Reading(2000, 4000, 500.0, 4.0)]

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("escape", "r")
        await tui.until(pilot, lambda: "25 %" in tui.screen_text(pilot.app))
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: not screen._bridge.busy and session.stopped)
        assert "Stopped" in tui.screen_text(pilot.app)
        session.reading[:] = [Reading(4000, 4000, 500.0, 0.0)]
        await pilot.press("r")
        await tui.until(pilot, lambda: "read; questions" in tui.screen_text(pilot.app))

    tui.drive(interface(), steps)


def test_an_error_in_the_worker_becomes_a_message(interface: Any, session: Any, tui: Any) -> None:
    session.script[:] = [ValueError("[b]torn[/b]")]

    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        assert "this is a bug in docqa: ValueError: [b]torn[/b]" in tui.flat(screen.answers)
        session.script[:] = [MemoryError()]
        await pilot.press("r")
        await tui.until(pilot, lambda: "not enough memory" in tui.flat(screen.answers))
        session.script[:] = [Warning("two pages were not read"), Finished(tui.answer_of(session.documents[0]))]
        await pilot.press("r")
        await tui.until(pilot, lambda: screen.answers.cards[0].turn.state == "done")
        assert "two pages were not read" in tui.told(pilot.app)

    tui.drive(interface(), steps)


def test_a_document_that_cannot_be_opened_says_why_and_l_leads_back(interface: Any, tui: Any) -> None:
    from docqa.ingest.errors import Encrypted

    def opener(path: str) -> Any:
        raise Encrypted("it needs a password", path, "--password-file")

    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "needs a password" in tui.screen_text(pilot.app))
        await pilot.press("l")
        assert isinstance(pilot.app.screen, LibraryScreen)
        await tui.until(pilot, lambda: "lease.pdf" in tui.screen_text(pilot.app))

    tui.drive(interface(opener=opener), steps)


def test_a_refusal_shows_the_nearest_passages_as_places_to_go(interface: Any, session: Any, tui: Any) -> None:
    refusal = tui.answer_of(session.documents[0], status="not_found", answer=None, refused=True, quotes=())
    session.script[:] = [Finished(refusal)]

    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        text = tui.shown(screen.answers)
        assert "Not found" in text
        assert "Nearest, not an answer:" in text
        await pilot.press("n")
        assert "part 7" in reversed_text(screen.page)

    tui.drive(interface(), steps)


def test_search_steps_through_its_places_whatever_the_case(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("escape", "slash", *"FEE", "enter")
        assert "1 of 10 places" in tui.screen_text(pilot.app)
        await pilot.press("enter")
        assert "2 of 10 places" in tui.screen_text(pilot.app)
        assert screen.bar.input.value == "FEE"
        await pilot.press("escape", "greater_than_sign")
        assert "3 of 10 places" in tui.screen_text(pilot.app)
        assert "fee of part 3" in tui.shown(screen.page)
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
        assert "10 of 10 places" in tui.screen_text(pilot.app)
        await pilot.press("slash", *"zeppelin", "enter")
        assert "does not stand in this document" in tui.told(pilot.app)

    tui.drive(interface(), steps)


def test_g_goes_to_a_printed_label_a_physical_page_or_a_heading(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("escape")
        for wanted, page in (("ii", 2), ("1", 3), ("PDF 6", 6), ("p. 8", 10), ("Duties of keeper 6", 6)):
            await pilot.press("g")
            screen.bar.input.value = wanted
            await pilot.press("enter")
            assert f"{page}. Duties of keeper {page}" in tui.shown(screen.page)
            assert screen.page.has_focus
        await pilot.press(*"bbbbb")
        assert screen.page.place == (1, 0)

    tui.drive(interface(), steps)


def test_g_says_when_there_is_no_such_place(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("escape", "g", *"xcix", "enter")
        assert "no page or section" in tui.told(pilot.app)

    tui.drive(interface(), steps)


def test_y_copies_the_quote_with_its_cite(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        await tui.ask(pilot)
        await pilot.press("2", "y")
        assert pilot.app.clipboard == "“The fee of part 9 is 153 dollars” (lease.pdf, p. 7 (PDF 9))"

    tui.drive(interface(), steps)


def test_e_exports_the_session_and_never_replaces_a_file(
    interface: Any, answered: Any, tui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        await pilot.press("e", "enter")
        text = (tmp_path / "lease.docqa.md").read_text(encoding="utf-8")
        assert f"## {tui.QUESTION}" in text
        assert "> The fee of part 5 is 85 dollars, payable in March." in text
        assert "[✓✓ verified: exact]" in text
        await pilot.press("e")
        assert screen.bar.input.value == "lease.docqa-2.md"
        screen.bar.input.value = "lease.docqa.md"
        await pilot.press("enter")
        assert "cannot write" in tui.told(pilot.app)
        assert [path.name for path in tmp_path.glob("*.md")] == ["lease.docqa.md"]
        assert list(tmp_path.glob(".docqa-*")) == []

    tui.drive(interface(), steps)


def test_the_outline_leads_to_a_heading_and_opens_with_space(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("escape", "o", "home", "down", "down", "down", "enter")
        await pilot.pause()
        assert "3. Duties of keeper 3" in tui.shown(screen.page)
        await pilot.press("o", "home", "space")
        await pilot.pause()
        assert "1 Duties of keeper 1" not in tui.shown(screen.query_one("#outline"))

    tui.drive(interface(), steps)


def test_answers_are_stepped_through_and_each_has_its_own_cites(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot, "one")
        await pilot.press("q")
        await tui.ask(pilot, "two")
        assert screen.answers.current is screen.answers.cards[1]
        await pilot.press("left_square_bracket", "n")
        assert screen.answers.cards[0].current == 0
        assert screen.answers.cards[1].current is None
        await pilot.press("right_square_bracket", "n")
        assert [card.current for card in screen.answers.cards] == [None, 0]

    tui.drive(interface(), steps)


def test_the_strip_lights_the_best_passage_and_a_click_goes_there(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        heat, marks = tui.shown(screen.strip).split("\n")
        assert heat.index("█") == 48  # page 5 of 10 in 120 cells
        assert marks.count("▲") == 2
        await pilot.click(screen.strip, offset=(108, 0))
        assert "10. Duties of keeper 10" in tui.shown(screen.page)

    tui.drive(interface(), steps)


def test_a_narrow_screen_shows_one_pane_and_keys_or_clicks_change_it(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        panes = [screen.query_one(f"#{name}") for name in ("outline", "page", "answers")]
        await pilot.press("escape")
        for key, shown in (("o", 0), ("a", 2), ("t", 1)):
            await pilot.press(key)
            assert [pane.display for pane in panes] == [number == shown for number in range(3)]
            assert panes[shown].has_focus
        await pilot.click("#tabs", offset=(3, 0))
        await pilot.pause()
        assert panes[0].display
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert all(pane.display for pane in panes)

    tui.drive(interface(), steps, NARROW)


def test_the_text_stays_where_it_was_when_the_terminal_is_resized(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        screen.jump(6, 1)
        await pilot.press("pagedown")
        place = screen.page.place
        for size in ((100, 30), (80, 24), (140, 50), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert screen.page.place[0] == place[0]
        assert abs(screen.page.place[1] - place[1]) < 160

    tui.drive(interface(), steps)


def test_the_palette_finds_headings_and_past_questions(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"keeper", "space", "8")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await tui.until(pilot, lambda: "8. Duties of keeper 8" in tui.shown(screen.page))
        screen.answers.current = None
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"fee")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await tui.until(pilot, lambda: screen.answers.current is screen.answers.cards[0])

    tui.drive(interface(), steps)


def test_help_lists_every_key_and_goes_away(interface: Any, session: Any, tui: Any) -> None:
    from docqa.app.tui.keymap import DOCUMENT

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("escape", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        text = tui.screen_text(pilot.app)
        assert [key.help for key in DOCUMENT if key.help not in text] == []
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, HelpScreen)

    tui.drive(interface(), steps, (120, 60))


def test_a_theme_can_be_chosen_and_nothing_breaks(interface: Any, answered: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        await tui.ask(pilot)
        for theme in ("textual-light", "nord", "ansi-dark"):
            pilot.app.theme = theme
            await pilot.pause()
            assert "85 dollars" in tui.screen_text(pilot.app)

    tui.drive(interface(), steps)


def test_ctrl_q_leaves_with_status_0_while_an_answer_is_made(
    interface: Any, session: Any, tui: Any, store: Any
) -> None:
    go = threading.Event()
    session.script[:] = [Reading(1000, 4000), go]
    app = interface()

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: screen.answers.cards and screen.answers.cards[0].reading)
        await pilot.press("ctrl+q")

    tui.drive(app, steps)
    go.set()
    assert (app.return_code or 0) == 0
    assert app.bridge.close(20)
    assert session.closed
    (turn,) = kept_turns.load(store, session.documents[0]).turns
    assert (turn.question, turn.state) == ("x", "stopped")


def test_whoever_comes_back_finds_questions_and_place(interface: Any, answered: Any, tui: Any) -> None:
    places = []

    async def first(pilot: Any) -> None:
        screen = await tui.ask(pilot)
        await pilot.press("2")
        places.append(screen.page.place)
        await pilot.press("ctrl+q")

    async def second(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.pause()
        assert "85 dollars" in tui.shown(screen.answers)
        assert screen.page.place == places[0]
        await pilot.press("escape", "n")
        assert "The fee of part 5" in reversed_text(screen.page)
        await pilot.press("l")
        await tui.until(pilot, lambda: "lease.pdf" in tui.screen_text(pilot.app))

    tui.drive(interface(), first)
    tui.drive(interface(), second)


def test_an_empty_question_or_a_second_one_meanwhile_is_not_asked(interface: Any, session: Any, tui: Any) -> None:
    go = threading.Event()
    session.script[:] = [Reading(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("enter")
        assert "the question is empty" in tui.told(pilot.app)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: session.asked)
        await pilot.press("q", "y", "enter")
        assert "one question after the other" in tui.told(pilot.app)
        assert screen.bar.input.value == "y"
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.busy)
        assert session.asked == ["x"]

    tui.drive(interface(), steps)


def test_a_question_begun_is_still_there_after_a_search(interface: Any, session: Any, tui: Any) -> None:
    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press(*"Who", "escape", "slash", *"fee", "enter", "escape", "q")
        assert screen.bar.input.value == "Who"

    tui.drive(interface(), steps)
