"""What is sent to terminals that show pictures, which ones those are, and that the others are sent nothing."""

import base64
import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest

from docqa.app.tui.page import graphics
from docqa.app.tui.page.graphics import Terminal
from docqa.ingest.pdf.visibility.raster import grey_png

GREY = (np.arange(60, dtype=np.uint8)[:, None] * 4 + np.arange(30, dtype=np.uint8)[None, :] % 2).copy()
PNG = grey_png(GREY.tobytes(), 30, 60, 30)


def test_the_pixels_of_a_page_come_back_from_its_png():
    assert (graphics.grey_pixels(PNG) == GREY).all()
    with pytest.raises(ValueError, match="eight-bit grey"):
        graphics.grey_pixels(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("size", [(30, 60), (10, 20), (7, 13), (90, 180)])
def test_a_picture_that_is_made_smaller_keeps_its_mean(size):
    small = graphics.resized(GREY, *size)
    assert small.shape == (size[1], size[0])
    assert abs(float(small.mean()) - float(GREY.mean())) < 3


@pytest.mark.parametrize("room", [(40, 30), (10, 60), (1, 1), (200, 5)])
def test_a_page_keeps_its_shape_and_its_pane(room):
    columns, rows = graphics.fitted(Terminal("kitty", 10, 20), (595, 842), *room)
    assert 1 <= columns <= room[0]
    assert 1 <= rows <= room[1]
    if min(room) > 4:
        assert columns * 10 / (rows * 20) == pytest.approx(595 / 842, rel=0.2)


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


def _sixel_shades(sent: str) -> np.ndarray:
    """A small reader of sixel: the shade of every pixel; -1 where none was drawn."""
    body = sent[sent.index("\x1bPq") + 3 : sent.index("\x1b\\")]
    header = re.match(r'"1;1;(\d+);(\d+)', body)
    assert header is not None
    shades = np.full((int(header[2]) + 6, int(header[1])), -1)
    top, x, shade = 0, 0, 0
    for item in re.finditer(r"#(\d+)(;2;\d+;\d+;\d+)?|!(\d+)(.)|([?-~])|(\$)|(-)", body[header.end() :]):
        if item[1]:
            shade = int(item[1])
        elif item[6]:
            x = 0
        elif item[7]:
            top, x = top + 6, 0
        else:
            bits, count = ord(item[4] or item[5]) - 63, int(item[3] or 1)
            for bit in range(6):
                if bits >> bit & 1:
                    shades[top + bit, x : x + count] = shade
            x += count
    return shades[: int(header[2])]


def test_sixel_draws_every_pixel_once_in_its_shade():
    sent = graphics.drawing(Terminal("sixel", 3, 6), PNG, 0, 0, 10, 10)
    shades = _sixel_shades(sent)
    assert shades.shape == (60, 30)
    wanted = np.rint(GREY.astype(float) * (graphics.SIXEL_GREYS - 1) / 255)
    assert (shades == wanted).all()


@pytest.mark.parametrize(
    ("environment", "answer", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, b"", "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, b"", "kitty"),
        ({"TERM": "xterm-ghostty"}, b"", "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, b"", "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, b"\x1b[?65;4;6c", "iterm"),
        ({"TERM": "xterm-256color"}, b"\x1b[6;18;9t\x1b[?62;4;22c", "sixel"),
        ({"TERM": "xterm-256color"}, b"\x1b[?62;22c", None),
        ({"TERM": "xterm-256color"}, b"\x1b[?64;1c", None),
        ({"TERM": "xterm-256color"}, b"", None),
        ({"TERM": "dumb"}, b"\x1b[?62;4c", None),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, b"\x1b[?1;2c", None),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, b"\x1b[?1;2;4c", "sixel"),
        ({}, b"", None),
    ],
)
def test_a_terminal_is_known_by_its_name_or_by_its_answer(environment, answer, protocol):
    found = graphics.detect("auto", environment, lambda: answer)
    assert (found.protocol if found else None) == protocol
    if b"6;18;9" in answer:
        assert found == Terminal("sixel", 9, 18)


def test_off_asks_nothing_and_a_named_protocol_is_taken():
    def never() -> bytes:
        raise AssertionError("asked")

    assert graphics.detect("off", {"TERM": "xterm-kitty"}, never) is None
    found = graphics.detect("sixel", {"TERM": "xterm-256color"}, lambda: b"")
    assert found is not None
    assert found.protocol == "sixel"


def _asked_in(reply: bytes) -> str:
    """What `ask_terminal` makes of a terminal that answers `reply`, in a process of its own."""
    code = "from docqa.app.tui.page.graphics import ask_terminal; import sys; sys.stderr.write(repr(ask_terminal()))"
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    try:
        asked = b""
        while b"\x1b[c" not in asked:
            asked += os.read(ours, 1_024)
        if reply:
            os.write(ours, reply)
        assert process.stderr is not None
        return process.stderr.read().decode()
    finally:
        process.wait(30)
        os.close(ours)


@pytest.mark.parametrize("reply", [b"\x1b[6;18;9t\x1b[?62;4c", b""])
def test_a_terminal_that_does_not_answer_is_not_waited_for(reply):
    assert _asked_in(reply) == repr(reply)


def test_without_a_terminal_nobody_is_asked(monkeypatch, capfd):
    assert graphics.ask_terminal() == b""
    assert capfd.readouterr().out == ""
