"""What the reader and the passage encoder take, by their files: weights, and memory while they
read.
"""

from collections.abc import Callable
from math import prod
from pathlib import Path

from docqa.model.checkpoints.mapped import MappedTensors
from docqa.model.checkpoints.weights import PARTS
from docqa.model.cost.plan import ReaderCost
from docqa.model.errors import WeightsMismatch, WeightsMissing
from docqa.model.native.encoder import EncoderShape, encoder_shape_of

from .reader_text import (
    EXCERPTS_TOGETHER,
    PASSAGE_ENCODER_FILE,
    PASSAGES_TOGETHER,
    reader_files,
)

FLOAT = 4  # bytes


def cost_of_reader(folder: Path) -> ReaderCost:
    """What the reader and the passage encoder of a folder take; nothing where one is missing, or
    cannot be loaded.
    """
    passages = _encoder_cost(lambda: [folder / PASSAGE_ENCODER_FILE], PASSAGES_TOGETHER)
    reader = _encoder_cost(lambda: reader_files(folder), EXCERPTS_TOGETHER)
    weights = passages.weights_bytes + reader.weights_bytes
    return ReaderCost(
        weights, max(passages.scratch_bytes, reader.scratch_bytes), passages.passage_macs
    )


def _encoder_cost(files: Callable[[], list[Path]], together: int) -> ReaderCost:
    """Of the encoder in `files` and what lies beside it, with so many of its longest texts."""
    try:
        stored = [MappedTensors(path) for path in files()]
        shape = encoder_shape_of(stored[0].metadata)
    except (WeightsMissing, WeightsMismatch, LookupError, ValueError):
        return ReaderCost()
    tensors = [(name, file.array(name)) for file in stored for name in file.tensor_locations()]
    weights = sum(
        each.nbytes if name.endswith(PARTS) else prod(each.shape) * FLOAT for name, each in tensors
    )
    macs = shape.layers * (
        4 * shape.hidden * shape.hidden + 2 * shape.hidden * shape.inner
    )  # for a token
    return ReaderCost(weights, _scratch_bytes(shape, together * shape.positions), macs)


def _scratch_bytes(shape: EncoderShape, tokens: int) -> int:
    """Beside the weights, while `tokens` in texts of the longest length are read."""
    widest = max(
        3 * shape.hidden + shape.inner, 6 * shape.hidden
    )  # beside the feed-forward part, or attention
    scores = (tokens // shape.positions + 1) * shape.heads * shape.positions**2
    return round((tokens * widest + scores) * FLOAT)
