"""Pictures in a terminal: which protocol it knows, and what those of kitty, iTerm2 and sixel expect.

A terminal is known by its name, else asked, briefly, before the interface starts. Every one answers the question for
its device attributes; one that knows sixel says 4 in the answer, one that does not answer in time gets no pictures.

By hand because the library for it (textual-image) knows no iTerm2, wants Pillow, and is under the LGPL.
"""

from __future__ import annotations

import base64
import os
import re
import select
import struct
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.tui.page.highlighter import YELLOW, Share, marked_pixels, marked_png

if TYPE_CHECKING:
    import numpy as np

KITTY_IMAGE = 7_461_730  # our one picture in the terminal's memory
SIXEL_GREYS = 16
_CHUNK = 4_096  # bytes of base64 that kitty takes at once
ASK_WITHIN_S = 0.3
_QUESTION = b"\x1b[16t\x1b[c"  # the size of a cell, and device attributes: the answer to the second is the last
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_KITTY = ("kitty", "ghostty")
_ITERM = ("iTerm.app", "WezTerm", "mintty")


@dataclass(frozen=True)
class Terminal:
    """A terminal that shows pictures: by which protocol, and the width and height of a cell in pixels."""

    protocol: str
    cell_width: int = 10
    cell_height: int = 20


def fitted(terminal: Terminal, shape: tuple[float, float], columns: int, rows: int) -> tuple[int, int]:
    """The cells (columns, rows) that a picture of `shape` (width, height) fills inside `columns` by `rows`."""
    width, height = shape
    scale = min(columns * terminal.cell_width / width, rows * terminal.cell_height / height)
    fits = round(width * scale / terminal.cell_width), round(height * scale / terminal.cell_height)
    return min(max(fits[0], 1), columns), min(max(fits[1], 1), rows)


def drawing(
    terminal: Terminal, png: bytes, column: int, row: int, columns: int, rows: int, boxes: Sequence[Share] = ()
) -> str:
    """What draws the grey PNG of `ingest.pdf.visibility.raster` over the cells from (column, row), which count from 0,
    with `boxes` of it marked in yellow.

    The cursor is where it was afterwards. Raises ValueError for a PNG that is not of our own making.
    """
    if boxes and terminal.protocol in ("kitty", "iterm"):
        png = marked_png(grey_pixels(png), boxes)
    if terminal.protocol == "kitty":
        picture = _kitty(png, columns, rows)
    elif terminal.protocol == "iterm":
        picture = _iterm(png, columns, rows)
    else:
        size = columns * terminal.cell_width, rows * terminal.cell_height
        picture = _sixel(resized(grey_pixels(png), *size), marked_pixels(*size, boxes) if boxes else None)
    return f"\x1b7\x1b[{row + 1};{column + 1}H{picture}\x1b8"


def erasing(terminal: Terminal) -> str:
    """What takes the picture away where text that is written over it does not."""
    return f"\x1b_Ga=d,d=I,i={KITTY_IMAGE},q=2\x1b\\" if terminal.protocol == "kitty" else ""


def _kitty(png: bytes, columns: int, rows: int) -> str:
    """q=2: no reply, which would arrive as typed keys; C=1: the cursor stays."""
    data = base64.b64encode(png).decode()
    parts = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    first = f"a=T,f=100,i={KITTY_IMAGE},p=1,q=2,C=1,c={columns},r={rows},"
    return "".join(
        f"\x1b_G{first if number == 0 else 'q=2,'}m={int(number + 1 < len(parts))};{part}\x1b\\"
        for number, part in enumerate(parts)
    )


def _iterm(png: bytes, columns: int, rows: int) -> str:
    data = base64.b64encode(png).decode()
    shape = f"width={columns};height={rows};preserveAspectRatio=1;doNotMoveCursor=1"
    return f"\x1b]1337;File=inline=1;size={len(png)};{shape}:{data}\x07"


def _sixel(grey: np.ndarray, marked: np.ndarray | None = None) -> str:
    """`grey` [height, width], uint8, in SIXEL_GREYS shades, and as many of yellow where it is `marked`; lines of six
    pixels each, run-length encoded.
    """
    import numpy as np

    shades = (grey.astype(np.uint16) * (SIXEL_GREYS - 1) + 127) // 255
    height, width = shades.shape
    percents = [round(100 * shade / (SIXEL_GREYS - 1)) for shade in range(SIXEL_GREYS)]
    palette = "".join(f"#{shade};2;{p};{p};{p}" for shade, p in enumerate(percents))
    if marked is not None:
        shades += marked.astype(np.uint16) * SIXEL_GREYS
        yellows = [";".join(str(round(p * part)) for part in YELLOW) for p in percents]
        palette += "".join(f"#{SIXEL_GREYS + shade};2;{parts}" for shade, parts in enumerate(yellows))
    weights = (1 << np.arange(6, dtype=np.uint8))[:, None]
    lines = []
    for top in range(0, height, 6):
        band = shades[top : top + 6]
        there = np.unique(band).tolist()
        drawn = [((band == shade) * weights[: len(band)]).sum(0).astype(np.uint8) + 63 for shade in there]
        lines.append("$".join(f"#{shade}{_runs(row)}" for shade, row in zip(there, drawn)))
    return f'\x1bPq"1;1;{width};{height}{palette}{"-".join(lines)}\x1b\\'


