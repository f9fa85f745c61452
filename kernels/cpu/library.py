"""The native library: found beside this file, loaded once, with its functions' argument types."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_float, c_int, c_int64, c_void_p
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from docqa.kernels.errors import LibraryDamaged
from docqa.kernels.threads import thread_count

if TYPE_CHECKING:
    from torch import Tensor

FILE = Path(__file__).parent / "_native.so"
LEVELS = (  # as in api.cpp
    "none",
    "AVX2",
    "AVX-512",
    "AVX-512 VNNI",
    "AVX-512 VNNI BF16",
    "AVX-512 VNNI BF16 AMX",
    "NEON",
)


def structure_fields(kind: Any, names: str) -> list[tuple[str, Any]]:
    """Fields of a structure, all of type `kind`."""
    return [(name, kind) for name in names.split()]


class StridedTensor(Structure):
    """A tensor [batch, seq, heads, dim] by its strides, in elements."""

    _fields_ = [("data", c_void_p), *structure_fields(c_int64, "batch seq head")]

    @classmethod
    def from_tensor(cls, x: Tensor) -> StridedTensor:
        batch, seq, head, _ = x.stride()
        return cls(x.data_ptr(), batch, seq, head)


class DeltaCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "batch seq heads key_dim value_dim"),
        *structure_fields(StridedTensor, "q k v"),
        *structure_fields(c_void_p, "decay beta state out history"),
        ("shared", c_int64),
    ]


class ConvCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "batch seq channels taps"),
        *structure_fields(c_void_p, "x history weight"),
        *structure_fields(c_int64, "unit_heads unit_dim"),
        ("out", c_void_p),
    ]


class ProductCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "tokens rows columns bits"),
        *structure_fields(c_void_p, "q scale zero x y"),
    ]


class StoredBlocks(Structure):
    """A `BlockMatrix` as the library reads it."""

    _fields_ = [*structure_fields(c_int64, "rows columns type stride"), ("q", c_void_p)]


class BlockProductCall(Structure):
    _fields_ = [("tokens", c_int64), ("w", StoredBlocks), *structure_fields(c_void_p, "x y")]


class BlockMlpCall(Structure):
    _fields_ = [
        ("tokens", c_int64),
        *structure_fields(StoredBlocks, "gate up down"),
        *structure_fields(c_void_p, "x y"),
    ]


class RotateCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "batch seq heads dim rotary"),
        *structure_fields(c_void_p, "x cos sin y"),
    ]


class KVSegment(Structure):
    _fields_ = [("count", c_int64), *structure_fields(c_void_p, "k v k_scale v_scale bounds")]


class AttentionCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "batch seq total heads kv_heads dim rounded"),
        *structure_fields(StridedTensor, "q k v"),
        *structure_fields(c_void_p, "out segments"),
        *structure_fields(c_int64, "grid choices"),
        *structure_fields(c_void_p, "ends starts blocks"),
    ]


class EncoderAttentionCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "sequences heads dim stride longest"),
        *structure_fields(c_void_p, "starts q k v q_shift k_shift v_shift near out"),
    ]


class LayerNormCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "rows dim"),
        *structure_fields(c_void_p, "x r shift weight bias y"),
        ("eps", c_float),
    ]


# What each gives back, and what it takes between the level and the number of threads.
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "delta": (c_int, POINTER(DeltaCall)),
    "delta_step": (c_int, POINTER(DeltaCall)),
    "conv": (None, POINTER(ConvCall)),
    "product": (c_int, POINTER(ProductCall)),
    "block_product": (c_int, POINTER(BlockProductCall)),
    "block_mlp": (c_int, POINTER(BlockMlpCall)),
    "rotate": (None, POINTER(RotateCall)),
    "attention": (c_int, POINTER(AttentionCall)),
    "step": (c_int, c_void_p),
    "experts": (c_int, c_void_p),
    "encoder_attention": (c_int, POINTER(EncoderAttentionCall)),
    "add_layer_norm": (None, POINTER(LayerNormCall)),
    "biased_gelu": (None, c_void_p, c_void_p, c_void_p, c_int64, c_int64),
    "norm": (None, c_void_p, c_void_p, c_float, c_void_p, c_int64, c_int64),
    "gated_norm": (None, c_void_p, c_void_p, c_void_p, c_float, c_void_p, c_int64, c_int64),
    "gated_product": (None, c_void_p, c_void_p, c_void_p, c_int64),
}


class Library(NamedTuple):
    """The loaded functions (`docqa_` before the names in `_ARGUMENTS`) and their level."""

    functions: ctypes.CDLL
    level: int
    threads: int = 0  # as many as compute in this process where 0

    def call_function(self, name: str, *arguments: Any) -> None:
        """Calls a function on `threads`. Raises MemoryError: it could not get its workspace."""
        if getattr(self.functions, f"docqa_{name}")(
            self.level, *arguments, self.threads or thread_count()
        ):
            raise MemoryError(
                f"no memory for the workspace of the native kernel '{name}'; read with fewer threads"
            )


def contiguous_float32(x: Tensor) -> Tensor:
    """As the kernels read it: float32, elements in order; `x` itself where it is so already."""
    return x.float().contiguous()


def float32_with_dims_in_order(x: Tensor) -> Tensor:
    """As the kernels that take strides read it: float32, neighbours on the last axis next to each
    other; `x` itself where it is so already."""
    x = x.float()
    return x if x.stride(-1) == 1 else x.contiguous()


def load() -> tuple[Library | None, str]:
    """The library at this processor's best level and the level's name, or None and why. Raises
    LibraryDamaged: there is one that cannot be loaded, or that an older docqa left here."""
    if not FILE.is_file():
        return (
            None,
            "there was no C++ compiler when docqa was installed, or the processor is neither x86-64 nor ARM",
        )
    try:
        functions = ctypes.CDLL(str(FILE))
        for name, (result, *arguments) in _ARGUMENTS.items():
            function = getattr(functions, f"docqa_{name}")
            function.restype = result
            function.argtypes = [c_int, *arguments, c_int]
        level = functions.docqa_level()
    except (OSError, AttributeError) as error:
        raise LibraryDamaged(
            f"{FILE}: the native kernels cannot be loaded ({error}) (install docqa again)"
        ) from error
    if level == 0:
        return None, "this processor lacks AVX2, FMA or F16C, or, on ARM, dot products of bytes"
    return Library(functions, level), LEVELS[level]
