"""The page's own image beside its text, where the terminal can; elsewhere a word, and nothing is
sent.
"""

import base64
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from docqa.app.errors import InputError
from docqa.app.options import Options
from docqa.app.tui.library.opener import SessionOpener
from docqa.app.tui.page import graphics
from docqa.app.tui.page.graphics import LineBox, Terminal, marked_png
from docqa.app.tui.page.image import PageImages
from docqa.ingest.pdf.visibility.raster import grey_png

from .. import conftest as tui

PNG = grey_png(bytes(60 * 85), 60, 85, 60)
SIZES = [(120, 40), pytest.param((80, 24), marks=pytest.mark.slow)]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is written to the terminal."""
    written: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda self, data: written.append(data))
    return written


def _drawn(sent: list[str]) -> int:
    return sum("a=T" in data for data in sent)


def _there(sent: list[str]) -> bool:
    """Whether the image that was drawn last was not taken away since."""
    drawn = [data for data in sent if "\x1b_G" in data]
    return "a=T" in drawn[-1]


def _images(asked: list[int], protocol: str = "kitty") -> PageImages:
    def of(document: Any, page: Any) -> Any:
        asked.append(page.page)
        if page.page == 3:
            raise InputError("its image is torn", where="PDF 3")
        if page.page == 4:
            raise KeyError("a bug")
        return PNG, (595.0, 842.0)

    return PageImages(Terminal(protocol), of)


@pytest.mark.parametrize("size", SIZES)
async def test_i_shows_the_page_that_the_reader_is_on(running, session, sent, size):
    asked: list[int] = []

    async with running(images=_images(asked), size=size) as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        assert asked == []
        await pilot.press("alt+a", "alt+i")
        await tui.until(pilot, lambda: _drawn(sent) >= 1)
        assert asked == [1]
        assert panes.page.display == (size[0] >= 100)
        await pilot.press("ctrl+g")
        panes.prompt.line.value = "PDF 6"
        await pilot.press("enter")
        if size[0] < 100:
            assert panes.page.display  # who goes to a place wants to read it
            await pilot.press("alt+i")
        await tui.until(pilot, lambda: asked[-1] == 6 and _drawn(sent) >= 2)
        await pilot.press("alt+i")
        await pilot.pause()
        assert not panes.image.display
        assert not _there(sent)


@pytest.mark.parametrize("protocol", ["kitty", "iterm"])
async def test_the_cite_is_marked_on_the_image_and_the_text_has_room(
    running, answered, sent, protocol
):
    page = answered.documents[0].pages[4]
    start = page.text.index("The fee of part 5")
    lines = (
        LineBox(0, start, (0.1, 0.1, 0.9, 0.2)),
        LineBox(start, len(page.text), (0.1, 0.4, 0.9, 0.5)),
    )
    images = PageImages(Terminal(protocol), lambda document, page: (PNG, (595.0, 842.0), lines))

    def drawn() -> list[str]:
        return [data for data in sent if "a=T" in data or "1337" in data]

    async with running(images=images) as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("alt+n", "alt+i")
        await tui.until(pilot, drawn)
        assert panes.page.size.width >= 50
        boxes = graphics.drawing(Terminal(protocol), PNG, 0, 0, 10, 10, ((0.1, 0.4, 0.9, 0.5),))
        plain = graphics.drawing(Terminal(protocol), PNG, 0, 0, 10, 10)
        assert len(boxes) > len(plain)
        marked = base64.b64encode(
            marked_png(graphics.grey_pixels(PNG), ((0.1, 0.4, 0.9, 0.5),))
        ).decode()
        assert marked[:200] in drawn()[-1]
        await pilot.press("alt+z")
        await tui.until(pilot, lambda: marked[:200] not in drawn()[-1])
        assert panes.image.border_subtitle == "2 times as large"
        await pilot.press("alt+z", "alt+z")
        await tui.until(pilot, lambda: marked[:200] in drawn()[-1])


async def test_a_screen_on_top_takes_the_image_away_and_it_comes_back(running, session, sent):
    async with running(images=_images([])) as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "alt+i")
        await tui.until(pilot, lambda: _drawn(sent) >= 1)
        await pilot.press("f1")
        await tui.until(pilot, lambda: not _there(sent))
        await pilot.press("escape")
        await tui.until(pilot, lambda: _there(sent))


async def test_a_page_without_a_image_says_why_a_bug_too(running, session, sent):
    async with running(images=_images([])) as pilot:
        panes = await tui.opened(pilot)
        pilot.app.screen.navigation.jump((3, 0))
        await pilot.press("alt+i")
        await tui.until(pilot, lambda: "its image is torn" in tui.flat(panes.image))
        pilot.app.screen.navigation.jump((4, 0))
        await tui.until(pilot, lambda: "this is a bug in docqa: KeyError" in tui.flat(panes.image))
        assert _drawn(sent) == 0


async def test_a_page_that_was_left_before_it_was_drawn_is_not_shown(running, session):
    go = threading.Event()
    asked = []

    def of(document: Any, page: Any) -> Any:
        asked.append(page.page)
        assert page.page != 1 or go.wait(20)
        return PNG, (float(page.page), 10.0)

    async with running(images=PageImages(Terminal("kitty"), of)) as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "alt+i")
        await tui.until(pilot, lambda: asked == [1])
        pilot.app.screen.navigation.jump((5, 0))
        await tui.until(
            pilot, lambda: panes.image._image and panes.image._image.size == (5.0, 10.0)
        )
        go.set()
        await pilot.pause(0.2)
        assert panes.image._image.size == (5.0, 10.0)


async def test_a_terminal_without_images_is_sent_nothing_and_says_so(running, session, sent):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "alt+i")
        assert "this terminal cannot show images" in tui.notices(pilot)
        assert not panes.image.display
        assert not any("\x1b_G" in data or "1337" in data for data in sent)


def test_the_image_of_a_page_comes_from_its_file():
    opener = SessionOpener(Options(store=False))
    session = opener(str(Path(__file__).parents[4] / "sample_docs" / "harbour_act.pdf"))
    (document,) = session.documents
    png, (width, height), lines = opener.image(document, document.pages[1])
    pixels = graphics.grey_pixels(png)
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(height / width, rel=0.01)
    assert pixels.min() < 100 < pixels.max()
    text = document.pages[1].text
    assert "".join("".join(text[line.start : line.end].split()) for line in lines) == "".join(
        text.split()
    )
    assert all(0 <= share <= 1 for line in lines for share in line.box)


def test_a_document_that_is_no_pdf_has_no_images(document):
    made = document("one page", path="a.txt", paged=False)
    with pytest.raises(InputError, match="only a PDF"):
        SessionOpener(Options()).image(made, made.pages[0])
