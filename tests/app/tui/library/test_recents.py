"""What was read and asked before: found without a path, opened by keys alone."""

import time
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter

from docqa.app.answer.answer import Answer, CoverageReport, Usage
from docqa.app.answer.grades import Status
from docqa.app.batch.items import containing_file
from docqa.app.history.history import History, stored_documents
from docqa.app.history.records import StoredTurn
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.storage.store import Store
from docqa.app.tui import stored_turns
from docqa.app.tui.library import library
from docqa.app.tui.library.opener import SessionOpener
from docqa.app.tui.library.preview import forget_document, remembered_problems
from docqa.app.tui.library.recents import (
    is_anything_stored,
    past_questions,
    recent_documents,
    time_ago,
)
from docqa.app.tui.stored_turns import ShownTurn

from .. import conftest as tui


@pytest.fixture
def opened_before(store: Store, tmp_path: Path) -> list[Path]:
    """Three texts that were parsed into the store, oldest first."""
    paths = []
    for number in range(3):
        path = tmp_path / f"text_{number}.txt"
        path.write_text(
            f"The keeper of part {number} pays {number * 17} dollars in March.", encoding="utf-8"
        )
        open_session([str(path)], Options(cache_dir=str(store.root))).close()
        paths.append(path)
    return paths


def _asked(store: Store, path: Path, question: str, kind: str = "tui") -> Any:
    session = open_session([str(path)], Options(cache_dir=str(store.root)))
    (document,) = session.documents
    coverage = CoverageReport(tokens=20, tokens_read=20, pages=1)
    answer = Answer(
        Status.ANSWERED,
        question,
        "17 dollars",
        False,
        0.9,
        (),
        (),
        coverage,
        Usage(20, 0, 1.0, False),
    )
    if kind == "tui":
        stored_turns.save(store, [document], [ShownTurn(question, "done", answer)], (1, 0))
    else:
        with History(store) as history:
            number = history.start(kind, stored_documents([document]), question)
            history.keep(number, StoredTurn(question, time.time(), answer))
    return document


def test_documents_are_listed_last_used_first_with_what_is_kept(store, opened_before):
    time.sleep(0.01)
    _asked(store, opened_before[0], "How much?")
    listed = recent_documents(store)
    assert listed[0].path == str(opened_before[0])
    assert [recent.kept for recent in listed] == ["1 question", "opened", "opened"]
    assert all(recent.there for recent in listed)
    opened_before[1].unlink()
    assert [recent.path for recent in recent_documents(store) if not recent.there] == [
        str(opened_before[1])
    ]


def test_questions_of_every_front_end_are_found_the_newest_first(store, opened_before):
    _asked(store, opened_before[0], "How much does the keeper pay?")
    _asked(store, opened_before[1], "Who pays in March?", kind="ask")
    asked, _ = past_questions(store)
    assert (asked.path, asked.turn.question) == (str(opened_before[1]), "Who pays in March?")


def test_nothing_kept_is_nothing_to_list(tmp_path):
    store = Store(tmp_path / "empty")
    assert not is_anything_stored(store)
    assert recent_documents(store) == []
    assert past_questions(store) == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "just now"),
        (300, "5 min ago"),
        (7_300, "2 h ago"),
        (90_000, "1 day ago"),
        (9e5, "10 days ago"),
    ],
)
def test_times_are_written_as_ages(seconds, said):
    assert time_ago(1e9 - seconds, 1e9) == said
    assert time_ago(0.0, 1e9).startswith("19")


def test_the_archive_of_a_path_inside_it_is_found(tmp_path):
    archive = tmp_path / "papers.zip"
    archive.write_bytes(b"PK")
    assert containing_file(str(archive / "deep" / "one.pdf")) == str(archive)
    assert containing_file(str(archive)) is None
    assert containing_file(str(tmp_path / "gone" / "one.pdf")) is None


