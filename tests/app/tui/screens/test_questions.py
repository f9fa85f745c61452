"""Answers and reads under way in an open document: shown, stopped, resumed, failed, left and found
again.
"""

import re
import threading
from dataclasses import replace
from typing import Any

from docqa.app.answer.events import Finished, Notice, Preview, ReadProgress
from docqa.app.tui import stored_turns
from docqa.app.tui.library.library import LibraryScreen
from docqa.ingest.errors import Encrypted


def test_a_preliminary_answer_is_replaced_in_place(interface, session, tui):
    go = threading.Event()
    document = session.documents[0]
    early = tui.answer_of(document, answer="51 dollars", status="partial")
    reading = ReadProgress(1000, 4000, 500.0, 6.0)
    session.script[:] = [Preview(early), reading, go, Finished(tui.answer_of(document))]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        text = tui.flat(panes.answers)
        assert "Preliminary" in text
        assert "51 dollars" in text
        assert "read 25 %, 1,000 of 4,000 tokens, 500 tokens/s" in tui.screen_text(pilot.app)
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        text = tui.shown(panes.answers)
        assert len(panes.answers.cards) == 1
        assert "85 dollars" in text
        assert "51 dollars" not in text
        assert "Preliminary" not in text

    tui.drive(interface(), steps)


def test_esc_stops_an_answer_and_keeps_it_and_r_goes_on(interface, session, tui):
    go = threading.Event()
    document = session.documents[0]
    early = tui.answer_of(document, answer="51 dollars", status="partial")
    session.script[:] = [
        Preview(early),
        ReadProgress(1000, 4000),
        go,
        ReadProgress(2000, 4000),
        Finished(early),
    ]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: panes.answers.cards[0].turn.state == "stopped")
        assert session.stopped == 1
        text = tui.shown(panes.answers)
        assert "51 dollars" in text
        assert "Stopped" in text
        session.script[:] = [Finished(tui.answer_of(document))]
        await pilot.press("ctrl+r")
        await tui.until(pilot, lambda: panes.answers.cards[0].turn.state == "done")
        assert session.asked == ["x", "x"]

    tui.drive(interface(), steps)


def test_a_read_shows_its_progress_and_is_stopped_and_resumed(interface, session, tui):
    go = threading.Event()
    session.reading[:] = [
        ReadProgress(1000, 4000, 500.0, 6.0),
        go,
        ReadProgress(2000, 4000, 500.0, 4.0),
    ]

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("escape", "ctrl+r")
        await tui.until(pilot, lambda: "25 %" in tui.screen_text(pilot.app))
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting() and session.stopped)
        assert "Stopped" in tui.screen_text(pilot.app)
        session.reading[:] = [ReadProgress(4000, 4000, 500.0, 0.0)]
        await pilot.press("ctrl+r")
        await tui.until(pilot, lambda: "read; questions" in tui.screen_text(pilot.app))

    tui.drive(interface(), steps)


def test_an_error_in_the_worker_becomes_a_message(interface, session, tui):
    session.script[:] = [ValueError("[b]torn[/b]")]

    async def steps(pilot: Any) -> None:
        panes = await tui.ask(pilot)
        assert "this is a bug in docqa: ValueError: [b]torn[/b]" in tui.flat(panes.answers)
        session.script[:] = [MemoryError()]
        await pilot.press("ctrl+r")
        await tui.until(pilot, lambda: "not enough memory" in tui.flat(panes.answers))
        session.script[:] = [
            Notice("two pages were not read"),
            Finished(tui.answer_of(session.documents[0])),
        ]
        await pilot.press("ctrl+r")
        await tui.until(pilot, lambda: panes.answers.cards[0].turn.state == "done")
        assert "two pages were not read" in tui.notices(pilot.app)

    tui.drive(interface(), steps)


