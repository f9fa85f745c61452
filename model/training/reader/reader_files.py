"""The files of an encoder and its head as they ship: matrices packed, in parts small enough for
version control.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from docqa.model.checkpoints.formats.grouped import dequantize, quantize_matrix
from docqa.model.checkpoints.weights import PARTS, open_safetensors
from docqa.model.heads.reader_text import (
    READER_FILE,
    READER_TOKENIZER,
    ReaderTokenizer,
    reader_files,
)
from docqa.model.native.encoder import EncoderShape, encoder_shape_of

from .cross_encoder import TrainableCrossEncoder

# that a number has in a file, and in memory
EMBEDDING_BITS = 4
MATRIX_BITS = 4
HEAD_BITS = 8
LARGEST_FILE = 44_000_000  # bytes of tensors in a file
ZEROS_IN_ONE = (
    16  # a zero is a multiple of 1/16 of a step: a wheel packs such in two thirds of the bytes
)


def load_dense(folder: Path) -> TrainableCrossEncoder:
    """The reader of a folder with all of its matrices unpacked; heads that it lacks are fresh.

    Raises WeightsMismatch, RuntimeError; KeyError where a part of the encoder is missing, or one is
    unknown.
    """
    stored = dict[str, Tensor]()
    about = dict[str, str]()
    for path in reader_files(folder):
        with open_safetensors(path) as file:
            stored |= {name: file.get_tensor(name) for name in list(file.keys())}
            about |= file.metadata() or {}
    reader = TrainableCrossEncoder(
        encoder_shape_of(about), ReaderTokenizer(folder / READER_TOKENIZER)
    )
    missing, unknown = reader.load_state_dict(dense_form(stored), strict=False)
    if wrong := [*(name for name in missing if not name.startswith("head.")), *unknown]:
        raise KeyError(wrong[0])
    return reader


def save_reader(reader: TrainableCrossEncoder, folder: Path) -> None:
    """Write a reader as it ships, in files of at most LARGEST_FILE bytes; former ones of the folder
    are replaced.
    """
    parts = [dict[str, Tensor]()]
    room = LARGEST_FILE
    for name, tensor in stored_form(dict(reader.named_parameters())).items():
        if tensor.nbytes > room and parts[-1]:
            parts.append({})
            room = LARGEST_FILE
        parts[-1][name] = tensor
        room -= tensor.nbytes
    former = {*folder.glob("reader-*-of-*.safetensors")}
    for number, part in enumerate(parts, 1):
        path = folder / READER_FILE.format(number, len(parts))
        write_whole(part, path, reader.encoder.shape)
        former.discard(path)
    for path in former:
        path.unlink()


def write_whole(tensors: dict[str, Tensor], path: Path, shape: EncoderShape) -> None:
    """Write tensors, in the form of `stored_form`, with the encoder's shape; a former file is
    replaced at once.
    """
    from safetensors.torch import save_file

    fresh = path.with_name(path.name + ".new")
    save_file(tensors, fresh, metadata={name: str(value) for name, value in asdict(shape).items()})
    fresh.replace(path)


def stored_form(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as a file holds them: the encoder's matrices packed, the rest in float16."""
    stored: dict[str, Tensor] = {}
    for name, part in tensors.items():
        bits = _bits(name, part)
        if bits is not None:
            pieces = zip(PARTS, packed(part.detach(), bits), strict=True)
            stored |= {
                name.removesuffix(".weight") + suffix: piece.contiguous()
                for suffix, piece in pieces
            }
        else:
            stored[name] = part.detach().half().contiguous()
    return stored


def packed(matrix: Tensor, bits: int) -> tuple[Tensor, Tensor, Tensor]:
    """A matrix [rows, columns] as (q, scale, zero) in so many bits, as a file holds it."""
    q, scale, zero = quantize_matrix(matrix, bits)
    return q, scale, (zero.float() * ZEROS_IN_ONE).round().div(ZEROS_IN_ONE).half()


def dense_form(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `stored_form` was made of, but for its rounding, in float32. Raises KeyError: a part is
    missing.
    """
    packed = [name.removesuffix(".q") for name in stored if name.endswith(".q")]
    dense = {name: part.float() for name, part in stored.items() if not name.endswith(PARTS)}
    return dense | {
        f"{name}.weight": dequantize(*(stored[name + part] for part in PARTS)) for name in packed
    }


def _bits(name: str, part: Tensor) -> int | None:
    """In how many bits a tensor of this name is stored; None: in float16."""
    if name == "encoder.words.weight":
        return EMBEDDING_BITS
    if name.startswith("encoder.layers.") and part.ndim == 2:
        return MATRIX_BITS
    return HEAD_BITS if name.startswith("head.") and part.ndim == 2 and len(part) > 64 else None
