"""Reads mutated PDFs: python tests/ingest/fuzz.py FIRST COUNT prints a line of JSON for each:
number, seed, outcome, seconds. Case N is the same bytes at every run. Runs under the limits of the
worker; `test_fuzz.py` starts it again after a case that killed it."""

import json
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_seeds import seeds  # noqa: E402

from docqa.ingest.errors import IngestError
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.serialize import from_bytes, to_bytes
from docqa.ingest.types import Document
from docqa.ingest.worker import limit_resources

_TOKENS = (
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"2147483648",
    b"99999999999999999999",
    b"1e38",
    b"nan",
    b"1 0 R",
    b"2 0 R",
    b"3 0 R",
    b"4 0 R",
    b"5 0 R",
    b"99 0 R",
    b"stream\n",
    b"endstream",
    b"endobj",
    b"obj",
    b"/Kids",
    b"/Parent",
    b"/Contents",
    b"/Length",
    b"/Filter",
    b"/FlateDecode",
    b"/ASCII85Decode",
    b"/LZWDecode",
    b"/DCTDecode",
    b"/Type",
    b"/Font",
    b"/XObject",
    b"/Rotate",
    b"/MediaBox",
    b"/CropBox",
    b"/Encrypt",
    b"/OC",
    b"/Do",
    b"q ",
    b" Q",
    b" cm ",
    b" Tf ",
    b" Tm ",
    b" Td ",
    b" Tj ",
    b" Do ",
    b" W n ",
    b" re ",
    b"BT ",
    b" ET",
    b"BDC",
    b"EMC",
    b"<feff d800>",
    b"\\000",
    b"\xff\xfe",
    b"\x00",
)


Mutation = Callable[[random.Random, bytes], bytes]
_SEEDS = sorted(seeds().items())


def case(number: int) -> tuple[str, bytes]:
    """The name of the seed and the bytes of mutated PDF `number`."""
    chance = random.Random(number)
    name, data = chance.choice(_SEEDS)
    return name, mutated(chance, data, chance.choice((1, 1, 2, 4, 8, 24)), _MUTATIONS)


def mutated(chance: random.Random, data: bytes, times: int, ways: Sequence[Mutation]) -> bytes:
    """`data` after `times` mutations, each one of `ways`."""
    for _ in range(times):
        if data:
            data = chance.choice(ways)(chance, data)
    return data


def flip(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def overwrite(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    size = chance.choice((1, 2, 4, 16, 64))
    return data[:at] + chance.randbytes(size) + data[at + size :]


def number(chance: random.Random, data: bytes) -> bytes:
    """Another number in the place of one, where the next is near."""
    at = chance.randrange(len(data))
    start = next((i for i in range(at, min(at + 400, len(data))) if data[i : i + 1].isdigit()), at)
    end = start
    while data[end : end + 1].isdigit():
        end += 1
    new = chance.choice(
        (
            b"0",
            b"-1",
            b"1",
            b"7",
            b"65536",
            b"2147483647",
            b"4294967296",
            b"1e9",
            b"0.00001",
            b"-.5",
        )
    )
    return data[:start] + new + data[end:]


def insert(tokens: Sequence[bytes], chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(tokens) + data[at:]


def swap(tokens: Sequence[bytes], chance: random.Random, data: bytes) -> bytes:
    """One token for another, all through the file or once."""
    present = [token for token in tokens if token in data]
    old = chance.choice(present) if present else data
    return data.replace(old, chance.choice(tokens), chance.choice((1, 1, 3, -1)))


_insert = partial(insert, _TOKENS)
_replace = partial(swap, _TOKENS)


def cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.choice((1, 10, 100, 1000)) :]


def clip(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def repeat(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    size = chance.choice((4, 40, 400))
    return data[:at] + data[at : at + size] * chance.choice((2, 3, 50)) + data[at + size :]


def move(chance: random.Random, data: bytes) -> bytes:
    a, b = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
    size = chance.choice((4, 40, 400))
    return data[:a] + data[b : b + size] + data[a:b] + data[b + size :]


def splice(corpus: Sequence[tuple[str, bytes]], chance: random.Random, data: bytes) -> bytes:
    """The start of `data` and the end of another seed."""
    _, other = chance.choice(corpus)
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def mutations(corpus: Sequence[tuple[str, bytes]], *of_tokens: Mutation) -> list[Mutation]:
    """Every way to change a file; one that is listed twice is taken twice as often."""
    plain = [flip, overwrite, number, number, *of_tokens, cut, clip, repeat, move]
    return [*plain, partial(splice, corpus)]


_MUTATIONS = mutations(_SEEDS, _insert, _insert, _replace, _replace)


def checked(document: Document) -> str:
    """`Document`, or what is wrong with one."""
    if from_bytes(to_bytes(document), document.path) != document:
        return "the Document changes when it is kept"
    spans = [(p.page, p.start, p.end) for p in document.passages]
    if any(not 0 <= s < e <= len(document.pages[page - 1].text) for page, s, e in spans):
        return "a passage lies outside its page"
    return "Document"


def refused(error: IngestError) -> str:
    """The name of an error that says what is wrong and what to do next."""
    return type(error).__name__ if error.message and error.hint else f"{error!r} says too little"


def _outcome(name: str, data: bytes) -> str:
    return checked(read(ReadRequest("mutant.pdf", data, media_type="pdf")))


def run_cases(
    first: int,
    count: int,
    case: Callable[[int], tuple[str, bytes]],
    outcome: Callable[[str, bytes], str],
) -> None:
    """Reads `count` cases from `first` on and prints of each its `outcome`, its IngestError, or
    (never) a traceback.
    """
    limit_resources()
    for at in range(first, first + count):
        name, data = case(at)
        started = time.process_time()
        try:
            found = outcome(name, data)
        except IngestError as error:
            found = refused(error)
        except MemoryError:
            found = "over the limit of memory"
        except Exception:  # noqa: BLE001 - anything else is what the fuzzing looks for
            found = traceback.format_exc()
        seconds = round(time.process_time() - started, 3)
        print(
            json.dumps({"case": at, "seed": name, "outcome": found, "seconds": seconds}), flush=True
        )


if __name__ == "__main__":
    run_cases(int(sys.argv[1]), int(sys.argv[2]), case, _outcome)
