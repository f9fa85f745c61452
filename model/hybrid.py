"""The hybrid family: gated delta networks and gated attention, one mixer and one MLP a layer.

Follows Qwen3.5 as `transformers` computes it, with its parameters' names; `layer_types` alone says
which layer is which. The MLP is dense, or one of experts (moe.py); what other checkpoints name
differently is turned into these names on loading (layout.py). Shapes stand at the end of a line as
[batch, seq, heads, dim].
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.conv import unit_conv
from docqa.kernels.delta import delta_rule
from docqa.kernels.norm import gated_norm, zero_centred_norm
from docqa.kernels.norm.reference import at_least_float32

from .config import HybridConfig
from .linear import Depthwise, Linear
from .network import NormLayer
from .state.delta_memory import DeltaMemory
from .transformer import Transformer, TransformerLayer


class ZeroCentredRMSNorm(NormLayer):
    """Zero-centred RMS norm: x * rsqrt(mean(x^2) + eps) * (1 + weight), in float32 inside."""

    initial = 0.0

    def forward(self, x: Tensor) -> Tensor:
        return zero_centred_norm(x, self.weight, self.eps)


class GatedNorm(NormLayer):
    """Norm of the delta net's output: plain weight, then the gate SiLU(z); [.., head_dim] in and
    out.
    """

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return gated_norm(x, z, self.weight, self.eps)


class GatedDeltaNet(nn.Module):
    """Gated delta network layer: a convolution, and a memory that follows the delta rule."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.key_heads = config.linear_num_key_heads
        self.value_heads = config.linear_num_value_heads
        self.key_dim = config.linear_key_head_dim
        self.value_dim = config.linear_value_head_dim
        keys, values = config.delta_key_and_value_widths
        hidden = config.hidden_size
        self.conv1d = Depthwise(2 * keys + values, config.linear_conv_kernel_dim)
        self.in_proj_qkv = Linear(hidden, 2 * keys + values)
        self.in_proj_z = Linear(hidden, values)
        self.in_proj_b = Linear(hidden, self.value_heads)
        self.in_proj_a = Linear(hidden, self.value_heads)
        self.A_log = nn.Parameter(torch.zeros(self.value_heads))
        self.dt_bias = nn.Parameter(torch.ones(self.value_heads))
        self.norm = GatedNorm(self.value_dim, config.rms_norm_eps)
        self.out_proj = Linear(values, hidden)

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: DeltaMemory | None = None
    ) -> Tensor:
        batch, seq, _ = x.shape
        beta = at_least_float32(self.in_proj_b(x)).sigmoid()
        decay = -at_least_float32(self.A_log).exp() * functional.softplus(
            at_least_float32(self.in_proj_a(x)) + at_least_float32(self.dt_bias)
        )
        tail, memory = (None, None) if not cache else (cache.tail, cache.memory)
        heads = 2 * self.key_heads
        unit, v, tail = unit_conv(
            self.in_proj_qkv(x), self.conv1d.weight, tail, heads=heads, dim=self.key_dim
        )
        q, k = unit.chunk(2, 2)  # [batch, seq, key_heads, key_dim]
        v = v.unflatten(-1, (self.value_heads, self.value_dim))
        out, memory = delta_rule(q, k, v, decay=decay, beta=beta, state=memory)
        if cache:
            cache.update(tail, memory)
        z = self.in_proj_z(x).view(batch, seq, self.value_heads, self.value_dim)
        return self.out_proj(self.norm(out, z).reshape(batch, seq, -1).to(x.dtype))


class HybridLayer(TransformerLayer):
    """One whose mixer is attention or a delta net."""

    norm = ZeroCentredRMSNorm
    linear = GatedDeltaNet


class Hybrid(Transformer):
    layer = HybridLayer
