"""The network of a checkpoint folder with its weights: dense, packed, or with experts on disk."""

from pathlib import Path

import torch

from docqa.model.checkpoints.checkpoint import load_tensors, opened_checkpoint, packed_matrices
from docqa.model.checkpoints.experts import EXPERT_PARTS, banks_for
from docqa.model.config import HybridConfig
from docqa.model.hybrid import Hybrid
from docqa.model.network import Network
from docqa.model.transformer import Transformer


def build_network(config: HybridConfig, layers: int | None = None) -> Network:
    """The network of `config` without weights, or its first `layers` layers."""
    found: Network = (config.family.network or (Hybrid if config.family.recurrent else Transformer))(config, layers)
    return found


def tensor_shapes(config: HybridConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of a network."""
    with torch.device("meta"):
        network = build_network(config)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def load_network(
    folder: Path, config: HybridConfig, dtype: torch.dtype, layers: int | None = None, known: Network | None = None, *,
    packed: bool = False, expert_bytes: int | None = None,
) -> Network:  # fmt: skip
    """The network of a folder with its weights, without a tokenizer; matrices in `dtype`.

    With `layers`, only the embedding and the first layers. The tensors of `known`, the lower part of the same
    checkpoint, are shared. With `packed`, quantized matrices stay so, memory-mapped, and round activations to 8 bits.
    With `expert_bytes`, experts stay on disk, read into a pool of so many bytes.
    """
    with torch.device("meta"):
        network = build_network(config, layers)
    banks = banks_for(network, folder, dtype, known, budget=expert_bytes, packed=packed)
    aside = {f"{name}.{part}" for name in banks for part in EXPERT_PARTS}
    wanted = {name: tuple(part.shape) for name, part in network.state_dict().items()}
    have = {n: t for n, t in known.state_dict().items() if n in wanted} if known is not None else {}
    shared = {n: m for n, m in known.packed_matrices().items() if n in wanted} if known is not None else {}
    expected = {name: shape for name, shape in wanted.items() if name not in have and name not in aside}
    with opened_checkpoint(folder) as checkpoint:
        matrices = packed_matrices(checkpoint, expected, config) if packed else {}
        dense = {name: shape for name, shape in expected.items() if name not in matrices}
        elsewhere = {*have, *matrices, *aside}
        loaded = load_tensors(checkpoint, dense, dtype, config=config, partial=layers is not None, known=elsewhere)
    # Tensors with a packed matrix or a bank keep no content; load_tensors has seen that all others are there.
    network.load_state_dict(have | loaded, assign=True, strict=not (matrices or banks))
    network.attach_packed(matrices | shared)
    experts = network.experts()
    for name, bank in banks.items():
        experts[name].bank = bank
    return network.requires_grad_(False).eval()
