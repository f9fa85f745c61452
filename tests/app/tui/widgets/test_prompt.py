"""The line at the bottom: what is typed and pasted into it arrives whole."""

import random
import re
import threading

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste

from docqa.app.answer.events import ReadProgress
from docqa.app.tui.keymap import SCREENS
from docqa.app.tui.widgets.prompt import PromptLine

from .. import conftest as tui

AHEAD = [("e", "e"), ("space", " "), ("b", "b"), ("question_mark", "?")]


@pytest.mark.parametrize(
    ("first", "mode"), [(Key("ctrl+f", None), "find"), (Key("ctrl+g", None), "goto")]
)
async def test_letters_typed_behind_the_key_of_a_mode_belong_to_it(running, session, first, mode):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        for one in [
            first,
            *(Key(*each) for each in AHEAD),
        ]:  # all at once, as a busy terminal hands them on
            pilot.app.post_message(one)
        await tui.until(pilot, lambda: panes.prompt.line.value)
        assert (panes.prompt.mode, panes.prompt.line.value) == (mode, "e b?")


async def test_a_letter_typed_over_a_pane_goes_to_the_prompt(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press(
            "alt+o",
            "W",
            "alt+t",
            "h",
            "alt+s",
            "alt+h",
            "alt+l",
            "x",
            "f1",
            "o",
            "f1",
            "y",
            "escape",
        )
        assert panes.prompt.line.value == "Who"
        assert panes.prompt.line.has_focus


async def test_alt_and_a_letter_is_a_key_however_a_terminal_sends_it(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        pilot.app.post_message(Key("alt+o", "o"))  # Esc and o, of which Textual makes this
        await tui.until(pilot, lambda: panes.outline.has_focus)
        assert panes.prompt.line.value == ""


FUNCTION_KEYS = {
    "shift+f7": "\x1b[18;2~",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
}
KEYS = {
    key.key
    for keys in SCREENS.values()
    for key in keys
    if re.fullmatch(r"alt\+\w|(shift\+)?f[2378]", key.key)
}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_terminals_without_a_protocol_of_their_own_send_every_key(key):
    sent = FUNCTION_KEYS.get(key, f"\x1b{key[-1]}")
    assert [each.key for each in XTermParser().feed(2 * sent)] == [key, key]


async def test_several_pasted_lines_become_one_question(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("W", "?", "left")
        pilot.app.post_message(Paste("hat is the\n   fee of\r\npart 5\n"))
        await tui.until(pilot, lambda: len(panes.prompt.line.value) > 2)
        assert panes.prompt.line.value == "What is the fee of part 5?"


@pytest.mark.parametrize(
    "keys", [("ctrl+g", "5", "enter"), ("ctrl+s", "enter", "enter"), ("ctrl+f", "f", "escape")]
)
async def test_a_read_continues_while_the_search_line_is_used(
    running, session, tmp_path, monkeypatch, keys
):
    monkeypatch.chdir(tmp_path)
    go = threading.Event()
    session.reading[:] = [ReadProgress(1_000, 4_000), go, ReadProgress(4_000, 4_000)]

    async with running() as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "ctrl+r")
        await tui.until(pilot, lambda: getattr(pilot.app.screen.panes.progress, "done", 0) == 1_000)
        await pilot.press(*keys)
        await pilot.pause()
        assert pilot.app.bridge.waiting()
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        assert session.stopped == 0


async def test_an_impossible_file_name_is_reported(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "ctrl+s")
        panes.prompt.line.value = "a\0b.md"
        await pilot.press("enter", "enter")
        assert "cannot write" in tui.notices(pilot)
        assert panes.prompt.mode == "export"


async def test_arrow_keys_bring_back_earlier_questions(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot, "one")
        await tui.ask(pilot, "two")
        await pilot.press(*"thr", "up")
        shown = [panes.prompt.line.value]
        for key in ("up", "up", "down", "down"):
            await pilot.press(key)
            shown.append(panes.prompt.line.value)
        assert shown == ["two", "one", "one", "two", "thr"]


async def test_a_long_pasted_question_leaves_room_for_its_answer(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot, "Who pays what to whom and when? " * 40)
        lines = tui.shown(panes.answers.cards[0]).split("\n")
        assert next(number for number, line in enumerate(lines) if "90 %" in line) < 10


@pytest.mark.parametrize("width", [40, 80])
async def test_the_foot_of_a_narrow_screen_has_the_key_for_help(running, session, width):
    async with running(size=(width, 20)) as pilot:
        await tui.opened(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "F1 Help" in tui.screen_text(pilot).split("\n")[-1]


async def test_keys_behind_enter_do_not_change_the_question(running, answered):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        for letter in (
            "o",
            "n",
            "e",
            "enter",
            "t",
            "w",
            "o",
            "enter",
        ):  # faster than the interface can follow
            pilot.app.post_message(Key(letter, letter if len(letter) == 1 else None))
        await tui.until(
            pilot, lambda: [card.turn.question for card in panes.answers.cards] == ["one", "two"]
        )
        assert panes.prompt.line.value == ""


async def test_a_click_on_the_label_asks_as_enter_does(running, answered):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        await pilot.click("#line-label")
        assert panes.prompt.line.has_focus
        await pilot.press("W", "h", "o")
        await pilot.click("#line-label")
        await tui.until(
            pilot, lambda: [card.turn.question for card in panes.answers.cards] == ["Who"]
        )


@pytest.mark.parametrize(
    "pause", [0.0, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.03, 0.3))]
)
async def test_of_two_thousand_keys_every_letter_is_typed_in_order(
    running, answered, tmp_path, monkeypatch, pause
):
    """Over opening, answers, dialogs and resizing: letters end in the order of the keys, in a line
    that was open.
    """
    monkeypatch.chdir(tmp_path)
    written: list[str] = []
    write = PromptLine.write
    monkeypatch.setattr(
        PromptLine, "write", lambda line, text: (written.append(text), write(line, text))[1]
    )
    drawn = random.Random(7)
    others = [
        "enter",
        "escape",
        "tab",
        "up",
        "down",
        "left",
        "pagedown",
        "pageup",
        "home",
        "end",
        "f1",
        "f3",
    ]
    others += ["f6", "f9", "ctrl+f", "ctrl+g", "ctrl+l", "ctrl+n", "ctrl+r", "ctrl+y", "ctrl+u"]
    others += [f"alt+{key}" for key in (*"np1votashwlzrcjkg", "left", "up")]
    keys = [
        drawn.choice("abcdefghijklmnopqrstuvwxyz /")
        if drawn.random() < 0.7
        else drawn.choice(others)
        for _ in range(2000 if not pause else 600 if pause < 0.1 else 200)
    ]

    async with running() as pilot:
        for number, key in enumerate(keys):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
            if number % 250 == 0:
                await pilot.resize_terminal(*drawn.choice([(120, 40), (80, 24), (40, 20)]))
            if pause or number % 40 == 0:
                await pilot.pause(pause)
        await tui.until(pilot, lambda: len(written) >= sum(len(key) == 1 for key in keys))
        assert "".join(written) == "".join(key for key in keys if len(key) == 1)
        assert list(tmp_path.iterdir()) == []
