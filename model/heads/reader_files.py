"""The files of an encoder and its head: matrices packed, in parts small enough to be kept under version control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from docqa.kernels.matmul import PackedMatrix
from docqa.kernels.native import packed_is_faster
from docqa.model.checkpoints.formats.grouped import quantize_matrix
from docqa.model.checkpoints.names import PARTS
from docqa.model.checkpoints.weights import head_metadata, head_tensors
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.cross_encoder import CrossEncoder
from docqa.model.heads.encoder_shape import EMBEDDING_BITS, HEAD_BITS, MATRIX_BITS, described, shape_of
from docqa.model.heads.reader_text import READER_FILE, READER_TOKENIZER, ReaderTokenizer, reader_files
from docqa.model.linear import Embedding, Linear

LARGEST_FILE = 44_000_000  # bytes of tensors in a file


def load_reader(folder: Path) -> CrossEncoder | None:
    """The reader beside a checkpoint's weights, ready to use, or None where a checkpoint has none.

    Matrices stay packed where that is faster.

    Raises:
        WeightsMismatch: a file or the tokenizer is damaged or missing; it is named.
    """
    files = reader_files(folder)
    if not files:
        return None
    return _assembled(folder, files, keep=packed_is_faster()).requires_grad_(False).eval()


def load_dense(folder: Path) -> CrossEncoder:
    """The reader of a folder with all of its matrices unpacked, to be trained; heads that it lacks are fresh.

    Raises WeightsMismatch.
    """
    return _assembled(folder, reader_files(folder), keep=False, complete=True)


def _assembled(folder: Path, files: Sequence[Path], *, keep: bool, complete: bool = False) -> CrossEncoder:
    """The reader in `files`. `keep`: leave matrices packed, else they are float32. `complete`: make heads it lacks."""
    tokenizer = ReaderTokenizer(folder / READER_TOKENIZER)
    stored: dict[str, Tensor] = {}
    for path in files:
        stored |= head_tensors(path) or {}
    try:
        shape = shape_of(head_metadata(files[0]))
        if complete:
            reader = CrossEncoder(shape, tokenizer)
            stored = stored_form(dict(reader.head.named_parameters("head"))) | stored
        with torch.device("meta"):
            reader = CrossEncoder(shape, tokenizer)
        fill(reader, stored, keep=keep)
    except (KeyError, RuntimeError, ValueError, AttributeError) as error:
        raise WeightsMismatch(f"{files[0]}: this is not a reader ({error}); fetch {folder} again") from error
    return reader


def fill(module: nn.Module, stored: Mapping[str, Tensor], *, keep: bool) -> None:
    """Give a module on the meta device all of its tensors, in the form of `stored_form`; `keep` as in `attach`.

    Raises:
        KeyError: one is missing, or unknown.
        AttributeError, ValueError, RuntimeError: one does not fit.
    """
    packed, dense = stored_parts(stored)
    for name, matrix in packed.items():
        attach(module, name, matrix, keep=keep)
    missing, unknown = module.load_state_dict(dense, strict=False, assign=True)
    lacking = [name for name in missing if name not in {f"{n}.weight" for n in packed}]
    if lacking or unknown:
        raise KeyError(min([*lacking, *unknown]))


def save_reader(reader: CrossEncoder, folder: Path) -> None:
    """Write a reader as it ships, in files of at most LARGEST_FILE bytes; former ones of the folder are replaced."""
    from safetensors.torch import save_file

    parts: list[dict[str, Tensor]] = [{}]
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
        fresh = path.with_name(path.name + ".new")
        save_file(part, fresh, metadata=described(reader.encoder.shape))
        fresh.replace(path)
        former.discard(path)
    for path in former:
        path.unlink()


def stored_form(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as a file holds them: the encoder's matrices packed, the rest in float16."""
    stored: dict[str, Tensor] = {}
    for name, part in tensors.items():
        bits = _bits(name, part)
        if bits is not None:
            pieces = zip(PARTS, quantize_matrix(part.detach(), bits), strict=True)
            stored |= {name.removesuffix(".weight") + suffix: piece.contiguous() for suffix, piece in pieces}
        else:
            stored[name] = part.detach().half().contiguous()
    return stored


def _bits(name: str, part: Tensor) -> int | None:
    """In how many bits a tensor of this name is stored; None: in float16."""
    if name == "encoder.words.weight":
        return EMBEDDING_BITS
    if name.startswith("encoder.layers.") and part.ndim == 2:
        return MATRIX_BITS
    return HEAD_BITS if name.startswith("head.") and part.ndim == 2 and len(part) > 64 else None


def stored_parts(stored: Mapping[str, Tensor]) -> tuple[dict[str, PackedMatrix], dict[str, Tensor]]:
    """What `stored_form` was made of, but for its rounding: packed matrices by module, other tensors in float32.

    Raises:
        KeyError: a part of a packed matrix is missing.
    """
    names = [name.removesuffix(".q") for name in stored if name.endswith(".q")]
    packed = {name: PackedMatrix.of(*(stored[name + suffix] for suffix in PARTS)) for name in names}
    return packed, {name: part.float() for name, part in stored.items() if not name.endswith(PARTS)}


def attach(reader: nn.Module, name: str, matrix: PackedMatrix, *, keep: bool) -> None:
    """Give a module its matrix, packed or (without `keep`) in float32.

    Raises:
        AttributeError: there is no such module.
        ValueError: it has no matrix of this shape.
    """
    module: Any = reader.get_submodule(name)
    if not isinstance(module, Linear | Embedding) or tuple(module.weight.shape) != matrix.shape:
        raise ValueError(f"{name} is {matrix.shape}")
    if keep:
        module.packed = matrix
    else:
        module.weight = nn.Parameter(matrix.dense())
