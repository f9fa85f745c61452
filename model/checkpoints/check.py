"""`docqa models check`: docqa's logits against those of transformers, on any checkpoint folder, in
float32.

Quantized ones are dequantized exactly for transformers, whose distance from its own float64 is the
yardstick.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from docqa.model.config import HybridConfig

from .checkpoint import open_checkpoint
from .layout import recipe_for, text_config
from .network import load_network

LENGTHS = (1, 63, 64, 65, 1000)
SEED = 20251


def compare_with_transformers(folder: Path, lengths: Sequence[int] = LENGTHS) -> dict[str, Any]:
    """Compares logits at every position of seeded random ids; needs no tokenizer. Raises as loading
    a folder.

    max_abs_diff: docqa's float32 against transformers' float32. transformers_fp32_vs_fp64: the
    yardstick. Their medians over positions, too: where a gated norm meets an output near 0, either
    model's rounding grows a hundredfold, and the largest is a matter of luck. argmax_equal:
    wherever transformers' float64 decides: its two best logits are further apart than twice its own
    float32 error there. argmax_differs_at, argmax_undecided_at: how many positions differ, decided
    or not, and are undecided. by_length: the differences for each of `lengths`.
    """
    torch.set_flush_denormal(True)
    config = HybridConfig.from_folder(folder)
    ours = load_network(folder, config, torch.float32)
    theirs = transformers_model(folder, config)
    rows = []
    for length in lengths:
        source = torch.Generator().manual_seed(SEED + length)
        ids = torch.randint(0, config.vocab_size, (1, length), generator=source)
        with torch.inference_mode():
            rows.append(
                (
                    ours.logits(ours(ids, factor=config.checkpoint_yarn_factor)),
                    theirs(ids).logits,
                    ids,
                )
            )
    theirs = theirs.double()
    with torch.inference_mode(), _computing_in_float64(config):
        exact = [theirs(ids).logits for _, _, ids in rows]
    return _summarise_differences(rows, exact, lengths)


def transformers_model(folder: Path, config: HybridConfig) -> Any:
    """transformers' own model of a folder, float32, eager attention and experts, in the
    checkpoint's own layout, quantized tensors dequantized and experts that are apart stacked."""
    raw = text_config(folder, config)
    for key in ("model_type", "architectures", "dtype", "rope_theta", "partial_rotary_factor"):
        raw.pop(key, None)
    module = _modelling_module(config)
    stem = config.family.classes
    settings = getattr(import_module(str(module.__package__)), f"{stem}Config")(
        **raw, attn_implementation="eager"
    )
    settings._experts_implementation = "eager"
    with torch.device(
        "meta"
    ):  # every tensor is read; only what is computed from the configuration has to be made
        model = getattr(module, f"{stem.removesuffix('Text')}ForCausalLM")(settings).float().eval()
    tensors = _tensors_by_transformers_name(model, folder, config)
    model.load_state_dict(tensors, strict=False, assign=True)
    model.tie_weights()
    model.model.rotary_emb = type(model.model.rotary_emb)(settings)
    if config.rope_parameters.get(
        "frequency_factors"
    ):  # of a GGUF file; transformers has no name for them
        model.model.rotary_emb.inv_freq = config.rotary_frequencies()[0].float()
    return model


def _modelling_module(config: HybridConfig) -> ModuleType:
    name = config.family.file
    return import_module(f"transformers.models.{name}.modeling_{name}")


def _tensors_by_transformers_name(
    model: nn.Module, folder: Path, config: HybridConfig
) -> dict[str, Tensor]:
    """By the names of transformers' model, float32."""
    found = {}
    with open_checkpoint(folder) as checkpoint:
        for name, parameter in model.state_dict().items():
            plain = name.removeprefix("model.")
            shape = tuple(parameter.shape)
            if plain == "lm_head.weight" and config.tie_word_embeddings:
                continue
            recipe = recipe_for(plain, shape, config, checkpoint.names)
            found[name] = recipe.build(
                lambda source, form: checkpoint.tensor(source, form, torch.float32)
            ).contiguous()
    return found


@contextmanager
def _computing_in_float64(config: HybridConfig) -> Iterator[None]:
    """Meanwhile transformers computes in float64 where it hard-codes float32."""
    module = _modelling_module(config)
    with (
        patch.object(Tensor, "float", Tensor.double),
        patch.object(module, "torch", _TorchWithFloat64()),
    ):
        yield


class _TorchWithFloat64:
    """The torch module with float32 and float meaning float64."""

    def __getattr__(self, name: str) -> object:
        return torch.float64 if name in ("float32", "float") else getattr(torch, name)


def _summarise_differences(
    rows: list[tuple[Tensor, Tensor, Tensor]], exact: list[Tensor], lengths: Sequence[int]
) -> dict[str, Any]:
    apart = [(ours - theirs).abs().amax(-1).flatten() for ours, theirs, _ in rows]
    noise = [
        (row[1].double() - truth).abs().amax(-1).flatten()
        for row, truth in zip(rows, exact, strict=True)
    ]
    wrong = differing = undecided = 0
    for (ours, theirs, _), truth, near in zip(rows, exact, noise, strict=True):
        best = truth.flatten(0, 1).topk(2).values
        decided = (
            best[:, 0] - best[:, 1] > 2 * near
        )  # nearer than that, float32 itself cannot tell the two apart
        differs = (ours.argmax(-1) != theirs.argmax(-1)).flatten()
        wrong += int((differs & decided).sum())
        differing += int(differs.sum())
        undecided += int((~decided).sum())
    return {
        **_difference_statistics(torch.cat(apart), torch.cat(noise)),
        "argmax_equal": wrong == 0,
        "argmax_differs_at": differing,
        "argmax_undecided_at": undecided,
        "lengths": list(lengths),
        "by_length": {
            str(n): _difference_statistics(a, b)
            for n, a, b in zip(lengths, apart, noise, strict=True)
        },
    }


def _difference_statistics(apart: Tensor, noise: Tensor) -> dict[str, float]:
    return {
        "max_abs_diff": float(apart.max()),
        "transformers_fp32_vs_fp64": float(noise.max()),
        "median_abs_diff": float(apart.median()),
        "median_fp32_vs_fp64": float(noise.median()),
    }
