"""A document that is being opened: what is typed is kept, pages are counted, and only keys that
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


def test_what_is_typed_while_a_document_opens_lands_in_the_line(interface, slow, tui):
    async def steps(pilot: Any) -> None:
        screen = pilot.app.screen
        await pilot.press(*"What", "space", *"is q")
        slow.go.set()
        await tui.opened(pilot)
        await pilot.press("l")
        assert pilot.app.screen is screen
        assert screen.panes.prompt.line.value == "What is ql"

    tui.drive(interface(opener=slow), steps)


def test_what_is_typed_right_behind_enter_in_the_library_is_kept(interface, slow, tui, tmp_path):
    (tmp_path / "a.txt").write_text("A keeper pays.", encoding="utf-8")

    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "1 document" in tui.screen_text(pilot.app))
        for key in (("enter", "\r"), ("h", "h"), ("r", "r"), ("l", "l"), ("i", "i")):
            pilot.app.post_message(Key(*key))
        await tui.until(pilot, lambda: hasattr(pilot.app.screen, "panes"))
        panes = pilot.app.screen.panes
        await tui.until(pilot, lambda: panes.prompt.line.value == "hrli")
        slow.go.set()
        await tui.opened(pilot)

    tui.drive(interface(str(tmp_path), slow), steps)


def test_a_question_entered_while_a_document_opens_is_asked_then(interface, slow, session, tui):
    session.script[:] = [Finished(tui.answer_of(session.documents[0]))]

    async def steps(pilot: Any) -> None:
        await pilot.press("W", "h", "o", "enter")
        await tui.until(pilot, lambda: "1 question will be asked" in tui.screen_text(pilot.app))
        slow.go.set()
        panes = await tui.opened(pilot)
        await tui.until(
            pilot, lambda: panes.answers.cards and not panes.answers.cards[0].turn.running
        )
        assert session.asked == ["Who"]

    tui.drive(interface(opener=slow), steps)


def test_pages_are_counted_above_a_footer_of_keys_that_work(interface, slow, tui):
    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "page 120 of 479" in tui.screen_text(pilot.app))
        await pilot.press("escape")
        assert "Documents" in footer(pilot.app)
        assert not any(name in footer(pilot.app) for name in ("Next cite", "Find", "Go to"))
        await pilot.press("ctrl+f", "i", "o")
        assert pilot.app.screen.panes.prompt.mode == "ask"
        slow.go.set()
        await tui.opened(pilot)
        await pilot.press("escape")
        assert "Find" in footer(pilot.app)

    tui.drive(interface(opener=slow), steps)


def test_the_first_pages_are_read_while_the_others_are_parsed(
    interface, session, lease_document, tui
):
    go = threading.Event()

    def opener(path: str, on_page: Any, password: Any, on_first: Any) -> Any:
        on_first(replace(lease_document, pages=lease_document.pages[:3]))
        on_page(120, 479)
        assert go.wait(20)
        return session

    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "keeper of part 1" in tui.screen_text(pilot.app))
        await tui.until(pilot, lambda: "page 120 of 479" in tui.screen_text(pilot.app))
        assert pilot.app.screen.document is None
        go.set()
        panes = await tui.opened(pilot)
        assert len(panes.document.pages) == 10

    tui.drive(interface(opener=opener), steps)


def test_hidden_text_and_scans_need_no_flag(interface, session, tui):
    opened: list[set[str]] = []

    class Opener:
        reads_hidden: set[str] = set()

        def __call__(self, *_: Any) -> Any:
            opened.append(set(self.reads_hidden))
            session.warnings[:] = [f"hidden text on page 3: {hidden_remark(False)}"]
            return session

    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        assert "not read; /hidden reads it" in tui.notices(pilot.app)
        await pilot.press("f8")
        assert "no page had to be recognised" in tui.notices(
            pilot.app
        ) or ocr.INSTALL in tui.notices(pilot.app)
        await pilot.press("f4")
        await tui.until(pilot, lambda: {pilot.app.screen.path} in opened)
        assert (opened[0], "--" in tui.notices(pilot.app)) == (set(), False)
        await tui.opened(pilot)

    tui.drive(interface(opener=Opener()), steps)


def test_a_file_that_cannot_be_opened_offers_what_helps(interface, session, tui):
    broken = [True]

    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        if broken:
            raise Unreadable("the file is damaged", where=path, hint="get it again")
        return session

    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "Ctrl+R tries again" in tui.screen_text(pilot.app))
        assert not any(name in footer(pilot.app) for name in ("Next cite", "Find"))
        broken.clear()
        await pilot.press("ctrl+r")
        await tui.opened(pilot)
        await pilot.press("escape", "ctrl+l")
        assert isinstance(pilot.app.screen, LibraryScreen)

    tui.drive(interface(opener=opener), steps)
