"""Several documents asked together: selected in the list, answered file by file, their cites gone
to in each.
"""

import threading
from dataclasses import replace
from typing import Any

import pytest

from docqa.app.answer.answer import Statement
from docqa.app.answer.events import DocumentAnswered, Finished
from docqa.app.answer.grades import Support
from docqa.app.tui import stored_turns

from .. import conftest as tui


@pytest.fixture
def folder(tmp_path):
    """Three files, of which a fake session reads nothing."""
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("A keeper pays.", encoding="utf-8")
    return tmp_path


@pytest.fixture
def both(lease_document):
    """A session of the lease and a copy of it, whose answer cites both."""
    other = replace(lease_document, id="b" * 64, path="other.pdf", title="Other lease")
    quotes = (
        tui.quote_of(lease_document, "The fee of part 5 is 85"),
        tui.quote_of(other, "The fee of part 9 is 153"),
    )
    parts = [
        Statement(words, Support.QUOTED, (at,), name)
        for at, (words, name) in enumerate(
            (("85 dollars", "lease.pdf"), ("153 dollars", "other.pdf"))
        )
    ]
    said = "lease.pdf: 85 dollars; other.pdf: 153 dollars"
    answer = tui.answer_of(
        lease_document, answer=said, statements=tuple(parts), quotes=quotes, evidence=()
    )
    return tui.FakeSession((lease_document, other), script=[Finished(answer)])


async def test_selected_documents_are_asked_together_and_each_cite_gone_to(
    running, both, folder, store
):
    asked: list[Any] = []

    async with running(str(folder), lambda path, *_: asked.append(path) or both) as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press("alt+s", "down", "alt+s")
        assert "2 of 3 selected" in tui.screen_text(pilot)
        await pilot.press("enter")
        panes = await tui.ask(pilot)
        assert [str(folder / name) for name in ("a.txt", "c.txt")] in asked
        assert "other.pdf: 153 dollars" in tui.flat(panes.answers.cards[0])
        await pilot.press("alt+2")
        assert "2 of 2 files" in tui.screen_text(pilot)
        assert "part 9 is 153" in tui.reversed_text(panes.page)
        await pilot.press("alt+left")
        assert panes.document is both.documents[0]
        assert len(stored_turns.load(store, both.documents).turns) == 1
        assert stored_turns.load(store, [both.documents[0]]).turns == []


async def test_files_are_gone_through_and_each_keeps_its_place(running, both, folder):
    async with running(str(folder), lambda *_: both) as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press("alt+a")
        panes = await tui.ask(pilot)
        panes.page.go(7, 0)
        await pilot.press("ctrl+n")
        assert panes.document is both.documents[1]
        assert panes.page.place == (1, 0)
        await pilot.press("ctrl+p")
        assert panes.document is both.documents[0]
        assert panes.page.place[0] in (6, 7)
        await pilot.press("alt+j")
        await tui.sees(pilot, "1 answer")
        await pilot.press(*"other", "enter")
        assert panes.document is both.documents[1]
        await pilot.press("alt+left")
        assert panes.document is both.documents[0]


async def test_a_question_that_is_no_name_is_asked_of_all(running, both, folder):
    asked: list[Any] = []

    async with running(str(folder), lambda path, *_: asked.append(path) or both) as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press(*"What is the fee?")
        await tui.sees(pilot, "no name has these words; Enter asks them of 3 documents")
        await pilot.press("enter")
        await tui.opened(pilot)
        await tui.until(pilot, lambda: both.asked == ["What is the fee?"])
        assert [str(folder / f"{name}.txt") for name in "abc"] in asked


async def test_words_open_their_file_and_escape_clears_a_selection(running, both, folder):
    asked: list[Any] = []

    async with running(str(folder), lambda path, *_: asked.append(path) or both) as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press("alt+s", "alt+s", *"c.t", "enter")
        await tui.opened(pilot)
        assert set(asked) == {str(folder / "c.txt")}
        await pilot.press("ctrl+l")
        await tui.sees(pilot, "2 of 3 selected")
        await pilot.press("escape")
        assert "selected" not in tui.screen_text(pilot)


async def test_a_question_behind_the_command_is_asked_of_the_whole_folder(running, both, folder):
    go = threading.Event()
    asked = []
    both.script[:0] = [DocumentAnswered("other.pdf", both.script[0].answer), go]

    async with running(str(folder), lambda path, *_: asked.append(path) or both) as pilot:
        await tui.sees(pilot, "3 documents")
        pilot.app.screen.line.value = "/ask-together What is the fee?"
        await pilot.press("enter")
        panes = await tui.opened(pilot)
        await tui.until(pilot, lambda: "Found so far: other.pdf" in tui.flat(panes.answers))
        go.set()
        await tui.until(pilot, lambda: not panes.answers.cards[0].turn.running)
        assert both.asked == ["What is the fee?"]
        assert [str(folder)] in asked
