"""Pictures in a terminal: what the protocols of kitty, iTerm2 and sixel expect. Nothing is sent here.

By hand because the library for it (textual-image) knows no iTerm2, wants Pillow, and is under the LGPL.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

KITTY_IMAGE = 7_461_730  # our one picture in the terminal's memory
SIXEL_GREYS = 16
_CHUNK = 4_096  # bytes of base64 that kitty takes at once


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


def drawing(terminal: Terminal, png: bytes, column: int, row: int, columns: int, rows: int) -> str:
    """What draws the grey PNG of `ingest.pdf.visibility.raster` over the cells from (column, row), which count from 0.

    The cursor is where it was afterwards. Raises ValueError for a PNG that is not of our own making.
    """
    if terminal.protocol == "kitty":
        picture = _kitty(png, columns, rows)
    elif terminal.protocol == "iterm":
        picture = _iterm(png, columns, rows)
    else:
        size = columns * terminal.cell_width, rows * terminal.cell_height
        picture = _sixel(resized(grey_pixels(png), *size))
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


def _sixel(grey: np.ndarray) -> str:
    """`grey` [height, width], uint8, in SIXEL_GREYS shades; lines of six pixels each, run-length encoded."""
    import numpy as np

    shades = (grey.astype(np.uint16) * (SIXEL_GREYS - 1) + 127) // 255
    height, width = shades.shape
    percents = [round(100 * shade / (SIXEL_GREYS - 1)) for shade in range(SIXEL_GREYS)]
    palette = "".join(f"#{shade};2;{p};{p};{p}" for shade, p in enumerate(percents))
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
