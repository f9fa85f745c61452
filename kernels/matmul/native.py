"""Products with a packed matrix in C++: whole numbers inside a group, so one result for one token and for many."""

from __future__ import annotations

import ctypes

from torch import Tensor

from docqa.kernels.cpu.library import Library, ProductCall, plain
from docqa.kernels.matmul.packed import PackedMatrix


def product_native(x: Tensor, matrix: PackedMatrix, *, library: Library) -> Tensor:
    """Same arguments and result as `product_reference`, x and result float32; not differentiable."""
    rows, columns = matrix.shape
    x = plain(x)
    out = x.new_empty(*x.shape[:-1], rows)
    call = ProductCall(
        x.numel() // columns, rows, columns, matrix.bits,
        matrix.q.data_ptr(), matrix.scale.data_ptr(), matrix.zero.data_ptr(), x.data_ptr(), out.data_ptr(),
    )  # fmt: skip
    library.run("product", ctypes.byref(call))
    return out
