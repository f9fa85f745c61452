"""The stack that every network is: embedding, layers (`hybrid.py`, `transformer.py`), last norm,
head. Parameters carry the names of checkpoints."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels import rope
from docqa.kernels.matmul import StoredMatrix, product

from .config import HybridConfig
from .linear import Embedding, Linear
from .moe import Experts
from .state.delta_memory import DeltaMemory
from .state.kv_cache import AttentionMemory

Cache = DeltaMemory | AttentionMemory


class NormLayer(nn.Module):
    """An RMS norm over the last axis, [dim] weights, `initial` each before they are loaded;
    subclasses say how these scale."""

    initial = 1.0

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((dim,), self.initial))
        self.eps = eps


class Network(nn.Module):
    """The stack. `forward` returns the hidden states after the last norm, [batch, seq, hidden].
    Layers are called as layer(x, rotation, cache); caches are state.py's."""

    def __init__(self, config: HybridConfig, layers: Iterable[nn.Module], norm: NormLayer) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(layers)
        self.norm = norm
        self.lm_head = (
            None if config.tie_word_embeddings else Linear(config.hidden_size, config.vocab_size)
        )

    def rotation(self, positions: Tensor, factor: float = 1.0) -> tuple[Tensor, Tensor]:
        """cos and sin of the rotary embedding at `positions` [seq]: two tensors [seq,
        rotary_dim].
        """
        frequencies, scale = self.config.rotary_frequencies(factor)
        dtype = torch.float64 if self.embed_tokens.weight.dtype == torch.float64 else torch.float32
        return rope.rotation_table(positions, frequencies.to(positions.device), scale, dtype)

    def forward(
        self,
        ids: Tensor,
        caches: Sequence[Cache] | None = None,
        *,
        position: int = 0,
        factor: float = 1.0,
        hooks: Mapping[int, Callable[[Tensor], None]] | None = None,
        layers: int | None = None,
    ) -> Tensor:
        """Runs ids [batch, seq]; each of `hooks`, by a layer's number, is called with that layer's
        output.

        With `layers`, only so many of the first run, without the last norm.
        """
        hidden: Tensor = self.embed_tokens(ids)
        # On the CPU, in float64, which not every accelerator has.
        cos, sin = self.rotation(torch.arange(position, position + ids.shape[1]), factor)
        rotation = cos.to(ids.device), sin.to(ids.device)
        for number, layer in enumerate(self.layers[:layers]):
            hidden = layer(hidden, rotation, None if caches is None else caches[number])
            if hooks and number in hooks:
                hooks[number](hidden)
        return hidden if layers is not None else self.norm(hidden)

    def logits(self, hidden: Tensor) -> Tensor:
        """[.., hidden] -> [.., vocab] through the tied or separate head."""
        head = self.embed_tokens if not self.lm_head else self.lm_head
        if head.packed is not None:
            return product(hidden, head.packed)
        return functional.linear(hidden, head.weight.to(hidden.dtype))

    def attach_packed(self, matrices: Mapping[str, StoredMatrix]) -> None:
        """Uses packed matrices, by the names of their tensors, instead of those tensors."""
        for name, matrix in matrices.items():
            module = self.get_submodule(name.removesuffix(".weight"))
            assert isinstance(module, Linear | Embedding)
            module.packed = matrix

    def packed_matrices(self) -> dict[str, StoredMatrix]:
        modules = ((name, getattr(module, "packed", None)) for name, module in self.named_modules())
        return {f"{name}.weight": matrix for name, matrix in modules if matrix is not None}

    def expert_modules(self) -> dict[str, Experts]:
        return {
            name: module for name, module in self.named_modules() if isinstance(module, Experts)
        }
