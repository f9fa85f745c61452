"""The MTP module of a checkpoint folder."""

from __future__ import annotations

from pathlib import Path

import torch

from docqa.model.checkpoints.checkpoint import load_tensors, opened_checkpoint
from docqa.model.checkpoints.layout import recipe_for
from docqa.model.config import HybridConfig
from docqa.model.mtp import PREFIX, Mtp, mtp_shapes


def has_mtp(folder: Path) -> bool:
    """Whether a checkpoint holds the module. Its tensors decide: a config may name one that was left out."""
    with opened_checkpoint(folder) as checkpoint:
        return f"{PREFIX}fc.weight" in checkpoint.names


def load_mtp(folder: Path, config: HybridConfig, dtype: torch.dtype) -> Mtp | None:
    """The module of a checkpoint folder, matrices in `dtype`; None where it has none that docqa builds.

    Not built: more than one layer, and embeddings or a head of its own. Without a module the same is generated, slower.

    Raises:
        WeightsMissing, WeightsMismatch: it has a part of one.
    """
    if not has_mtp(folder):
        return None
    shapes = mtp_shapes(config)
    with opened_checkpoint(folder) as checkpoint:
        recipes = [recipe_for(name, shape, config, checkpoint.names) for name, shape in shapes.items()]
        read = {source for recipe in recipes for source, _ in recipe.sources}
        if any(name.startswith(PREFIX) and name not in read for name in checkpoint.names):
            return None
    with torch.device("meta"):
        module = Mtp(config)
    tensors = load_tensors(folder, shapes, dtype, config=config, partial=True)
    module.load_state_dict({name.removeprefix(PREFIX): part for name, part in tensors.items()}, assign=True)
    return module.requires_grad_(False).eval()
