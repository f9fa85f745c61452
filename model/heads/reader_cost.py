"""What the reader takes, by arithmetic: its weights, and what is in memory while it reads."""

from __future__ import annotations

from pathlib import Path

from docqa.kernels.matmul import packed_is_faster
from docqa.model.checkpoints.weights import head_metadata
from docqa.model.cost.plan import ReaderCost
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.encoder import EncoderShape
from docqa.model.heads.excerpt_reading import TOGETHER
from docqa.model.heads.reader_files import EMBEDDING_BITS, HEAD_BITS, MATRIX_BITS, reader_files, shape_of

FLOAT = 4  # bytes
GROUP_BYTES = 4 / 64  # scale and zero of a group of 64 packed numbers, for each of them
NAMED = 16  # what the head tells apart, all kinds together


def cost_of_reader(folder: Path) -> ReaderCost:
    """What the reader of a folder takes on this machine; nothing where it has none, or none that can be loaded."""
    try:
        files = reader_files(folder)
        if not files:
            return ReaderCost()
        shape = shape_of(head_metadata(files[0]))
    except (WeightsMismatch, KeyError, ValueError):
        return ReaderCost()  # whoever loads it says what is wrong
    return reader_cost(shape, packed=packed_is_faster())


def reader_cost(shape: EncoderShape, *, packed: bool) -> ReaderCost:
    """Plan a reader. `packed`: its matrices stay in the bits of their file; else they are float32."""
    hidden, inner, tokens = shape.hidden, shape.inner, TOGETHER * shape.positions
    matrices = shape.layers * (4 * hidden * hidden + 2 * hidden * inner)
    weights = matrices * (packed_bytes(MATRIX_BITS) if packed else FLOAT)
    weights += shape.layers * (9 * hidden + inner) * FLOAT
    weights += shape.vocabulary * hidden * (packed_bytes(EMBEDDING_BITS) if packed else FLOAT)
    weights += 3 * hidden * hidden * (packed_bytes(HEAD_BITS) if packed and hidden > 64 else FLOAT)
    weights += ((shape.positions + 5 + NAMED) * hidden + shape.buckets * shape.heads) * FLOAT
    widest = max(3 * hidden + inner, 6 * hidden)  # of a token: beside the feed-forward part, or beside attention
    scores = (TOGETHER + 1) * shape.heads * shape.positions**2
    return ReaderCost(round(weights), round((tokens * widest + scores) * FLOAT))


def packed_bytes(bits: int) -> float:
    """Bytes of a packed number."""
    return bits / 8 + GROUP_BYTES