def test_a_document_that_cannot_be_opened_says_why_and_l_goes_back(interface, tui):
    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        raise Encrypted("it needs a password", where=path, hint="--password-file")

    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "it needs a" in tui.screen_text(pilot.app))
        await pilot.press("ctrl+l")
        assert isinstance(pilot.app.screen, LibraryScreen)
        await tui.until(pilot, lambda: "lease.pdf" in tui.screen_text(pilot.app))

    tui.drive(interface(opener=opener), steps)


def test_ctrl_q_leaves_with_status_0_while_an_answer_is_made(interface, session, tui, store):
    go = threading.Event()
    session.script[:] = [ReadProgress(1000, 4000), go]
    app = interface()

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        await pilot.press("ctrl+q")

    tui.drive(app, steps)
    go.set()
    assert (app.return_code or 0) == 0
    assert app.bridge.close(20)
    assert session.closed
    (turn,) = stored_turns.load(store, [session.documents[0]]).turns
    assert (turn.question, turn.state) == ("x", "stopped")


def test_questions_and_place_are_restored_when_a_document_is_reopened(interface, answered, tui):
    places = []

    async def first(pilot: Any) -> None:
        panes = await tui.ask(pilot)
        await pilot.press("alt+2")
        places.append(panes.page.place)
        await pilot.press("ctrl+q")

    async def second(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.pause()
        assert "85 dollars" in tui.shown(panes.answers)
        assert panes.page.place == places[0]
        await pilot.press("escape", "alt+n")
        assert "The fee of part 5" in tui.reversed_text(panes.page)
        await pilot.press("ctrl+l")
        await tui.until(pilot, lambda: "lease.pdf" in tui.screen_text(pilot.app))

    tui.drive(interface(), first)
    tui.drive(interface(), second)


def test_questions_queue_and_each_shows_its_state(interface, session, tui):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("enter")
        assert "the question is empty" in tui.notices(pilot.app)
        await pilot.press("escape")
        for letter in "xyz":
            await pilot.press(letter, "enter")
        await tui.until(pilot, lambda: session.asked and pilot.app.screen.panes.progress)
        assert [card.turn.state for card in panes.answers.cards] == ["reading", "queued", "queued"]
        assert "waits for the questions before it" in tui.flat(panes.answers.cards[1])
        await pilot.press("escape")  # takes the last away, whose card is the current one
        assert panes.answers.cards[2].turn.state == "stopped"
        await pilot.press("alt+up", "alt+n")
        assert "no cites yet: this question is still being answered" in tui.notices(pilot.app)
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        assert session.asked == ["x", "y"]
        assert [card.turn.state for card in panes.answers.cards] == ["done", "done", "stopped"]

    tui.drive(interface(), steps)


def test_a_follow_up_in_the_queue_is_understood_by_the_answer_before(
    interface, session, tui, store
):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        for question in ("What is the fee of part 5?", "And when is it due?"):
            panes.prompt.line.value = question
            await pilot.press("enter")
        await tui.until(pilot, lambda: session.asked and pilot.app.screen.panes.progress)
        assert panes.answers.cards[1].turn.state == "queued"
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        whole = "And when is it due? (What is the fee of part 5: 85 dollars)"
        assert session.asked == ["What is the fee of part 5?", whole]
        assert f"understood as: {whole}" in tui.flat(panes.answers.cards[1])
        assert "understood as" not in tui.flat(panes.answers.cards[0])
        kept = stored_turns.load(store, [session.documents[0]]).turns[1]
        assert (kept.question, kept.understood) == ("And when is it due?", whole)

    tui.drive(interface(), steps)


def test_a_follow_up_that_the_model_made_whole_is_shown(interface, answered, tui):
    answered.writes = True

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await tui.ask(pilot, "What is the fee of part 5?")
        await tui.ask(pilot, "And of part 9?")
        whole = "And of part 9 behind 85 dollars?"
        assert answered.asked == ["What is the fee of part 5?", whole]
        assert f"understood as: {whole}" in tui.flat(panes.answers.cards[1])

    tui.drive(interface(), steps)


def test_how_much_is_read_is_said_in_one_wording(interface, session, tui):
    go = threading.Event()
    document = session.documents[0]
    coverage = replace(tui.answer_of(document).coverage, tokens_read=0)
    early = tui.answer_of(document, answer="51 dollars", status="partial", coverage=coverage)
    session.script[:] = [
        Preview(early),
        ReadProgress(1000, 4000, 500.0, 6.0),
        go,
        ReadProgress(2000, 4000),
    ]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        shares = re.findall(
            r"(\w+) (?:[█░]+ )?(\d+) %(?! )", tui.screen_text(pilot.app).replace(" · ", "\n")
        )
        said = re.findall(r"(\w+) (?:[█░]+ )?(\d+) %[ ,]", tui.screen_text(pilot.app))
        assert {*shares, *said} == {("read", "25")}
        assert "holds" not in tui.screen_text(pilot.app)
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: panes.answers.cards[0].turn.state == "stopped")
        assert "read 0 %" not in tui.flat(panes.answers)

    tui.drive(interface(), steps)


