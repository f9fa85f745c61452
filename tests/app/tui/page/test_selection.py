"""Words of the text selected with the mouse: shown, copied with their cite, cut from the pages."""

from dataclasses import replace
from typing import Any

import pytest
from textual.events import Click

from docqa.app.tui.settings import TuiSettings
from docqa.ingest.types import Reference

from .. import conftest as tui


async def _drag(pilot: Any, page: Any, start: tuple[int, int], end: tuple[int, int]) -> None:
    """From one (column, line of the view) to another; a line of border is above them."""
    await pilot.mouse_down(page, offset=(start[0], start[1] + 1))
    await pilot.hover(page, offset=(end[0], end[1] + 1))
    await pilot.mouse_up(page, offset=(end[0], end[1] + 1))
    await pilot.pause()


def _row(page: Any, words: str) -> int:
    return next(y for y in range(page.size.height) if words in page.render_line(y).text)


def _highlighted(pilot: Any, page: Any) -> str:
    ground = page.get_component_rich_style("text-pane--selection").bgcolor
    lines = []
    for y in range(page.size.height):
        lines.append(
            "".join(s.text for s in page.render_line(y) if s.style and s.style.bgcolor == ground)
        )
    return "\n".join(line for line in lines if line)


async def _on_fifth_page(pilot: Any) -> Any:
    panes = await tui.opened(pilot)
    await pilot.press("escape")
    panes.page.go(5, 0, above=0)
    await pilot.pause()
    return panes


@pytest.mark.parametrize("key", ["ctrl+y", "ctrl+c"])
async def test_what_the_mouse_selects_is_copied_with_its_cite(running, session, key):
    async with running() as pilot:
        panes = await _on_fifth_page(pilot)
        row = _row(panes.page, "The fee of part 5")
        await _drag(pilot, panes.page, (6, row), (18, row))  # two cells are the gutter
        assert _highlighted(pilot, panes.page) == "fee of part 5"
        await pilot.press(key)
        assert pilot.app.clipboard == "“fee of part 5” (lease.pdf, section 5 · p. 3 (PDF 5))"
        await pilot.click(panes.page, offset=(30, row + 4))
        assert _highlighted(pilot, panes.page) == ""
        await pilot.press("ctrl+y")
        assert "no quote to copy yet" in tui.notices(pilot)


async def test_an_answer_is_copied_with_its_quotes_until_one_is_followed(running, answered):
    async with running() as pilot:
        await tui.opened(pilot)
        await tui.ask(pilot)
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard.startswith("85 dollars")
        assert "The fee of part 9 is 153 dollars" in pilot.app.clipboard
        await pilot.press("alt+n", "ctrl+y")
        assert pilot.app.clipboard.startswith("“The fee of part 5")


async def test_a_selection_over_two_pages_names_both_and_omits_the_page_heads(running, session):
    async with running() as pilot:
        panes = await _on_fifth_page(pilot)
        last = _row(panes.page, "writes line 10")
        await _drag(pilot, panes.page, (0, last), (12, _row(panes.page, "6. Duties")))
        await pilot.press("ctrl+y")
        words, _, place = pilot.app.clipboard.rpartition(" (lease.pdf")
        assert words.startswith("“")
        assert "6. Duties" in words
        assert "──" not in words
        assert place == ", section 5 · pp. 3–4 (PDF 5–6))"


async def test_a_selection_of_wide_letters_is_cut_between_them(running, session, document):
    session.documents = (
        document("Bericht: 真实、准确、完整，不存在虚假记载。", path="report.pdf"),
    )

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        row = _row(panes.page, "Bericht")
        await _drag(pilot, panes.page, (11, row), (13, row))
        assert _highlighted(pilot, panes.page) == "真实"
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard == "“真实” (report.pdf, p. 1)"


async def test_a_selection_stays_on_its_words_while_lines_above_are_laid_out(
    running, session, document
):
    text = "\n".join(f"{'word ' * (n % 9)}line {n} of this page, which wraps." for n in range(60))
    session.documents = (
        document(*[f"{text}\nThe end of page {n}." for n in range(1, 60)], path="long.pdf"),
    )

    async with running(size=(40, 20)) as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        panes.page.go(50, 0, above=0)
        await pilot.press("alt+s", "alt+s", "ctrl+y")
        copied = pilot.app.clipboard
        panes.page.go(30, 0, above=0)
        await pilot.press(*["pageup"] * 12, "ctrl+y")
        assert pilot.app.clipboard == copied
        panes.page.go(50, 0, above=0)
        await pilot.pause()
        assert _highlighted(pilot, panes.page).replace("\n", " ") in copied


async def test_a_selection_from_a_link_does_not_follow_it(running, session, document):
    text = "1 Rent\nPaid as Section 2 says.\n" + "Nothing.\n" * 60 + "2 Keeper\nWho sleeps."
    made = document(text, path="act.pdf")
    session.documents = (
        replace(made, references=(Reference(1, 15, 24, None, 1, text.index("2 Keeper")),)),
    )

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        row = _row(panes.page, "Section 2")
        await _drag(pilot, panes.page, (2, row), (12, row))
        # What the interface makes of a button that is pressed and released over one widget.
        await pilot._post_mouse_events([Click], panes.page, offset=(12, row + 1), button=1)
        assert panes.page.place == (1, 0)
        await pilot.click(panes.page, offset=(30, row + 4), times=2)
        assert _highlighted(pilot, panes.page) == ""


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord"])
async def test_selected_words_can_be_read(running, session, theme):
    async with running(settings=TuiSettings(theme)) as pilot:
        panes = await _on_fifth_page(pilot)
        pilot.app.theme = theme
        await pilot.pause()
        row = _row(panes.page, "The fee of part 5")
        await _drag(pilot, panes.page, (6, row), (18, row))
        (words,) = [part for part in panes.page.render_line(row) if part.text == "fee of part 5"]
        assert tui.contrast(words.style.color, words.style.bgcolor) >= 4.5
