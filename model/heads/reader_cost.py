"""What the reader and the passage encoder take, by arithmetic: weights, and what is in memory while they read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docqa.model.checkpoints.mapped import MappedTensors
from docqa.model.cost.plan import ReaderCost
from docqa.model.errors import WeightsMismatch, WeightsMissing
from docqa.model.heads.reader_text import EXCERPTS_TOGETHER, PASSAGE_ENCODER_FILE, PASSAGES_TOGETHER, reader_files
from docqa.model.native.encoder import EncoderShape, shape_of

FLOAT = 4  # bytes
EMBEDDING_BITS, MATRIX_BITS, HEAD_BITS = 4, 4, 8  # that a number has in a file, and in memory
GROUP_BYTES = 4 / 64  # scale and zero of a group of 64 packed numbers, for each of them
NAMED = 18  # what the head tells apart, all kinds together


def cost_of_reader(folder: Path) -> ReaderCost:
    """What the reader and the passage encoder of a folder take; nothing for one that is not there, or cannot be
    loaded: whoever loads it says what is wrong."""
    passages, reader = _shape(lambda: [folder / PASSAGE_ENCODER_FILE]), _shape(lambda: reader_files(folder))
    parts = [ReaderCost()] if passages is None else [passage_cost(passages)]
    parts += [] if reader is None else [reader_cost(reader)]
    return ReaderCost(
        sum(part.weights_bytes for part in parts),
        max(part.scratch_bytes for part in parts),
        sum(part.passage_macs for part in parts),
    )


def _shape(files: Callable[[], list[Path]]) -> EncoderShape | None:
    """The shape of the encoder in the first of `files`, None where it cannot be loaded."""
    try:
        return shape_of(MappedTensors(files()[0]).metadata)
    except (WeightsMissing, WeightsMismatch, LookupError, ValueError):
        return None


def passage_cost(shape: EncoderShape) -> ReaderCost:
    """Plan a passage encoder."""
    tokens = PASSAGES_TOGETHER * shape.positions
    return ReaderCost(round(_encoder_bytes(shape)), _scratch_bytes(shape, tokens), _macs(shape))


def reader_cost(shape: EncoderShape) -> ReaderCost:
    """Plan a reader."""
    hidden = shape.hidden
    head = 5 * hidden * hidden * (packed_bytes(HEAD_BITS) if hidden > 64 else FLOAT) + (5 + NAMED) * hidden * FLOAT
    return ReaderCost(round(_encoder_bytes(shape) + head), _scratch_bytes(shape, EXCERPTS_TOGETHER * shape.positions))


def _macs(shape: EncoderShape) -> int:
    """Multiply-adds of the layers' matrices for a token, which are also their elements."""
    return shape.layers * (4 * shape.hidden * shape.hidden + 2 * shape.hidden * shape.inner)


def _encoder_bytes(shape: EncoderShape) -> float:
    weights = _macs(shape) * packed_bytes(MATRIX_BITS) + shape.layers * (9 * shape.hidden + shape.inner) * FLOAT
    weights += shape.vocabulary * shape.hidden * packed_bytes(EMBEDDING_BITS)
    return weights + (shape.positions * shape.hidden + shape.buckets * shape.heads) * FLOAT


def _scratch_bytes(shape: EncoderShape, tokens: int) -> int:
    """Bytes beside the weights while `tokens`, in texts of the longest length, are read."""
    widest = max(3 * shape.hidden + shape.inner, 6 * shape.hidden)  # beside the feed-forward part, or attention
    scores = (tokens // shape.positions + 1) * shape.heads * shape.positions**2
    return round((tokens * widest + scores) * FLOAT)


def packed_bytes(bits: int) -> float:
    """Bytes of a packed number."""
    return bits / 8 + GROUP_BYTES
