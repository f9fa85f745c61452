"""The scroll bar shows where all hits are, which one the reader is at, and what the reader highlighted."""

from typing import Any

import pytest

from docqa.app.tui.page.scroll_marks import SIGNS, cells


def column(pilot: Any) -> list[Any]:
    """The cells of the scroll bar of the page, as they are on the screen."""
    bar = pilot.app.screen.panes.page.vertical_scrollbar
    return [next(iter(bar.render_line(y))) for y in range(bar.size.height)]


@pytest.mark.parametrize("theme", ["docqa-dark", "docqa-light"])
def test_all_hits_are_marked_in_the_scroll_bar(interface, session, tui, theme):
    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        pilot.app.theme = theme
        await pilot.press("escape", "slash", *"fee")
        await tui.until(pilot, lambda: any(cell.text == SIGNS["current-hit"] for cell in column(pilot)))
        shown = column(pilot)
        assert [cell.text for cell in shown].count(SIGNS["hit"]) == 9
        assert next(cell.text for cell in shown if cell.text in SIGNS.values()) == SIGNS["current-hit"]
        assert all(tui.contrast(c.style.color, c.style.bgcolor) >= 3 for c in shown if c.text in SIGNS.values())
        await pilot.press("down", "down", "enter")
        signs = [cell.text for cell in column(pilot) if cell.text in SIGNS.values()]
        assert signs == [*"••", SIGNS["current-hit"], *"•••••••"]
        await pilot.press("slash", "z", "escape")
        await tui.until(pilot, lambda: not any(cell.text in SIGNS.values() for cell in column(pilot)))

    tui.drive(interface(), steps)


def test_highlights_are_marked_in_the_scroll_bar(interface, session, tui):
    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        panes.page.go(9, 0, above=0)
        await pilot.press("s", "h")
        await tui.until(pilot, lambda: SIGNS["highlight"] in [cell.text for cell in column(pilot)])

    tui.drive(interface(), steps)


def test_the_current_hit_is_shown_where_several_fall_into_one_cell():
    assert cells({"hit": [0, 10, 99], "current-hit": [12], "note": [50]}, 10, 100) == {
        0: "hit", 1: "current-hit", 5: "note", 9: "hit",
    }  # fmt: skip
