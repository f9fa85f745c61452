"""Sparse MLP of `qwen3_next` and `qwen3_5_moe`: a router, many small experts, and one that every
token goes through.

y = sum over the k chosen experts of w_e * expert_e(x), plus sigmoid(shared_expert_gate x) *
shared_expert(x). Parameters carry the names of the checkpoint; experts are stacked, as
`qwen3_5_moe` stores them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.moe import ExpertBank, StackedExperts, mix_experts, route

from .config import HybridConfig
from .linear import Linear, SwiGLU


class Router(nn.Module):
    """Logits of the experts, [experts, hidden]. In float32 at least: a rounded logit may choose
    another expert.
    """

    def __init__(self, hidden: int, experts: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(experts, hidden))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x.to(self.weight.dtype), self.weight)


class Experts(nn.Module):
    """gate above up [experts, 2 * inner, hidden] and down [experts, hidden, inner]; `bank`, where
    it is set, is used instead of the two, which are empty then."""

    bank: ExpertBank | None = None

    def __init__(self, experts: int, hidden: int, inner: int) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.empty(experts, 2 * inner, hidden))
        self.down_proj = nn.Parameter(torch.empty(experts, hidden, inner))

    def forward(self, x: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """x [tokens, hidden], chosen and weights [tokens, k] -> [tokens, hidden]."""
        return mix_experts(
            x, chosen, weights, self.bank or StackedExperts(self.gate_up_proj, self.down_proj)
        )


class SparseMoe(nn.Module):
    """The MLP of a layer with experts, [batch, seq, hidden] in and out."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        self.count = config.num_experts_per_tok
        self.normalise = config.norm_topk_prob
        self.inner = config.moe_intermediate_size
        self.gate = Router(hidden, config.num_experts)
        self.experts = Experts(config.num_experts, hidden, config.moe_intermediate_size)
        self.shared_expert = SwiGLU(hidden, config.shared_expert_intermediate_size)
        self.shared_expert_gate = Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        chosen, weights = route(self.gate(flat), self.count, normalise=self.normalise)
        routed = self.experts(flat, chosen, weights)
        shared = self.shared_expert_gate(flat).sigmoid() * self.shared_expert(flat)
        return (routed + shared).view(x.shape)
