"""A document that is being opened: what is typed is kept, pages are count_text, and only keys that
work are shown.
"""

import threading
from dataclasses import replace
from typing import Any

import pytest
from textual.events import Key

from docqa.app.answer.events import Finished
from docqa.app.tui.library.library import LibraryScreen
from docqa.ingest.assemble import hidden_remark
from docqa.ingest.errors import Unreadable
from docqa.ingest.pdf import ocr

from .. import conftest as tui


@pytest.fixture
def slow(session: Any) -> Any:
    """An opener that counts to page 120 of 479 and then waits for its `go`."""

    class Slow:
        go = threading.Event()

        def __call__(self, path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
            on_page(120, 479)
            assert self.go.wait(20)
            return session

    return Slow()


def footer(app: Any) -> str:
    """The last line of the screen."""
    strips = app.screen._compositor.render_strips()
    return str(strips[-1].text)


async def test_what_is_typed_while_a_document_opens_lands_in_the_line(running, slow):
    async with running(opener=slow) as pilot:
        screen = pilot.app.screen
        await pilot.press(*"What", "space", *"is q")
        slow.go.set()
        await tui.opened(pilot)
        await pilot.press("l")
        assert pilot.app.screen is screen
        assert screen.panes.prompt.line.value == "What is ql"


async def test_what_is_typed_right_behind_enter_in_the_library_is_kept(running, slow, tmp_path):
    (tmp_path / "a.txt").write_text("A keeper pays.", encoding="utf-8")

    async with running(str(tmp_path), slow) as pilot:
        await tui.sees(pilot, "1 document")
        for key in (("enter", "\r"), ("h", "h"), ("r", "r"), ("l", "l"), ("i", "i")):
            pilot.app.post_message(Key(*key))
        await tui.until(pilot, lambda: hasattr(pilot.app.screen, "panes"))
        panes = pilot.app.screen.panes
        await tui.until(pilot, lambda: panes.prompt.line.value == "hrli")
        slow.go.set()
        await tui.opened(pilot)


async def test_a_question_entered_while_a_document_opens_is_asked_then(running, slow, session):
    session.script[:] = [Finished(tui.answer_of(session.documents[0]))]

    async with running(opener=slow) as pilot:
        await pilot.press("W", "h", "o", "enter")
        await tui.sees(pilot, "1 question will be asked")
        slow.go.set()
        panes = await tui.opened(pilot)
        await tui.until(
            pilot, lambda: panes.answers.cards and not panes.answers.cards[0].turn.running
        )
        assert session.asked == ["Who"]


async def test_pages_are_counted_above_a_footer_of_keys_that_work(running, slow):
    async with running(opener=slow) as pilot:
        await tui.sees(pilot, "page 120 of 479")
        await pilot.press("escape")
        assert "Documents" in footer(pilot.app)
        assert not any(name in footer(pilot.app) for name in ("Next cite", "Find", "Go to"))
        await pilot.press("ctrl+f", "i", "o")
        assert pilot.app.screen.panes.prompt.mode == "ask"
        slow.go.set()
        await tui.opened(pilot)
        await pilot.press("escape")
        assert "Find" in footer(pilot.app)


async def test_the_first_pages_are_read_while_the_others_are_parsed(
    running, session, lease_document
):
    go = threading.Event()

    def opener(path: str, on_page: Any, password: Any, on_first: Any) -> Any:
        on_first(replace(lease_document, pages=lease_document.pages[:3]))
        on_page(120, 479)
        assert go.wait(20)
        return session

    async with running(opener=opener) as pilot:
        await tui.sees(pilot, "keeper of part 1")
        await tui.sees(pilot, "page 120 of 479")
        assert pilot.app.screen.document is None
        go.set()
        panes = await tui.opened(pilot)
        assert len(panes.document.pages) == 10


async def test_hidden_text_and_scans_need_no_flag(running, session):
    opened: list[set[str]] = []

    class Opener:
        reads_hidden: set[str] = set()

        def __call__(self, *_: Any) -> Any:
            opened.append(set(self.reads_hidden))
            session.warnings[:] = [f"hidden text on page 3: {hidden_remark(False)}"]
            return session

    async with running(opener=Opener()) as pilot:
        await tui.opened(pilot)
        assert "not read; /hidden reads it" in tui.notices(pilot)
        await pilot.press("f8")
        assert "no page had to be recognised" in tui.notices(pilot) or ocr.INSTALL in tui.notices(
            pilot
        )
        await pilot.press("f4")
        await tui.until(pilot, lambda: {pilot.app.screen.path} in opened)
        assert (opened[0], "--" in tui.notices(pilot)) == (set(), False)
        await tui.opened(pilot)


async def test_a_file_that_cannot_be_opened_offers_what_helps(running, session):
    broken = [True]

    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        if broken:
            raise Unreadable("the file is damaged", where=path, hint="get it again")
        return session

    async with running(opener=opener) as pilot:
        await tui.sees(pilot, "Ctrl+R tries again")
        assert not any(name in footer(pilot.app) for name in ("Next cite", "Find"))
        await pilot.press(*"why", "enter")
        await tui.until(pilot, lambda: "it will be asked when" in tui.notices(pilot))
        broken.clear()
        await pilot.press("ctrl+r")
        await tui.opened(pilot)
        await tui.until(pilot, lambda: session.asked == ["why"])
        await pilot.press("escape", "ctrl+l")
        assert isinstance(pilot.app.screen, LibraryScreen)
