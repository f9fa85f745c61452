"""The theme: chosen by the terminal, remembered, and readable in both of docqa's own."""

from typing import Any

import pytest
from rich.color import Color, ColorSystem

from docqa.app.answer.events import Finished
from docqa.app.tui import settings, themes
from docqa.app.tui.settings import TuiSettings

from . import conftest as tui

SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
}


@pytest.mark.parametrize(
    ("setting", "light", "colours", "theme"),
    [
        ("nord", True, "truecolor", "nord"),
        ("docqa-dark", True, "truecolor", "docqa-dark"),
        ("auto", True, "truecolor", "docqa-light"),
        ("auto", False, "256", "docqa-dark"),
        ("auto", False, "standard", "ansi-dark"),
        ("docqa-dark", True, "standard", "ansi-dark"),
        ("docqa-light", True, "standard", "ansi-light"),
        ("nord", True, "standard", "nord"),
        ("docqa-dark-16", True, "truecolor", "ansi-dark"),
    ],
)
def test_the_theme_is_set_or_fits_the_terminal(setting, light, colours, theme):
    assert themes.choose(setting, light=light, colours=colours) == theme


@pytest.mark.parametrize(
    ("said", "light"), [("0;15", True), ("0;default;7", True), ("15;0", False), ("", False)]
)
def test_a_terminal_says_whether_it_is_light(monkeypatch, said, light):
    monkeypatch.setenv("COLORFGBG", said)
    assert themes.is_light() is light


async def test_a_theme_is_previewed_and_only_the_chosen_one_kept(running, session):
    async with running() as pilot:
        await tui.opened(pilot)
        await pilot.press("f9", "down")
        await tui.until(pilot, lambda: pilot.app.theme != "docqa-dark")
        assert pilot.app.current_theme.dark
        await pilot.press("escape")
        await tui.until(pilot, lambda: pilot.app.theme == "docqa-dark")
        assert settings.load().theme == "auto"
        await pilot.press("f9", *"docqa-light", "enter")
        await tui.until(pilot, lambda: settings.load().theme == "docqa-light")
        assert pilot.app.theme == "docqa-light"


def seen(colour: Any, colours: str, role: str, dark: bool) -> Any:
    """`colour` of Rich as a terminal of so many colours shows it; `role` is text or ground, for the
    terminal's own.
    """
    if colour.is_default:
        return (
            Color.from_rgb(0, 0, 0) if dark is (role == "ground") else Color.from_rgb(255, 255, 255)
        )
    return colour.downgrade(SYSTEMS[colours])


@pytest.mark.parametrize(
    ("theme", "colours"),
    [
        ("docqa-dark", "truecolor"),
        ("docqa-light", "truecolor"),
        pytest.param("docqa-dark", "256", marks=pytest.mark.slow),
        pytest.param("docqa-light", "256", marks=pytest.mark.slow),
    ],
)
async def test_every_text_has_the_contrast_of_wcag_aa(running, session, theme, colours):
    document = session.documents[0]
    dark = "dark" in theme
    session.script[:] = [Finished(tui.answer_of(document))]
    weak: list[str] = []

    def measure(app: Any, where: str) -> None:
        # Of help its own lines: what stands behind it is dimmed.
        strips = [
            each.render_line(y)
            for each in app.screen.query("#choices")
            for y in range(each.size.height)
        ]
        for strip in strips or app.screen._compositor.render_strips():
            for part in strip:
                style = part.style
                if style is None or style.color is None or style.bgcolor is None:
                    continue
                if not any(map(str.isalnum, part.text)):
                    continue
                text = seen(style.color, colours, "text", dark)
                ground = seen(style.bgcolor, colours, "ground", dark)
                if tui.contrast(text, ground) < 4.5:
                    names = f"{style.color.name} on {style.bgcolor.name}"
                    weak.append(f"{where}: {part.text!r} {names} {tui.contrast(text, ground):.1f}")

    async with running(settings=TuiSettings(theme)) as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("alt+v", "alt+n")
        await pilot.pause()
        measure(pilot.app, "answer")
        await pilot.press("ctrl+f", *"keeper", "enter")
        await pilot.pause()
        measure(pilot.app, "search")
        session.script[:] = [
            Finished(
                tui.answer_of(document, status="possible", answer=None, refused=True, quotes=())
            )
        ]
        await tui.ask(pilot, "another")
        assert len(panes.answers.cards) == 2
        await pilot.press("escape")
        await pilot.pause()
        measure(pilot.app, "possible")
        await pilot.press("f1")
        await pilot.pause()
        measure(pilot.app, "help")
        await pilot.press("escape", "ctrl+l")
        await tui.sees(pilot, "1 document")
        measure(pilot.app, "library")
        assert not weak, "\n".join(sorted(set(weak)))
