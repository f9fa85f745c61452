"""Summaries of open documents: one answer of sentences, whose cites lead to them."""

from dataclasses import replace

import pytest

from docqa.app.tui.library.opener import SessionOpener

from . import conftest as tui

LEASE = """# Lease

## 1 Rent

The tenant of {0} shall pay ninety dollars to the keeper before the ninth day of every month.

## 2 Repairs

The keeper of {0} shall mend the roof and the windows within thirty days of a written notice.
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "leases"
    made.mkdir()
    for name in ("Alder", "Birch"):
        (made / f"{name}.md").write_text(LEASE.format(name), encoding="utf-8")
    return made


@pytest.fixture
def opener(options):
    return SessionOpener(replace(options, store=False))


async def finished(pilot):
    """The panes, once the first question has its answer."""
    panes = await tui.opened(pilot)
    await tui.until(pilot, lambda: panes.answers.cards and not panes.answers.cards[0].turn.running)
    return panes


async def test_a_summary_has_its_sentences_with_their_headings_and_cites(running, folder, opener):
    async with running(str(folder / "Alder.md"), opener) as pilot:
        await tui.opened(pilot)
        await pilot.press(*"/summ", "enter")
        panes = await finished(pilot)
        card = tui.flat(panes.answers)
        assert "● Summary" in card
        assert "1 Rent: The tenant of Alder shall pay" in card
        await pilot.press("alt+n", "alt+n")
        assert "shall" in tui.reversed_text(panes.page)


async def test_an_unknown_style_names_those_that_there_are(running, folder, opener):
    async with running(str(folder / "Alder.md"), opener) as pilot:
        await tui.opened(pilot)
        await pilot.press(*"/summarize", "space", *"long", "enter")
        panes = await finished(pilot)
        assert "there is no style long" in tui.flat(panes.answers)
        assert "key-points" in tui.flat(panes.answers)


@pytest.mark.parametrize("keys", [("alt+s", "alt+s"), (*"Sum up", "enter")])  # or what is no name
async def test_several_documents_are_summarized_one_by_one(running, folder, opener, keys):
    async with running(str(folder), opener) as pilot:
        await tui.sees(pilot, "2 documents")
        await pilot.press(*keys)
        assert ("Alt+K: summarize" in tui.notices(pilot)) == ("enter" in keys)
        await pilot.press("alt+k")
        panes = await finished(pilot)
        card = tui.flat(panes.answers)
        assert "Alder.md: " in card
        assert "Birch.md: " in card
