"""What is sent to terminals that show images, which ones those are, and that the others are sent
nothing.
"""

import base64
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.tui.page import graphics
from docqa.app.tui.page.graphics import Terminal
from docqa.ingest.pdf.visibility.raster import grey_png

GREY = (
    np.arange(60, dtype=np.uint8)[:, None] * 4 + np.arange(30, dtype=np.uint8)[None, :] % 2
).copy()
PNG = grey_png(GREY.tobytes(), 30, 60, 30)


def test_the_pixels_of_a_page_come_back_from_its_png():
    assert (graphics.grey_pixels(PNG) == GREY).all()
    with pytest.raises(ValueError, match="eight-bit grey"):
        graphics.grey_pixels(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("room", [(40, 30), (10, 60), (1, 1), (200, 5)])
def test_a_page_keeps_its_shape_and_its_pane(room):
    columns, rows = graphics.fitted(Terminal("kitty", 10, 20), (595, 842), *room)
    assert 1 <= columns <= room[0]
    assert 1 <= rows <= room[1]
    if min(room) > 4:
        assert columns * 10 / (rows * 20) == pytest.approx(595 / 842, rel=0.2)


SHARE = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@given(
    st.tuples(SHARE, SHARE, SHARE, SHARE),
    st.integers(2, 3),
    st.integers(2, 200),
    st.integers(2, 80),
)
def test_an_enlarged_part_has_its_middle_and_stays_on_the_page(middle, times, columns, rows):
    left, top, right, bottom = graphics.enlarged(
        Terminal("kitty"), (595, 842), columns, rows, times, middle
    )
    assert 0 <= left < right <= 1.0001
    assert 0 <= top < bottom <= 1.0001
    assert left - 1e-9 <= (middle[0] + middle[2]) / 2 <= right + 1e-9
    assert top - 1e-9 <= (middle[1] + middle[3]) / 2 <= bottom + 1e-9
    cells = graphics.fitted(
        Terminal("kitty"), (595 * (right - left), 842 * (bottom - top)), columns, rows
    )
    assert cells[0] == columns or cells[1] == rows


def test_an_enlarged_image_has_the_pixels_of_its_part():
    sent = graphics.drawing(Terminal("iterm"), PNG, 0, 0, 20, 10, part=(0.5, 0.5, 1.0, 1.0))
    png = base64.b64decode(sent.split(":")[1].split("\x07")[0])
    assert png[16:24] == bytes([0, 0, 0, 15, 0, 0, 0, 30])


def test_kitty_gets_the_png_in_chunks_and_does_not_reply():
    png = PNG + bytes(9_000)
    sent = graphics.drawing(Terminal("kitty"), png, 4, 2, 20, 10)
    assert sent.startswith("\x1b7\x1b[3;5H")
    assert sent.endswith("\x1b8")
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
    assert base64.b64decode("".join(data for _, data in parts)) == png
    assert all("q=2" in keys for keys, _ in parts)
    assert [keys[-3:] for keys, _ in parts] == ["m=1"] * (len(parts) - 1) + ["m=0"]
    assert all(len(data) <= 4_096 for _, data in parts)
    assert "a=d" in graphics.erasing(Terminal("kitty"))


def test_iterm_gets_one_file_in_cells():
    sent = graphics.drawing(Terminal("iterm"), PNG, 0, 0, 20, 10)
    assert f"inline=1;size={len(PNG)};width=20;height=10;" in sent
    assert base64.b64decode(sent.split(":")[1].split("\x07")[0]) == PNG
    assert graphics.erasing(Terminal("iterm")) == ""


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, None),
        ({}, None),
    ],
)
def test_a_terminal_is_known_by_its_name(environment, protocol):
    found = graphics.detect("auto", environment)
    assert (found.protocol if found else None) == protocol


@pytest.mark.parametrize(
    ("colours", "environment", "protocol"),
    [
        ("256", {"TERM": "xterm-256color"}, "blocks"),
        ("truecolor", {"TERM": "tmux-256color", "TMUX": "1", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ("truecolor", {"TERM": "xterm-kitty"}, "kitty"),
        ("standard", {"TERM": "linux"}, None),
        ("truecolor", {"TERM": "xterm-256color", "NO_COLOR": "1"}, None),
        ("256", {"TERM": "dumb"}, None),
    ],
)
def test_a_terminal_with_colours_shows_cells(colours, environment, protocol):
    found = graphics.detect("auto", environment, colours)
    assert (found.protocol if found else None) == protocol


def test_off_shows_nothing_and_a_named_protocol_is_taken():
    assert graphics.detect("off", {"TERM": "xterm-kitty"}) is None
    found = graphics.detect("iterm", {"TERM": "xterm-256color"})
    assert found is not None
    assert found.protocol == "iterm"
