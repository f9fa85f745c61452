"""The two RMS norms in Triton, one pass over memory. Importing this module needs Triton."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from docqa.kernels import gpu


@triton.jit(do_not_specialize=["rows"])
def _norm_rows(
    x,
    z,
    weight,
    out,
    rows,
    dim,
    eps,
    GATED: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """ROWS rows of `dim` columns, each in one tile, float32 until stored."""
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    columns = tl.arange(0, COLUMNS)
    known = columns < dim
    mask = (row < rows)[:, None] & known[None, :]
    places = row[:, None] * dim + columns[None, :]
    values = tl.load(x + places, mask=mask, other=0.0).to(tl.float32)
    gain = tl.load(weight + columns, mask=known, other=0.0).to(tl.float32)
    unit = values * tl.rsqrt(tl.sum(values * values, 1) / dim + eps)[:, None]
    if GATED:
        gates = tl.load(z + places, mask=mask, other=0.0).to(tl.float32)
        result = unit * gain[None, :] * (gates * tl.sigmoid(gates))
    else:
        result = unit * (1.0 + gain)[None, :]
    tl.store(out + places, result.to(out.dtype.element_ty), mask=mask)


def _launch_norm(x: Tensor, z: Tensor | None, weight: Tensor, eps: float) -> Tensor:
    """The norm of x, after the gate if any."""
    dim = x.shape[-1]
    flat = x.contiguous()
    gates = flat if z is None else z.contiguous()
    out = torch.empty_like(flat)
    rows = x.numel() // max(1, dim)
    columns = gpu.power_of_two(dim)
    tile = max(1, gpu.block_sizes(x.device).elements // columns)
    if rows:
        with gpu.on_device(x.device):
            _norm_rows[(triton.cdiv(rows, tile),)](
                flat,
                gates,
                weight.contiguous(),
                out,
                rows,
                dim,
                eps,
                GATED=z is not None,
                ROWS=tile,
                COLUMNS=columns,
                **gpu.launch_options(gpu.block_sizes(x.device).warps),
            )
    return out


def zero_centred_norm_gpu(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """As `zero_centred_norm_reference`; not differentiable."""
    return _launch_norm(x, None, weight, eps)


def gated_norm_gpu(x: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """As `gated_norm_reference`; not differentiable."""
    return _launch_norm(x, z, weight, eps)
