"""The experts of a sparse checkpoint in the bits of its file, where products take these."""

import torch

from docqa.kernels.gguf_matmul import BlockMatrix
from docqa.kernels.matmul import GROUP
from docqa.kernels.moe import PackedExperts, Pair
from docqa.model.config import HybridConfig
from docqa.model.network import Network

from .checkpoint import Checkpoint, matrix_from_stored_parts
from .formats import BLOCKS, GROUPED
from .gguf.checkpoint import GgufCheckpoint, has_experts_in_blocks
from .layout import expert_names

EXPERT_PARTS = ("gate_up_proj", "down_proj")


def load_packed_experts(
    checkpoint: Checkpoint | GgufCheckpoint, network: Network
) -> dict[str, PackedExperts]:
    """The experts of a network, by the names of their modules; none where they are stored in bits
    that no product takes. Raises WeightsMissing, WeightsMismatch."""
    layers = list(network.expert_modules())
    config = network.config
    if not layers or not _are_stored_as_used(checkpoint, config, layers[0]):
        return {}
    hidden = config.hidden_size
    inner = config.moe_intermediate_size
    return {
        experts: PackedExperts(
            [
                _expert_matrices(checkpoint, expert_names(experts, number), hidden, inner)
                for number in range(config.num_experts)
            ]
        )
        for experts in layers
    }


def _are_stored_as_used(
    checkpoint: Checkpoint | GgufCheckpoint, config: HybridConfig, experts: str
) -> bool:
    """Whether experts are stored as products take them: in docqa's formats, or in GGUF blocks."""
    if isinstance(checkpoint, GgufCheckpoint):
        return has_experts_in_blocks(checkpoint.file)
    whole = config.hidden_size % GROUP == 0 and config.moe_intermediate_size % GROUP == 0
    return whole and checkpoint.names.get(expert_names(experts, 0)[2]) in (GROUPED, BLOCKS)


def _expert_matrices(
    checkpoint: Checkpoint | GgufCheckpoint, names: tuple[str, str, str], hidden: int, inner: int
) -> Pair:
    """One expert's gate above up [2 * inner, hidden], copied, and down [hidden, inner]."""
    gate, up, down = names
    if isinstance(checkpoint, GgufCheckpoint):
        upper = checkpoint.expert_blocks(gate, (inner, hidden))
        lower = checkpoint.expert_blocks(up, (inner, hidden))
        both = BlockMatrix(torch.cat([upper.data, lower.data]), upper.block)
        return both, checkpoint.expert_blocks(down, (hidden, inner))
    above, below = checkpoint.raw_parts(gate), checkpoint.raw_parts(up)
    stacked = {part: torch.cat([above[part], below[part]]) for part in above}
    with checkpoint.name_tensor_in_errors(gate):
        return (
            matrix_from_stored_parts(checkpoint.names[gate], stacked, (2 * inner, hidden)),
            matrix_from_stored_parts(
                checkpoint.names[down], checkpoint.raw_parts(down), (hidden, inner)
            ),
        )
