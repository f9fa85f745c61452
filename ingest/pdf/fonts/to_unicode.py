"""Tables of letters of PDF fonts (ToUnicode, ISO 32000-2, 9.10.3): what they say, and the same as pdfium reads it.

pdfium leaves out all of a block where one range runs over several first bytes, or has codes of three bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

MAX_TABLE_BYTES = 2**20
_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|([\[\]])|(begin|end)bf(range|char)\b")
_PLAIN_BYTES = 2  # of a code that pdfium knows
_IN_A_BLOCK = 100
_MOST_PIECES = 2**16


class Letters(NamedTuple):
    """The codes `first` to `last` show `target` (UTF-16BE) and, one after the other, what follows it."""

    first: int
    last: int
    target: bytes
    size: int
    """Bytes of a code."""

    @property
    def is_read(self) -> bool:
        """Whether pdfium reads it as a range: short codes of one first byte, or codes that are the letters themselves,
        which it takes them for where it knows nothing better."""
        is_code = len(self.target) == 2 and int.from_bytes(self.target, "big") == self.first
        return is_code or (self.size <= _PLAIN_BYTES and self.first >> 8 == self.last >> 8)

    def pieces(self) -> Iterator[Letters]:
        """The same in ranges of one first byte each."""
        start = self.first
        while start <= self.last:
            end = min(self.last, start | 0xFF)
            yield Letters(start, end, _moved(self.target, start - self.first), self.size)
            start = end + 1


class ToUnicode(NamedTuple):
    """What a ToUnicode table says, in its order, and whether pdfium reads all of it."""

    letters: list[Letters]
    is_read: bool


def read_table(table: bytes) -> ToUnicode:
    """What the ToUnicode `table` says; what is not understood is left out."""
    found: list[Letters] = []
    is_read = True
    items: list[bytes] = []
    lists: dict[int, list[bytes]] = {}
    into: list[bytes] | None = None
    for token in _TOKEN.finditer(table):
        code, bracket, step, kind = token.groups()
        if code is not None:
            (items if into is None else into).append(_bytes(code))
        elif bracket == b"[":
            into = lists[len(items)] = []
            items.append(b"")
        elif bracket == b"]" or step == b"begin":
            into = None
            if step:
                items, lists = [], {}
        else:
            ranges = [] if kind == b"char" else _ranges(items)
            is_read = is_read and all(some.is_read for some in ranges)
            found += _characters(items) if kind == b"char" else _spelt(ranges, lists)
            items, lists, into = [], {}, None
    return ToUnicode(found, is_read)


def _characters(items: Sequence[bytes]) -> Iterator[Letters]:
    for code, target in zip(items[::2], items[1::2], strict=False):
        number = int.from_bytes(code, "big")
        yield Letters(number, number, target, len(code))


def _ranges(items: Sequence[bytes]) -> list[Letters]:
    firsts = (int.from_bytes(code, "big") for code in items[::3])
    lasts = (int.from_bytes(code, "big") for code in items[1::3])
    sizes = map(max, map(len, items[::3]), map(len, items[1::3]))
    return [Letters(*some) for some in zip(firsts, lasts, items[2::3], sizes, strict=False)]


def _spelt(ranges: Sequence[Letters], lists: dict[int, list[bytes]]) -> Iterator[Letters]:
    """The ranges, those of `lists` (by the place of their targets) letter by letter."""
    for number, some in enumerate(ranges):
        if 3 * number + 2 not in lists:
            yield some
            continue
        for code, target in zip(range(some.first, some.last + 1), lists[3 * number + 2], strict=False):
            yield Letters(code, code, target, some.size)


def _bytes(digits: bytes) -> bytes:
    text = b"".join(digits.split())
    return bytes.fromhex((text + b"0" * (len(text) % 2)).decode())


def _moved(target: bytes, by: int) -> bytes:
    """The letter that is `by` behind `target`."""
    head, last = target[:-2], target[-2:]
    return head + ((int.from_bytes(last, "big") + by) & 0xFFFF).to_bytes(2, "big")


def write_table(letters: Sequence[Letters]) -> bytes:
    """A ToUnicode table that says `letters` as pdfium reads it; codes of more than two bytes are left out, and what is
    more than there are codes."""
    short = (some for some in letters if some.size <= _PLAIN_BYTES)
    plain = list(islice((piece for some in short for piece in some.pieces()), _MOST_PIECES))
    out = [b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def"]
    out.append(b"1 begincodespacerange <0000> <FFFF> endcodespacerange")
    for at in range(0, len(plain), _IN_A_BLOCK):
        block = plain[at : at + _IN_A_BLOCK]
        out.append(b"%d beginbfrange" % len(block))
        for first, last, target, size in block:
            code = b"<%%0%dX>" % (2 * size)
            out.append(b" ".join((code % first, code % last, b"<%s>" % target.hex().encode())))
        out.append(b"endbfrange")
    return b"\n".join((*out, b"endcmap CMapName currentdict /CMap defineresource pop end end\n"))