def test_nobody_is_told_to_press_a_key_that_is_typed(interface, session, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        assert panes.prompt.line.has_focus
        assert "Type a question" in tui.flat(panes.answers.query_one("#no-answers"))
        assert "q" not in tui.screen_text(pilot.app).split("\n")[-1].split()

    tui.drive(interface(), steps)


def test_a_document_that_is_left_goes_on(interface, session, tui):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter", "y", "enter")
        await tui.until(pilot, lambda: session.asked)
        await pilot.press("ctrl+l")
        await tui.until(pilot, lambda: "questions go on in lease.pdf" in tui.screen_text(pilot.app))
        await pilot.press("enter")
        await tui.until(pilot, lambda: getattr(pilot.app.screen, "panes", None) is panes)
        await pilot.press("ctrl+l")
        await tui.until(pilot, lambda: isinstance(pilot.app.screen, LibraryScreen))
        go.set()
        await tui.until(
            pilot, lambda: "lease.pdf: the questions are answered" in tui.notices(pilot.app)
        )
        await tui.until(pilot, lambda: session.closed)
        await pilot.press("enter")
        panes = await tui.opened(pilot)
        await tui.until(pilot, lambda: len(panes.answers.cards) == 2)
        assert [card.turn.state for card in panes.answers.cards] == ["done", "done"]

    tui.drive(interface(), steps)


def test_a_second_document_opens_while_questions_of_the_first_go_on(
    interface, session, tui, lease_file
):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]
    (lease_file.parent / "other.pdf").write_bytes(b"%PDF-1.4 not read")
    other = tui.FakeSession(session.documents, [Finished(tui.answer_of(session.documents[0]))])

    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        return other if path.endswith("other.pdf") else session

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: session.asked)
        await pilot.press("ctrl+l")
        await tui.until(pilot, lambda: "2 documents" in tui.screen_text(pilot.app))
        await pilot.press("down", "enter")
        panes = await tui.opened(pilot)
        await pilot.press("y", "enter")
        go.set()
        await tui.until(pilot, lambda: other.asked and not panes.answers.cards[-1].turn.running)
        assert session.stopped == 0

    tui.drive(interface(opener=opener), steps)


def test_a_question_begun_is_still_there_after_a_search(interface, session, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press(*"Who", "ctrl+f", *"fee", "enter")
        assert panes.prompt.line.value == "Who"

    tui.drive(interface(), steps)


def test_a_damaged_history_is_reported(interface, session, tui, store):
    store.folder("history", "history.sqlite").write_text(
        "no database at all " * 100, encoding="utf-8"
    )

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await tui.until(pilot, lambda: "set aside" in tui.notices(pilot.app))

    tui.drive(interface(), steps)
