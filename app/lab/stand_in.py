"""Makes the stand-in for fonts that are not here: `python -m docqa.app.lab.stand_in
ingest/pdf/stand_in.ttf`.
"""

import struct
import sys
from pathlib import Path

_EM = 1000
_ASCENT = 880
_DESCENT = -120


def font() -> bytes:
    """A TrueType font (OpenType 1.9) in which every letter is an empty box."""
    glyph = _box()
    letters = struct.pack(
        ">HHIII3I", 13, 0, 28, 0, 1, 0x20, 0x10FFFF, 1
    )  # of format 13: all are glyph 1
    head = 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _EM, 0, 0, 0, _DESCENT, _EM, _ASCENT, 0, 8, 2, 1, 0
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + letters,
        b"glyf": glyph,
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", *head),
        b"hhea": struct.pack(
            ">IhhhHhhh8hhH", 0x10000, _ASCENT, _DESCENT, 0, _EM, 0, 0, _EM, 1, *[0] * 8, 2
        ),
        b"hmtx": struct.pack(">HhHh", _EM, 0, _EM, 100),
        b"loca": struct.pack(">III", 0, 0, len(glyph)),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 8, 2, 0, 0, 2, *[0] * 8),
        b"name": struct.pack(">HHH", 0, 0, 6),
        b"post": struct.pack(">IIhhI4I", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    count = len(tables)
    index = struct.pack(">IHHHH", 0x10000, count, 128, 3, 16 * count - 128)
    body = b""
    for tag, data in tables.items():
        index += tag + struct.pack(">III", 0, 12 + 16 * count + len(body), len(data))
        body += data + b"\x00" * (-len(data) % 4)
    return index + body


def _box() -> bytes:
    """The glyph: a frame from (100, -50) to (900, 800), 60 wide."""
    outer = [(100, -50), (100, 800), (900, 800), (900, -50)]
    inner = [(160, 10), (840, 10), (840, 740), (160, 740)]
    points = outer + inner
    steps = [(x - a, y - b) for (a, b), (x, y) in zip([(0, 0), *points], points, strict=False)]
    glyph = struct.pack(">hhhhhHHH", 2, 100, -50, 900, 800, 3, 7, 0) + b"\x01" * len(points)
    glyph += b"".join(struct.pack(">h", x) for x, _ in steps) + b"".join(
        struct.pack(">h", y) for _, y in steps
    )
    return glyph + b"\x00" * (-len(glyph) % 4)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(font())
