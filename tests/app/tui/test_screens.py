"""The screens that people meet, compared with pictures that somebody has looked at.

`UPDATE_SCREENS=1 pytest -m '' tests/app/tui/test_screens.py` draws them anew; look at them before they are
committed. They belong to one version of Textual (screens/textual.txt), with another one they are not compared.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import textual

from docqa.app.events import Finished, Preview, Reading

SCREENS = Path(__file__).parent / "screens"
UPDATE = bool(os.environ.get("UPDATE_SCREENS"))
LATER = ("textual-light", "nord")
SIZES = {"wide": (120, 40), "narrow": (80, 24)}


def _compare(app: Any, name: str) -> None:
    # The identifiers in the file are made from its content; what counts is the picture.
    drawn = re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="docqa tui")) + "\n"
    path, version = SCREENS / f"{name}.svg", SCREENS / "textual.txt"
    if UPDATE:
        SCREENS.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
        version.write_text(textual.__version__ + "\n", encoding="utf-8")
        return
    if version.read_text(encoding="utf-8").strip() != textual.__version__:
        pytest.skip(f"the pictures are of Textual {version.read_text(encoding='utf-8').strip()}")
    assert drawn == path.read_text(encoding="utf-8"), f"{path.name} differs; UPDATE_SCREENS=1 draws it anew"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["textual-dark", *(pytest.param(t, marks=pytest.mark.slow) for t in LATER)])
def test_an_answer_whose_cite_is_followed(interface: Any, session: Any, tui: Any, size: str, theme: str) -> None:
    answer = tui.answer_of(session.documents[0])
    session.script[:] = [Finished(answer)]

    async def steps(pilot: Any) -> None:
        pilot.app.theme = theme
        await tui.ask(pilot)
        if size == "narrow":
            await pilot.press("a")
            _compare(pilot.app, f"answers_narrow_{theme}")
        await pilot.press("1")
        await pilot.pause()
        _compare(pilot.app, f"cite_{size}_{theme}")

    tui.drive(interface(), steps, SIZES[size])


@pytest.mark.parametrize("size", SIZES)
def test_a_preliminary_answer_while_the_document_is_read(interface: Any, session: Any, tui: Any, size: str) -> None:
    import threading

    go = threading.Event()
    early = tui.answer_of(session.documents[0], status="partial")
    session.script[:] = [Preview(early), Reading(1360, 4000, 512.0, 5.2), go]

    async def steps(pilot: Any) -> None:
        screen = await tui.opened(pilot)
        await pilot.press("W", "h", "o", "question_mark", "enter")
        await tui.until(pilot, lambda: screen.answers.cards and screen.answers.cards[0].reading)
        _compare(pilot.app, f"reading_{size}")
        go.set()

    tui.drive(interface(), steps, SIZES[size])


@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_help(interface: Any, session: Any, tui: Any, size: str) -> None:
    async def steps(pilot: Any) -> None:
        await tui.opened(pilot)
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        _compare(pilot.app, f"help_{size}")

    tui.drive(interface(), steps, SIZES[size])
