"""The foot of a screen has whole keys only."""

from typing import Any

import pytest


@pytest.mark.parametrize("width", [40, 60, 120])
def test_no_key_of_the_foot_is_cut(interface, answered, tui, width):
    async def steps(pilot: Any) -> None:
        await tui.ask(pilot)
        await pilot.resize_terminal(width, 20)
        await pilot.pause()
        foot = tui.screen_text(pilot.app).split("\n")[-1]
        names = ["? Help", "q Ask", "n Next cite", "b Back", "/ Find", "g Go to", "l Documents"]
        shown = [name for name in foot.split("  ") if name.strip()]
        assert [name.strip() for name in shown] == [name for name in names if name in foot]
        assert ("l Documents" in foot) == (width == 120)

    tui.drive(interface(), steps)
