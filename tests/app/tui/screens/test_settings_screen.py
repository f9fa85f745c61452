"""Settings, chosen and changed in the interface, and written into config.toml."""

import pytest

from docqa.app.config import config_path
from tests.app.tui import conftest as tui

BEFORE = """# mine
threads = 2  # of four

[tui]
theme = "nord"
"""


async def chosen(pilot, setting, value):
    await pilot.press("alt+c")
    await pilot.press(*setting, "enter")
    await pilot.press(*value, "enter")


@pytest.mark.parametrize(
    ("setting", "value", "line"),
    [
        ("pictures", "off", 'pictures = "off"'),
        ("timeout", "30", "timeout = 30"),
        ("next_cite", "f10", '[tui.keys]\nnext_cite = "f10"'),
        ("theme", "docqa-light", 'theme = "docqa-light"'),
    ],
)
async def test_a_setting_is_changed_alone(running, session, setting, value, line):
    config_path().write_text(BEFORE, encoding="utf-8")
    async with running() as pilot:
        await tui.opened(pilot)
        await chosen(pilot, setting, value)
        await tui.until(pilot, lambda: line in config_path().read_text(encoding="utf-8"))
        kept = [text for text in BEFORE.splitlines() if not text.startswith(setting)]
        assert set(kept) <= set(config_path().read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(
    ("before", "setting", "value", "said"),
    [
        (BEFORE, "timeout", "soon", "timeout must be a whole number from 1"),
        (BEFORE, "next_cite", "enter", "cannot be reassigned"),
        ("threads = [", "pictures", "off", "is not valid TOML"),
    ],
)
async def test_what_cannot_be_a_setting_is_not_written(
    running, session, before, setting, value, said
):
    async with running() as pilot:
        await tui.opened(pilot)
        await pilot.press("alt+c", *setting, "enter")
        config_path().write_text(before, encoding="utf-8")
        await pilot.press(*value, "enter")
        await tui.until(pilot, lambda: said in tui.notices(pilot))
        assert config_path().read_text(encoding="utf-8") == before