def _runs(row: np.ndarray) -> str:
    import numpy as np

    edges = np.flatnonzero(np.diff(row)) + 1
    starts, ends = [0, *edges.tolist()], [*edges.tolist(), len(row)]
    return "".join(
        f"!{end - start}{chr(row[start])}" if end - start > 3 else chr(row[start]) * (end - start)
        for start, end in zip(starts, ends)
    )


def grey_pixels(png: bytes) -> np.ndarray:
    """Pixels [height, width], uint8, of a PNG of eight-bit grey without filters. Raises ValueError for another."""
    import numpy as np

    parts: dict[bytes, bytes] = {}
    at = 8
    while at + 8 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        parts[kind] = parts.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    if b"IHDR" not in parts or parts[b"IHDR"][8:] != b"\x08\0\0\0\0":
        raise ValueError("not a PNG of eight-bit grey")
    width, height = struct.unpack_from(">II", parts[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, width + 1)
    if rows[:, 0].any():
        raise ValueError("a PNG with filters")
    return rows[:, 1:]


def resized(grey: np.ndarray, width: int, height: int) -> np.ndarray:
    """`grey` [h, w] as [height, width]: each pixel the mean of those it replaces."""
    import numpy as np

    def means(values: np.ndarray, count: int, axis: int) -> np.ndarray:
        have = values.shape[axis]
        starts = np.arange(count) * have // count
        ends = np.maximum((np.arange(count) + 1) * have // count, starts + 1)
        sums = np.cumsum(values, axis, dtype=np.float64)
        sums = np.insert(sums, 0, 0.0, axis)
        shape = (-1, 1) if axis == 0 else (1, -1)
        return (sums.take(ends, axis) - sums.take(starts, axis)) / (ends - starts).reshape(shape)

    return means(means(grey, height, 0), width, 1).round().astype(np.uint8)


# Which terminal it is


def detect(
    choice: str, environment: Mapping[str, str] = os.environ, ask: Callable[[], bytes] | None = None
) -> Terminal | None:
    """How pictures are shown here: as `choice` says (auto, off, or a protocol); None for not at all.

    `ask` asks the terminal; by default the one of this process.
    """
    if choice == "off" or environment.get("TERM", "dumb") == "dumb":
        return None
    named = choice if choice != "auto" else _by_name(environment)
    answer = (ask or ask_terminal)()
    attributes = _ATTRIBUTES.search(answer)
    if named is None and attributes is not None and b"4" in attributes[1].split(b";")[1:]:
        named = "sixel"
    if named is None:
        return None
    cell = _CELL.search(answer)
    width, height = (int(cell[2]), int(cell[1])) if cell else _cell_of_window() or (10, 20)
    return Terminal(named, max(width, 1), max(height, 1))


def _by_name(environment: Mapping[str, str]) -> str | None:
    """A multiplexer passes no pictures of these on, whatever it runs in; it is asked for sixel like any other."""
    if environment.get("TMUX") or environment.get("TERM", "").startswith(("screen", "tmux")):
        return None
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("KITTY_WINDOW_ID") or any(name in term or name == program for name in _KITTY):
        return "kitty"
    return "iterm" if program in _ITERM else None


def _cell_of_window() -> tuple[int, int] | None:
    """Width and height of a cell in pixels, from what the kernel knows of the window."""
    try:
        import fcntl
        import termios

        packed = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
    except (ImportError, OSError, ValueError):  # Windows has neither module
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return (width // columns, height // rows) if rows and columns and width and height else None


def ask_terminal(question: bytes = _QUESTION) -> bytes:
    """What the terminal answers to `question`, which ends in that for its attributes, within ASK_WITHIN_S; empty where
    there is none or it says nothing.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return b""
    try:
        import termios
        import tty
    except ImportError:  # Windows, whose terminals are not asked
        return b""
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(sys.stdout.fileno(), question)
        return _answer(source)
    except OSError:
        return b""
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)


def _answer(source: int) -> bytes:
    answer, end = b"", time.monotonic() + ASK_WITHIN_S
    while _ATTRIBUTES.search(answer) is None:
        left = end - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        answer += os.read(source, 1_024)
    return answer
