"""Images of pages in a terminal: which protocol it knows by its name, what each expects, and the
words that are marked.
"""

import base64
import os
import struct
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .marker import MARKED, YELLOW

if TYPE_CHECKING:
    import numpy as np

    from docqa.ingest.pdf.inspection import PageBoxes
    from docqa.ingest.types import Page

KITTY_IMAGE = 7_461_730  # our one image there
_CHUNK = 4_096  # bytes of base64 that kitty takes at once
BLOCKS = "blocks"
"""The protocol of cells in colours, for a terminal that knows no other."""
_KITTY = ("kitty", "ghostty")
_ITERM = ("iTerm.app", "WezTerm", "mintty")
_SIXEL = ("foot", "mlterm", "contour")
_HYPHENS = "-\u00ad\u2010"

Share = tuple[float, float, float, float]
WHOLE: Share = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Terminal:
    """By which protocol it shows images, and the width and height of a cell in pixels."""

    protocol: str
    cell_width: int = 10
    cell_height: int = 20


def fitted(
    terminal: Terminal, shape: tuple[float, float], columns: int, rows: int
) -> tuple[int, int]:
    """The cells (columns, rows) that a image of `shape` (width, height) fills inside `columns` by
    `rows`.
    """
    width, height = shape
    scale = _scale(terminal, shape, columns, rows)
    fits = round(width * scale / terminal.cell_width), round(height * scale / terminal.cell_height)
    return min(max(fits[0], 1), columns), min(max(fits[1], 1), rows)


def _scale(terminal: Terminal, shape: tuple[float, float], columns: int, rows: int) -> float:
    return min(columns * terminal.cell_width / shape[0], rows * terminal.cell_height / shape[1])


def enlarged(
    terminal: Terminal,
    shape: tuple[float, float],
    columns: int,
    rows: int,
    times: int,
    middle: Share,
) -> Share:
    """The part of a image of `shape` that fills the cells at so many `times` the size of the
    whole, around `middle` as far as the edges allow."""
    scale = times * _scale(terminal, shape, columns, rows)
    room = columns * terminal.cell_width, rows * terminal.cell_height
    wide, high = (min(room[at] / (scale * shape[at]), 1.0) for at in range(2))
    left, top = (
        min(max((middle[at] + middle[at + 2] - size) / 2, 0.0), 1.0 - size)
        for at, size in enumerate((wide, high))
    )
    return left, top, left + wide, top + high


@lru_cache(4)
def drawing(
    terminal: Terminal,
    png: bytes,
    column: int,
    row: int,
    columns: int,
    rows: int,
    boxes: Sequence[Share] = (),
    part: Share = WHOLE,
) -> str:
    """What draws `part` of the grey PNG of `ingest.pdf.visibility.raster` over the cells from
    (column, row), count_text from 0, with `boxes` marked in yellow; the cursor stays. Raises
    ValueError for another PNG."""
    if terminal.protocol == "sixel":
        from .pixels import sixels

        shades = marked_shades(grey_pixels(png), boxes, part)
        image = sixels(shades, rows * terminal.cell_height, columns * terminal.cell_width)
    else:
        if boxes or part != WHOLE:
            png = marked_png(grey_pixels(png), boxes, part)
        sequence = _kitty_sequence if terminal.protocol == "kitty" else _iterm_sequence
        image = sequence(png, columns, rows)
    return f"\x1b7\x1b[{row + 1};{column + 1}H{image}\x1b8"


def erasing(terminal: Terminal) -> str:
    """What takes the image away where text that is written over it does not."""
    return f"\x1b_Ga=d,d=I,i={KITTY_IMAGE},q=2\x1b\\" if terminal.protocol == "kitty" else ""


def _kitty_sequence(png: bytes, columns: int, rows: int) -> str:
    """q=2: no reply, which would arrive as typed keys; C=1: the cursor stays."""
    data = base64.b64encode(png).decode()
    parts = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    first = f"a=T,f=100,i={KITTY_IMAGE},p=1,q=2,C=1,c={columns},r={rows},"
    return "".join(
        f"\x1b_G{first if number == 0 else 'q=2,'}m={int(number + 1 < len(parts))};{part}\x1b\\"
        for number, part in enumerate(parts)
    )


def _iterm_sequence(png: bytes, columns: int, rows: int) -> str:
    data = base64.b64encode(png).decode()
    shape = f"width={columns};height={rows};preserveAspectRatio=1;doNotMoveCursor=1"
    return f"\x1b]1337;File=inline=1;size={len(png)};{shape}:{data}\x07"


