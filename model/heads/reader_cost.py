"""What the reader and the passage encoder take, by arithmetic: weights, and what is in memory while they read."""

from __future__ import annotations

from pathlib import Path

from docqa.kernels.native import packed_is_faster
from docqa.model.checkpoints.mapped import MappedTensors
from docqa.model.cost.plan import ReaderCost
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.encoder_shape import EMBEDDING_BITS, HEAD_BITS, MATRIX_BITS, EncoderShape, shape_of
from docqa.model.heads.reader_text import EXCERPTS_TOGETHER, PASSAGE_ENCODER_FILE, PASSAGES_TOGETHER, reader_files

FLOAT = 4  # bytes
GROUP_BYTES = 4 / 64  # scale and zero of a group of 64 packed numbers, for each of them
NAMED = 16  # what the head tells apart, all kinds together


def cost_of_reader(folder: Path) -> ReaderCost:
    """What the reader and the passage encoder of a folder take on this machine; nothing for one that is not there, or
    cannot be loaded."""
    packed, encoder = packed_is_faster(), folder / PASSAGE_ENCODER_FILE
    parts = [
        passage_cost(encoder, packed=packed) if encoder.is_file() else ReaderCost(),
        *(reader_cost(shape, packed=packed) for shape in _shapes(folder)),
    ]
    return ReaderCost(
        sum(part.weights_bytes for part in parts),
        max(part.scratch_bytes for part in parts),
        sum(part.passage_macs for part in parts),
    )


def _shapes(folder: Path) -> list[EncoderShape]:
    """The shape of the reader, if there is one that can be loaded; whoever loads it says what is wrong."""
    try:
        return [shape_of(MappedTensors(path).metadata) for path in reader_files(folder)[:1]]
    except (WeightsMismatch, KeyError, ValueError):
        return []


def passage_cost(path: Path, *, packed: bool) -> ReaderCost:
    """Plan the passage encoder in a file; nothing for one that cannot be loaded."""
    try:
        shape = shape_of(MappedTensors(path).metadata)
    except (WeightsMismatch, KeyError, ValueError):
        return ReaderCost()
    tokens = PASSAGES_TOGETHER * shape.positions
    return ReaderCost(round(_encoder_bytes(shape, packed)), _scratch_bytes(shape, tokens), _macs(shape))


def reader_cost(shape: EncoderShape, *, packed: bool) -> ReaderCost:
    """Plan a reader. `packed`: its matrices stay in the bits of their file; else they are float32."""
    hidden = shape.hidden
    weights = _encoder_bytes(shape, packed)
    weights += 3 * hidden * hidden * (packed_bytes(HEAD_BITS) if packed and hidden > 64 else FLOAT)
    weights += (5 + NAMED) * hidden * FLOAT
    return ReaderCost(round(weights), _scratch_bytes(shape, EXCERPTS_TOGETHER * shape.positions))


def _macs(shape: EncoderShape) -> int:
    """Multiply-adds of the layers' matrices for a token, which are also their elements."""
    return shape.layers * (4 * shape.hidden * shape.hidden + 2 * shape.hidden * shape.inner)


def _encoder_bytes(shape: EncoderShape, packed: bool) -> float:
    weights = _macs(shape) * (packed_bytes(MATRIX_BITS) if packed else FLOAT)
    weights += shape.layers * (9 * shape.hidden + shape.inner) * FLOAT
    weights += shape.vocabulary * shape.hidden * (packed_bytes(EMBEDDING_BITS) if packed else FLOAT)
    return weights + (shape.positions * shape.hidden + shape.buckets * shape.heads) * FLOAT


def _scratch_bytes(shape: EncoderShape, tokens: int) -> int:
    """Bytes beside the weights while `tokens`, in texts of the longest length, are read."""
    widest = max(3 * shape.hidden + shape.inner, 6 * shape.hidden)  # beside the feed-forward part, or attention
    scores = (tokens // shape.positions + 1) * shape.heads * shape.positions**2
    return round((tokens * widest + scores) * FLOAT)


def packed_bytes(bits: int) -> float:
    """Bytes of a packed number."""
    return bits / 8 + GROUP_BYTES
