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

from .. import conftest as tui


async def test_a_preliminary_answer_is_replaced_in_place(running, session):
    go = threading.Event()
    document = session.documents[0]
    early = tui.answer_of(document, answer="51 dollars", status="partial")
    reading = ReadProgress(1000, 4000, 500.0, 6.0)
    session.script[:] = [Preview(early), reading, go, Finished(tui.answer_of(document))]

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        text = tui.flat(panes.answers)
        assert "Preliminary" in text
        assert "51 dollars" in text
        assert "read 25 %, 1,000 of 4,000 tokens, 500 tokens/s" in tui.screen_text(pilot)
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        text = tui.shown(panes.answers)
        assert len(panes.answers.cards) == 1
        assert "85 dollars" in text
        assert "51 dollars" not in text
        assert "Preliminary" not in text


async def test_esc_stops_an_answer_and_keeps_it_and_r_goes_on(running, session):
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

    async with running() as pilot:
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


async def test_a_read_shows_its_progress_and_is_stopped_and_resumed(running, session):
    go = threading.Event()
    session.reading[:] = [
        ReadProgress(1000, 4000, 500.0, 6.0),
        go,
        ReadProgress(2000, 4000, 500.0, 4.0),
    ]

    async with running() as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "ctrl+r")
        await tui.sees(pilot, "25 %")
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting() and session.stopped)
        assert "Stopped" in tui.screen_text(pilot)
        session.reading[:] = [ReadProgress(4000, 4000, 500.0, 0.0)]
        await pilot.press("ctrl+r")
        await tui.sees(pilot, "read; questions")


async def test_an_error_in_the_worker_becomes_a_message(running, session):
    session.script[:] = [ValueError("[b]torn[/b]")]

    async with running() as pilot:
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
        assert "two pages were not read" in tui.notices(pilot)


async def test_a_document_that_cannot_be_opened_says_why_and_l_goes_back(running):
    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        raise Encrypted("it needs a password", where=path, hint="--password-file")

    async with running(opener=opener) as pilot:
        await tui.sees(pilot, "it needs a")
        await pilot.press("ctrl+l")
        assert isinstance(pilot.app.screen, LibraryScreen)
        await tui.sees(pilot, "lease.pdf")


async def test_ctrl_q_leaves_with_status_0_while_an_answer_is_made(interface, session, store):
    go = threading.Event()
    session.script[:] = [ReadProgress(1000, 4000), go]
    app = interface()

    async with app.run_test(size=(120, 40)) as pilot:
        await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        await pilot.press("ctrl+q")
    go.set()
    assert (app.return_code or 0) == 0
    assert app.bridge.close(20)
    assert session.closed
    (turn,) = stored_turns.load(store, [session.documents[0]]).turns
    assert (turn.question, turn.state) == ("x", "stopped")


async def test_questions_and_place_are_restored_when_a_document_is_reopened(running, answered):
    places = []

    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("alt+2")
        places.append(panes.page.place)
        await pilot.press("ctrl+q")
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.pause()
        assert "85 dollars" in tui.shown(panes.answers)
        assert panes.page.place == places[0]
        await pilot.press("escape", "alt+n")
        assert "The fee of part 5" in tui.reversed_text(panes.page)
        await pilot.press("ctrl+l")
        await tui.sees(pilot, "lease.pdf")


async def test_questions_queue_and_each_shows_its_state(running, session):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("enter")
        assert "the question is empty" in tui.notices(pilot)
        await pilot.press("escape")
        for letter in "xyz":
            await pilot.press(letter, "enter")
        await tui.until(pilot, lambda: session.asked and pilot.app.screen.panes.progress)
        assert [card.turn.state for card in panes.answers.cards] == ["reading", "queued", "queued"]
        assert "waits for the questions before it" in tui.flat(panes.answers.cards[1])
        await pilot.press("escape")  # takes the last away, whose card is the current one
        assert panes.answers.cards[2].turn.state == "stopped"
        await pilot.press("alt+up", "alt+n")
        assert "no cites yet: this question is still being answered" in tui.notices(pilot)
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        assert session.asked == ["x", "y"]
        assert [card.turn.state for card in panes.answers.cards] == ["done", "done", "stopped"]


async def test_a_follow_up_in_the_queue_is_understood_by_the_answer_before(running, session, store):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async with running() as pilot:
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


async def test_how_much_is_read_is_said_in_one_wording(running, session):
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

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        shares = re.findall(
            r"(\w+) (?:[█░]+ )?(\d+) %(?! )", tui.screen_text(pilot).replace(" · ", "\n")
        )
        said = re.findall(r"(\w+) (?:[█░]+ )?(\d+) %[ ,]", tui.screen_text(pilot))
        assert {*shares, *said} == {("read", "25")}
        assert "holds" not in tui.screen_text(pilot)
        await pilot.press("escape")
        go.set()
        await tui.until(pilot, lambda: panes.answers.cards[0].turn.state == "stopped")
        assert "read 0 %" not in tui.flat(panes.answers)


async def test_nobody_is_told_to_press_a_key_that_is_typed(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        assert panes.prompt.line.has_focus
        assert "Type a question" in tui.flat(panes.answers.query_one("#no-answers"))
        assert "q" not in tui.screen_text(pilot).split("\n")[-1].split()


async def test_a_document_that_is_left_goes_on(running, session):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter", "y", "enter")
        await tui.until(pilot, lambda: session.asked)
        await pilot.press("ctrl+l")
        await tui.sees(pilot, "questions go on in lease.pdf")
        await pilot.press("enter")
        await tui.until(pilot, lambda: getattr(pilot.app.screen, "panes", None) is panes)
        await pilot.press("ctrl+l")
        await tui.until(pilot, lambda: isinstance(pilot.app.screen, LibraryScreen))
        go.set()
        await tui.until(
            pilot, lambda: "lease.pdf: the questions are answered" in tui.notices(pilot)
        )
        await tui.until(pilot, lambda: session.closed)
        await pilot.press("enter")
        panes = await tui.opened(pilot)
        await tui.until(pilot, lambda: len(panes.answers.cards) == 2)
        assert [card.turn.state for card in panes.answers.cards] == ["done", "done"]


async def test_a_second_document_opens_while_questions_of_the_first_go_on(
    running, session, lease_file
):
    go = threading.Event()
    session.script[:] = [ReadProgress(1, 2), go, Finished(tui.answer_of(session.documents[0]))]
    (lease_file.parent / "other.pdf").write_bytes(b"%PDF-1.4 not read")
    other = tui.FakeSession(session.documents, [Finished(tui.answer_of(session.documents[0]))])

    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        return other if path.endswith("other.pdf") else session

    async with running(opener=opener) as pilot:
        await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: session.asked)
        await pilot.press("ctrl+l")
        await tui.sees(pilot, "2 documents")
        await pilot.press("down", "enter")
        panes = await tui.opened(pilot)
        await pilot.press("y", "enter")
        go.set()
        await tui.until(pilot, lambda: other.asked and not panes.answers.cards[-1].turn.running)
        assert session.stopped == 0


async def test_a_question_begun_is_still_there_after_a_search(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press(*"Who", "ctrl+f", *"fee", "enter")
        assert panes.prompt.line.value == "Who"


async def test_a_damaged_history_is_reported(running, session, store):
    store.folder("history", "history.sqlite").write_text(
        "no database at all " * 100, encoding="utf-8"
    )

    async with running() as pilot:
        await tui.opened(pilot)
        await tui.until(pilot, lambda: "set aside" in tui.notices(pilot))
