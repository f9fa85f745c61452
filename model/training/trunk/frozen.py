"""Parts of the student that do not learn, computed as they ship: 4-bit matrices, activations rounded to 8 bits.

Only what such a part reads has a gradient: it goes back through the same matrices turned round, in 8 bits. On
processors where packed products are faster than bfloat16's, a step takes a third less time than with dense ones.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from docqa.kernels.activation import silu_product
from docqa.kernels.matmul import PackedMatrix, product
from docqa.kernels.norm import zero_centred_norm
from docqa.model.checkpoints.formats.grouped import quantize_matrix
from docqa.model.checkpoints.quantize import is_quantized
from docqa.model.hybrid import Hybrid, Layer, RMSNorm
from docqa.model.linear import SwiGLU

SHIPPED_BITS, GRADIENT_BITS = 4, 8


def packed(weight: Tensor, bits: int = SHIPPED_BITS) -> PackedMatrix:
    """A matrix [rows, columns] in `bits`, 4 or 8."""
    return PackedMatrix.of(*quantize_matrix(weight.detach(), bits))


class _Norm(torch.autograd.Function):
    """Zero-centred norm with weights that do not learn; keeps its input alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.eps = eps
        return zero_centred_norm(x, weight, eps)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        scaled = gradient * (1.0 + weight)
        unit = (x.square().mean(-1, keepdim=True) + ctx.eps).rsqrt_()
        along = (scaled * x).mean(-1, keepdim=True).mul_(unit.square())
        return torch.addcmul(scaled, x, along, value=-1.0).mul_(unit), None, None


class FrozenNorm(nn.Module):
    """An RMSNorm whose weights do not learn."""

    def __init__(self, norm: RMSNorm) -> None:
        super().__init__()
        self.weight, self.eps = norm.weight.requires_grad_(False), norm.eps

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = _Norm.apply(x, self.weight, self.eps)
        return found


class _Mlp(torch.autograd.Function):
    """down(SiLU(gate x) * up x) through packed matrices; keeps what gate and up gave, in bfloat16."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, mlp: FrozenMlp) -> Tensor:
        wide = x.float()
        gate, up = (product(wide, matrix) for matrix in mlp.forwards[:2])
        ctx.mlp, ctx.dtype = mlp, x.dtype
        ctx.save_for_backward(gate.bfloat16(), up.bfloat16())
        return product(silu_product(gate, up), mlp.forwards[2])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gate, up = (part.float() for part in ctx.saved_tensors)
        of_gate, of_up, of_down = ctx.mlp.backwards
        inner = product(gradient.float(), of_down)
        through_up = product(inner * torch.nn.functional.silu(gate), of_up)
        through_gate = product(torch.ops.aten.silu_backward(inner.mul_(up), gate), of_gate)
        return through_up.add_(through_gate).to(ctx.dtype), None


class FrozenMlp(nn.Module):
    """A SwiGLU whose matrices do not learn; keeps its modules, so that checkpoints have their names."""

    def __init__(self, mlp: SwiGLU) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = mlp.gate_proj, mlp.up_proj, mlp.down_proj
        self.requires_grad_(False)
        weights = [self.gate_proj.weight, self.up_proj.weight, self.down_proj.weight]
        self.forwards = [packed(weight) for weight in weights]
        self.backwards = [packed(m.dense().T.contiguous(), GRADIENT_BITS) for m in self.forwards]

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = _Mlp.apply(x, self)
        return found


def freeze_lower(student: Hybrid, layers: int) -> None:
    """Compute the first `layers` layers with packed matrices; no gradient goes through them."""
    for number in range(layers):
        part = student.layers[number].requires_grad_(False)
        matrices = {f"layers.{number}.{name}": weight for name, weight in part.named_parameters()}
        student.attach_packed({name: packed(weight) for name, weight in matrices.items() if is_quantized(name, weight)})


def freeze_mlps(student: Hybrid, above: int) -> None:
    """Compute norms and MLPs of the layers from `above` on, and the last norm, as parts that do not learn."""
    for layer in student.layers[above:]:
        whole = cast(Layer, layer)
        whole.mlp = FrozenMlp(cast(SwiGLU, whole.mlp))  # type: ignore[assignment]
        for name in ("input_layernorm", "post_attention_layernorm"):
            setattr(whole, name, FrozenNorm(getattr(whole, name)))
    student.norm = FrozenNorm(cast(RMSNorm, student.norm))  # type: ignore[assignment]
