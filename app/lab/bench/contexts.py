"""Contexts that nobody has read: random keys and values cost an attention layer the same as real
ones.
"""

import torch
from torch import Tensor

from docqa.kernels.attention import KVBlock
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.load import NetworkModel
from docqa.model.state.kv_cache import AttentionMemory, quantize_block
from docqa.model.state.long_attention import LongAttention
from docqa.model.state.state import State

BLOCK = 2_048  # tokens
POOL = 4  # different blocks
EXACT = LongAttention(exact=1 << 40)  # over all keys: no context leaves that range


def random_memory(
    heads: int, dim: int, count: int, long: LongAttention, seed: int = 1, *, half_keys: bool = False
) -> AttentionMemory:
    """What attention with `heads` key heads of `dim` remembers of `count` tokens: scaled copies of
    a few blocks, in memory as real ones, with other bounds."""
    source = torch.Generator().manual_seed(seed)

    def drawn() -> Tensor:
        return torch.randn(BLOCK, heads, dim, generator=source)

    different = range(min(POOL, count // BLOCK))
    pool = [quantize_block(drawn(), drawn(), long.block, half_keys=half_keys) for _ in different]

    def copy(block: KVBlock, factor: float) -> KVBlock:
        assert block.v_scale is not None and block.bounds is not None
        k = block.k.clone() if block.k_scale is not None else block.k * factor
        k_scale = None if block.k_scale is None else block.k_scale * factor
        return KVBlock(k, block.v.clone(), k_scale, block.v_scale.clone(), block.bounds * factor)

    memory = AttentionMemory(BLOCK, long, half_keys=half_keys)
    factors = (0.7 + 0.6 * torch.rand(count // BLOCK, generator=source)).tolist()
    memory.quantized = tuple(
        copy(pool[number % len(pool)], factor) for number, factor in enumerate(factors)
    )
    return memory


def random_context(model: NetworkModel, count: int) -> State:
    """A state of all layers after `count` tokens, whole blocks; delta memories are of a few
    tokens.
    """
    state = model.new_state(yarn_factor_for(model.config, min(count + 1_024, 1 << 20)))
    model.prefill(list(range(1, 65)), state)
    config = model.config
    heads = config.num_key_value_heads
    dim = config.head_dim
    state.layers = tuple(
        random_memory(heads, dim, count, state.long, seed, half_keys=config.half_keys)
        if isinstance(layer, AttentionMemory)
        else layer
        for seed, layer in enumerate(state.layers)
    )
    state.position = count
    return state
