"""The line at the bottom: what is typed and pasted into it arrives whole."""

import threading
from typing import Any

import pytest
from textual.events import Key, Paste

from docqa.app.answer.events import ReadProgress

AHEAD = [("e", "e"), ("space", " "), ("b", "b"), ("question_mark", "?")]


@pytest.mark.parametrize(("key", "character", "mode"), [("q", "q", "ask"), ("slash", "/", "find"), ("g", "g", "goto")])
def test_letters_typed_right_behind_the_key_of_a_line_belong_to_it(interface, session, tui, key, character, mode):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        for one in [(key, character), *AHEAD]:  # all at once, as a terminal hands on what was typed while it was busy
            pilot.app.post_message(Key(*one))
        await tui.until(pilot, lambda: panes.bar.input.value)
        assert (panes.bar.mode, panes.bar.input.value) == (mode, "e b?")

    tui.drive(interface(), steps)


def test_keys_typed_right_after_leaving_a_line_go_to_the_text(interface, session, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        for one in (("g", "g"), ("5", "5"), ("enter", "\r"), ("j", "j")):
            pilot.app.post_message(Key(*one))
        await tui.until(pilot, lambda: panes.page.place[0] > 1)
        assert (panes.bar.mode, panes.bar.input.value) == ("ask", "")

    tui.drive(interface(), steps)


def test_several_pasted_lines_become_one_question(interface, session, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("W", "?", "left")
        pilot.app.post_message(Paste("hat is the\n   fee of\r\npart 5\n"))
        await tui.until(pilot, lambda: len(panes.bar.input.value) > 2)
        assert panes.bar.input.value == "What is the fee of part 5?"

    tui.drive(interface(), steps)


@pytest.mark.parametrize("keys", [("g", "5", "enter"), ("e", "enter"), ("slash", "f", "e", "e", "escape")])
def test_a_read_continues_while_the_search_line_is_used(interface, session, tui, tmp_path, monkeypatch, keys):
    monkeypatch.chdir(tmp_path)
    go = threading.Event()
    session.reading[:] = [ReadProgress(1_000, 4_000), go, ReadProgress(4_000, 4_000)]

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("escape", "r")
        await tui.until(pilot, lambda: getattr(pilot.app.screen.questions.progress, "done", 0) == 1_000)
        await pilot.press(*keys)
        await pilot.pause()
        assert pilot.app.bridge.waiting()
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        assert session.stopped == 0

    tui.drive(interface(), steps)


def test_an_impossible_file_name_is_reported(interface, session, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "e")
        panes.bar.input.value = "a\0b.md"
        await pilot.press("enter")
        assert "cannot write" in tui.notices(pilot.app)
        assert panes.bar.mode == "export"

    tui.drive(interface(), steps)


def test_arrow_keys_bring_back_earlier_questions(interface, answered, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.ask(pilot, "one")
        await pilot.press("q")
        await tui.ask(pilot, "two")
        await pilot.press("q", *"thr", "up")
        shown = [panes.bar.input.value]
        for key in ("up", "up", "down", "down"):
            await pilot.press(key)
            shown.append(panes.bar.input.value)
        assert shown == ["two", "one", "one", "two", "thr"]

    tui.drive(interface(), steps)


def test_a_long_pasted_question_leaves_room_for_its_answer(interface, answered, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.ask(pilot, "Who pays what to whom and when? " * 40)
        lines = tui.shown(panes.answers.cards[0]).split("\n")
        assert next(number for number, line in enumerate(lines) if "90 %" in line) < 10

    tui.drive(interface(), steps)


@pytest.mark.parametrize("width", [40, 80])
def test_the_foot_of_a_narrow_screen_has_the_key_for_help(interface, session, tui, width):
    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "? Help" in tui.screen_text(pilot.app).split("\n")[-1]

    tui.drive(interface(), steps, (width, 20))


def test_keys_behind_enter_do_not_change_the_question(interface, answered, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        for letter in ("o", "n", "e", "enter", "q", "t", "w", "o", "enter"):  # faster than the interface can follow
            pilot.app.post_message(Key(letter, letter if len(letter) == 1 else None))
        await tui.until(pilot, lambda: [card.turn.question for card in panes.answers.cards] == ["one", "two"])
        assert panes.bar.input.value == ""

    tui.drive(interface(), steps)


def test_a_click_on_the_label_asks_as_enter_does(interface, answered, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        await pilot.click("#line-label")
        assert panes.bar.input.has_focus
        await pilot.press("W", "h", "o")
        await pilot.click("#line-label")
        await tui.until(pilot, lambda: [card.turn.question for card in panes.answers.cards] == ["Who"])

    tui.drive(interface(), steps)
