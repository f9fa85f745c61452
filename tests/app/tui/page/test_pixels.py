"""Images as cells and as sixels, against the pixels that they are made of."""

import re

import numpy as np
import pytest

from docqa.app.tui.page.graphics import marked_shades
from docqa.app.tui.page.pixels import blocks, resampled, sixels

GREY = np.zeros((40, 20), np.uint8)
GREY[:, 10:] = 254
LEFT_TOP = marked_shades(GREY, [(0.0, 0.0, 0.2, 0.2)])


def painted(sequence: str) -> np.ndarray:
    """The number of the colour that a sixel `sequence` gives each pixel; 255: none."""
    width, height = map(int, re.search(r'"1;1;(\d+);(\d+)', sequence).groups())
    pixels = np.full((height + 6, width), 255)
    for at, line in enumerate(re.sub(r".*?\d\d?;\d+;\d+(?=#\d+!)", "", sequence).split("-")[:-1]):
        for number, runs in re.findall(r"#(\d+)((?:!\d+.)+)\$", line):
            column = 0
            for length, sign in re.findall(r"!(\d+)(.)", runs):
                for row in range(6):
                    if ord(sign) - 63 >> row & 1:
                        pixels[6 * at + row, column : column + int(length)] = int(number)
                column += int(length)
            assert column == width
    return pixels[:height]


@pytest.mark.parametrize(("height", "width"), [(40, 20), (7, 4), (80, 50)])
def test_a_resized_image_keeps_its_greys_and_marks(height, width):
    made = resampled(LEFT_TOP, height, width)
    assert made.shape == (height, width)
    assert made[0, 0] == 128
    assert made[-1, 0] == 0
    assert made[-1, -1] == 127


@pytest.mark.parametrize(("height", "width"), [(40, 20), (31, 17)])
def test_a_sixel_image_paints_every_pixel_once(height, width):
    pixels = painted(sixels(LEFT_TOP, height, width))
    assert (pixels == resampled(LEFT_TOP, height, width) // 32).all()


def test_a_cell_has_two_pixels():
    cells = list(blocks(LEFT_TOP, 4, 3).segments)
    assert [cell.text for cell in cells[:5]] == ["▀"] * 4 + ["\n"]
    black, white = cells[1].style, cells[3].style
    assert black.color.triplet == black.bgcolor.triplet == (0, 0, 0)
    assert white.color.triplet == white.bgcolor.triplet == (254, 254, 254)
