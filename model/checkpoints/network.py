"""The network of a checkpoint folder with its weights: dense or packed; and its MTP module."""

from pathlib import Path

import torch
from torch import Tensor

from docqa.kernels.matmul import StoredMatrix
from docqa.model.config import HybridConfig
from docqa.model.hybrid import Hybrid
from docqa.model.mtp import PREFIX, Mtp, mtp_shapes
from docqa.model.network import Network
from docqa.model.transformer import Transformer

from .checkpoint import load_tensors, open_checkpoint, packed_matrices
from .experts import EXPERT_PARTS, load_packed_experts
from .layout import recipe_for


def build_network(config: HybridConfig, layers: int | None = None) -> Network:
    """The network of `config` without weights, or its first `layers` layers."""
    found: Network = (
        config.family.network or (Hybrid if config.family.recurrent else Transformer)
    )(config, layers)
    return found


def tensor_shapes(folder: Path, config: HybridConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of a checkpoint's network, and of its MTP module if any."""
    with torch.device("meta"):
        network = build_network(config)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    return shapes | (mtp_shapes(config) if has_mtp(folder) else {})


def load_network(
    folder: Path,
    config: HybridConfig,
    dtype: torch.dtype,
    layers: int | None = None,
    known: Network | None = None,
    *,
    packed: bool = False,
) -> Network:
    """The network of a folder with its weights, without a tokenizer; matrices in `dtype`.

    With `layers`, only the embedding and the first layers. The tensors of `known`, the lower part
    of the same checkpoint, are shared. With `packed`, quantized matrices stay so, memory-mapped,
    and round activations to 8 bits.
    """
    with torch.device("meta"):
        network = build_network(config, layers)
    wanted = {name: tuple(part.shape) for name, part in network.state_dict().items()}
    have: dict[str, Tensor] = {}
    shared: dict[str, StoredMatrix] = {}
    if known:
        have = {name: tensor for name, tensor in known.state_dict().items() if name in wanted}
        shared = {name: m for name, m in known.packed_matrices().items() if name in wanted}
    with open_checkpoint(folder) as checkpoint:
        banks = load_packed_experts(checkpoint, network) if packed else {}
        aside = {f"{name}.{part}" for name in banks for part in EXPERT_PARTS}
        expected = {
            name: shape for name, shape in wanted.items() if name not in have and name not in aside
        }
        matrices = packed_matrices(checkpoint, expected, config) if packed else {}
        dense = {name: shape for name, shape in expected.items() if name not in matrices}
        elsewhere = {*have, *matrices, *aside}
        loaded = load_tensors(
            checkpoint, dense, dtype, config=config, partial=layers is not None, known=elsewhere
        )
    # Tensors with a packed matrix or a bank keep no content; load_tensors has seen that all others
    # are there.
    network.load_state_dict(have | loaded, assign=True, strict=not (matrices or banks))
    network.attach_packed(matrices | shared)
    experts = network.expert_modules()
    for name, bank in banks.items():
        experts[name].bank = bank
    return network.requires_grad_(False).eval()


def has_mtp(folder: Path) -> bool:
    """Whether a checkpoint holds a known module, by its tensors: a config may name one that is left
    out.
    """
    with open_checkpoint(folder) as checkpoint:
        return f"{PREFIX}fc.weight" in checkpoint.names


def load_mtp(folder: Path, config: HybridConfig, dtype: torch.dtype) -> Mtp | None:
    """The module of a checkpoint folder, matrices in `dtype`; None where it has none, or one of
    several layers or with its own embeddings or head, which is not built. Raises WeightsMissing,
    WeightsMismatch: it has a part of one."""
    if not has_mtp(folder):
        return None
    shapes = mtp_shapes(config)
    with open_checkpoint(folder) as checkpoint:
        recipes = [
            recipe_for(name, shape, config, checkpoint.names) for name, shape in shapes.items()
        ]
        read = {source for recipe in recipes for source, _ in recipe.sources}
        if any(name.startswith(PREFIX) and name not in read for name in checkpoint.names):
            return None
        tensors = load_tensors(checkpoint, shapes, dtype, config=config, partial=True)
    with torch.device("meta"):
        module = Mtp(config)
    module.load_state_dict(
        {name.removeprefix(PREFIX): part for name, part in tensors.items()}, assign=True
    )
    return module.requires_grad_(False).eval()
