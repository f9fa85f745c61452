"""The grid of documents by questions: filled, gone into and back, sorted, exported, gone on with."""

import csv
from dataclasses import replace

import pytest
from textual.events import Paste

from docqa.app.batch import jobs
from docqa.app.tui.library.opener import SessionOpener

from .. import conftest as tui

FEE = "What does the tenant pay?"


@pytest.fixture
def folder(tmp_path):
    """Two leases with another fee each, and a file that cannot be read."""
    made = tmp_path / "leases"
    made.mkdir()
    for name, fee in (("b.txt", "90 dollars"), ("a.txt", "40 dollars")):
        lease = f"Lease\n\nThe tenant pays {fee} in March.\n\nThe keeper mends the roof."
        (made / name).write_text(lease, encoding="utf-8")
    (made / "c.pdf").write_bytes(b"%PDF-1.4 broken")
    return made


@pytest.fixture
def grid(running, folder, options):
    """Function that opens the folder with a tiny model; what is typed in the list comes before."""
    return lambda: running(str(folder), SessionOpener(replace(options, store=True)))


async def ask_each(pilot, question=FEE):
    """The grid of all documents with an answer of each to `question`."""
    if not pilot.app.screen.query("#grid"):
        await tui.sees(pilot, "3 documents")
        await pilot.press("alt+e")
        await tui.until(pilot, lambda: pilot.app.screen.query("#grid"))
    screen = pilot.app.screen
    pilot.app.post_message(Paste(question))
    await tui.until(pilot, lambda: screen.prompt.line.value == question)
    await pilot.press("enter")
    await tui.until(
        pilot, lambda: screen.prompt.line.value == "" and not pilot.app.bridge.waiting()
    )
    await tui.sees(pilot, "3 of 3 documents answered · finished")
    return screen


async def test_each_document_is_asked_and_a_failing_one_says_why(grid):
    async with grid() as pilot:
        await ask_each(pilot)
        shown = tui.screen_text(pilot)
        assert "tenant pays 40" in shown
        assert "tenant pays 90" in shown
        assert "c.pdf" in shown
        assert "✗" in shown


async def test_enter_opens_the_cite_and_alt_left_comes_back_to_the_cell(grid):
    async with grid() as pilot:
        screen = await ask_each(pilot)
        await pilot.press("down", "right", "enter")
        panes = await tui.opened(pilot)
        assert panes.document.path.endswith("b.txt")
        await tui.until(pilot, lambda: "pays 90 dollars" in tui.reversed_text(panes.page))
        await pilot.press("alt+left")
        await tui.until(pilot, lambda: pilot.app.screen is screen)
        assert tuple(screen._table.cursor_coordinate) == (1, 1)


async def test_a_typed_question_is_a_column_and_rows_are_sorted_and_filtered(grid):
    async with grid() as pilot:
        screen = await ask_each(pilot)
        await ask_each(pilot, "Who mends the roof?")
        assert len(screen._table.columns) == 3
        await pilot.press("ctrl+f", *"pays 90")
        await pilot.pause()
        assert [str(row[0]) for row in map(screen._table.get_row_at, range(1))] == ["b.txt"]
        assert screen._table.row_count == 1
        await pilot.press("escape", "escape")
        assert screen._table.row_count == 3


async def test_what_was_answered_is_not_asked_again(grid, monkeypatch):
    async with grid() as pilot:
        await ask_each(pilot)
    asked = []
    monkeypatch.setattr(jobs.AnswerJob, "_answer_events", lambda *_: asked.append(_) or iter(()))
    async with grid() as pilot:
        await ask_each(pilot)
        assert "tenant pays 40" in tui.screen_text(pilot)
    assert not asked


async def test_the_table_is_written_after_its_path_was_shown(grid, tmp_path):
    table = tmp_path / "table.csv"
    async with grid() as pilot:
        screen = await ask_each(pilot)
        await pilot.press("ctrl+s")
        screen.prompt.line.value = str(table)
        await pilot.press("enter")
        assert not table.exists()
        await pilot.press("enter")
        await tui.until(pilot, table.exists)
        await pilot.press("ctrl+s")
        screen.prompt.line.value = str(table)
        await pilot.press("enter", "enter")
        assert "there is such a file already" in tui.notices(pilot)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"].rpartition("/")[2] for row in rows] == ["a.txt", "b.txt", "c.pdf"]
    assert [FEE in row for row in rows] == [True] * 3
    assert rows[2]["error"]


async def test_an_unknown_preset_names_those_that_there_are(grid):
    async with grid() as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press(*"/extract novel", "enter")
        await tui.until(pilot, lambda: "contract, document" in tui.notices(pilot))