def grey_pixels(png: bytes) -> "np.ndarray":
    """Pixels [height, width], uint8, of a PNG that grey_png has made. Raises ValueError for
    another.
    """
    import numpy as np

    if png[12:16] != b"IHDR" or png[24:29] != b"\x08\0\0\0\0":
        raise ValueError("not a PNG of eight-bit grey")
    width, height = struct.unpack_from(">II", png, 16)
    rows = np.frombuffer(zlib.decompress(png[41:-16]), np.uint8).reshape(height, width + 1)
    return rows[:, 1:]


# Words marked on the image


@dataclass(frozen=True)
class LineBox:
    """The characters `start:end` of a page's text are in `box`: left, top, right, bottom as
    shares of the page.
    """

    start: int
    end: int
    box: Share


def line_boxes(view: "PageBoxes", page: "Page") -> tuple[LineBox, ...]:
    """The lines of `page` with their places on its image; none where these are not known."""
    if not view.width_pt or not view.height_pt:
        return ()
    found: list[LineBox] = []
    for block in view.blocks:
        at = block.start
        for line in block.lines:
            start = at
            at = _offset_after(page.text, at, block.end, sum(map(_is_letter, line.text)))
            left, top, right, bottom = line.box
            box = (
                left / view.width_pt,
                top / view.height_pt,
                right / view.width_pt,
                bottom / view.height_pt,
            )
            found.append(LineBox(start, at, box))
    return tuple(found)


def touched(lines: Iterable[LineBox], ranges: Sequence[tuple[int, int]]) -> tuple[Share, ...]:
    """The boxes of the lines that have characters of one of the `ranges` (start, end)."""
    return tuple(
        line.box for line in lines if any(a < line.end and b > line.start for a, b in ranges)
    )


def marked_png(grey: "np.ndarray", boxes: Iterable[Share], part: Share = WHOLE) -> bytes:
    """`part` of `grey` [height, width], uint8, as a PNG in colours with yellow over `boxes`."""
    import numpy as np

    from docqa.ingest.pdf.visibility.raster import grey_png

    shades = marked_shades(grey, boxes, part)
    greys = np.arange(0, 256, 2)[:, None] * np.ones(3)
    palette = np.concatenate([greys, greys * YELLOW]).astype(np.uint8)
    height, width = shades.shape
    return grey_png(shades.tobytes(), width, height, width, palette.tobytes())


def marked_shades(grey: "np.ndarray", boxes: Iterable[Share], part: Share = WHOLE) -> "np.ndarray":
    """`part` of `grey` in half as many shades, with MARKED added in `boxes`."""
    shades = grey >> 1
    for box in boxes:
        shades[_pixel_slices(shades, box)] |= MARKED
    return shades[_pixel_slices(shades, part)]


def _pixel_slices(grey: "np.ndarray", box: Share) -> tuple[slice, slice]:
    (height, width), (left, top, right, bottom) = grey.shape, (max(edge, 0.0) for edge in box)
    return slice(int(top * height), int(bottom * height) + 1), slice(
        int(left * width), int(right * width) + 1
    )


def _offset_after(text: str, at: int, end: int, letters: int) -> int:
    """The offset `letters` after `at`; wrapped lines differ from the text in spaces and
    hyphens.
    """
    while at < end and letters > 0:
        letters -= _is_letter(text[at])
        at += 1
    return at


def _is_letter(character: str) -> bool:
    return not character.isspace() and character not in _HYPHENS


# Which terminal it is


def detect(
    choice: str, environment: Mapping[str, str] = os.environ, colours: str | None = None
) -> Terminal | None:
    """How images are shown here: as `choice` says (auto, off, or a protocol), at least as cells in its
    `colours` (256 or truecolor, to Rich); None for not at all."""
    if choice == "off" or environment.get("TERM", "dumb") == "dumb":
        return None
    coloured = colours in ("256", "truecolor") and "NO_COLOR" not in environment
    in_cells = BLOCKS if coloured else None
    named = choice if choice != "auto" else _by_name(environment) or in_cells
    return Terminal(named, *_cell_of_window()) if named else None


def _by_name(environment: Mapping[str, str]) -> str | None:
    term = environment.get("TERM", "")
    if environment.get("TMUX") or term.startswith(("tmux", "screen")):
        return None
    program = environment.get("TERM_PROGRAM", "")
    if environment.get("KITTY_WINDOW_ID") or any(
        name in term or name == program for name in _KITTY
    ):
        return "kitty"
    if environment.get("WT_SESSION") or term.startswith(_SIXEL):
        return "sixel"
    return "iterm" if program in _ITERM else None


def _cell_of_window() -> tuple[int, ...]:
    try:
        import fcntl
        import termios

        packed = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
    except (ImportError, OSError, ValueError):  # Windows has neither module
        return ()
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return (
        (max(width // columns, 1), max(height // rows, 1))
        if rows and columns and width and height
        else ()
    )