@pytest.fixture
def over(interface, tmp_path, monkeypatch):
    """Function(opener) -> an interface without a path, over a folder of no documents."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def make(opener: Any) -> Any:
        app = interface(opener=opener)
        app._path = None
        return app

    return make


async def test_without_a_path_what_was_read_is_opened_by_keys(
    over, session, store, opened_before, monkeypatch
):
    paths: list[str] = []
    monkeypatch.setattr(library, "_REST_S", 300)  # no preview, however busy the machine is

    def opener(path: str, *_: Any) -> Any:
        paths.append(path)
        return session

    async with over(opener).run_test(size=(120, 40)) as pilot:
        await tui.sees(pilot, "3 documents")
        third = recent_documents(store)[2].path
        await pilot.press("down", "down", "enter")
        await tui.opened(pilot)
        assert set(paths) == {third}
        await pilot.press("ctrl+l")
        assert isinstance(pilot.app.screen, library.LibraryScreen)
        assert "text_1.txt" in tui.screen_text(pilot)


async def test_a_past_question_opens_its_document_with_its_answer(over, store, opened_before):
    _asked(store, opened_before[0], "How much does the keeper pay?")
    asked_elsewhere = _asked(store, opened_before[1], "Who pays in March?", kind="chat")
    session = tui.FakeSession((asked_elsewhere,))

    async with over(lambda *_: session).run_test(size=(80, 24)) as pilot:
        await tui.sees(pilot, "2 questions")
        await pilot.press(*"pays in march", "enter")
        panes = await tui.opened(pilot)
        await tui.until(pilot, lambda: panes.answers.current is not None)
        assert "Who pays in March?" in tui.flat(panes.answers)
        assert "17 dollars" in tui.flat(panes.answers)
        await pilot.press("ctrl+l")
        await tui.sees(pilot, "2 questions")


async def test_a_document_that_is_gone_says_so_and_nothing_is_opened(over, session, opened_before):
    for path in opened_before:
        path.unlink()

    async with over(lambda *_: session).run_test(size=(120, 40)) as pilot:
        await tui.sees(pilot, "file not found")
        await pilot.press("enter")
        await pilot.pause()
        assert "does not exist any more" in tui.notices(pilot)
        assert isinstance(pilot.app.screen, library.LibraryScreen)


async def test_recent_documents_come_and_go_and_a_path_is_opened(
    running, session, opened_before, tmp_path
):
    empty = tmp_path / "empty"
    empty.mkdir()

    async with running(str(empty)) as pilot:
        await tui.sees(pilot, "no documents here")
        await pilot.press("ctrl+o")
        await tui.sees(pilot, "3 documents")
        await pilot.press("ctrl+o")
        await tui.sees(pilot, "no documents here")
        await pilot.press(*"/open nowhere.pdf", "enter")
        assert "does not exist" in tui.notices(pilot)
        await pilot.press("ctrl+p", *str(tmp_path), "enter")
        await tui.sees(pilot, "3 documents · by name")
        await pilot.press(*"tx1")
        await tui.sees(pilot, "1 document")
        assert "text_1.txt" in tui.screen_text(pilot)


async def test_what_is_kept_is_forgotten_once_confirmed_and_its_folder_listed(
    over, session, store, opened_before
):
    gone = str(opened_before[1])

    async with over(lambda *_: session).run_test(size=(120, 40)) as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press(*"text_1", "alt+d", "escape")
        assert gone in {each.path for each in recent_documents(store)}
        await pilot.press("alt+d")
        assert pilot.app.screen.prompt.line.value == gone
        assert "Enter deletes" in tui.screen_text(pilot)
        await pilot.press("enter")
        await tui.until(pilot, lambda: gone not in {each.path for each in recent_documents(store)})
        assert len(recent_documents(store)) == 2 and opened_before[1].exists()
        await tui.sees(pilot, "2 documents")
        await pilot.press("alt+r")
        await tui.sees(pilot, "3 documents · by name")


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_file_with_a_password_is_told_before_opening_and_remembered(
    running, store, tmp_path, size
):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret")
    writer.write(str(tmp_path / "locked.pdf"))
    for opener in (SessionOpener(Options()), lambda *_: time.sleep(9)):
        async with running(str(tmp_path), opener, size=size) as pilot:
            await tui.sees(pilot, "encrypted")
        assert remembered_problems(store) == {
            str(tmp_path / "locked.pdf"): [(tmp_path / "locked.pdf").stat().st_mtime, "encrypted"]
        }
    assert forget_document(store, str(tmp_path)) and remembered_problems(store) == {}
