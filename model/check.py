"""`docqa models check`: docqa's logits against those of transformers, on any checkpoint folder, in float32.

For a group-quantized folder transformers gets the exact dequantization. The yardstick beside the difference is how far
transformers itself is from its own float64.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from docqa.model.config import HybridConfig
from docqa.model.load import load_network
from docqa.model.quantize import CONFIG_KEY

LENGTHS = (1, 63, 64, 65, 1000)
SEED = 20251


def check(folder: Path, lengths: Sequence[int] = LENGTHS) -> dict[str, Any]:
    """Compare logits at every position of seeded random ids; needs no tokenizer.

    Returns:
        max_abs_diff: docqa's float32 against transformers' float32.
        transformers_fp32_vs_fp64: the yardstick.
        argmax_equal: at every position where transformers' float64 decides, which is where its two best logits lie
            further apart than twice its own float32 error there.
        argmax_differs_at, argmax_undecided_at: how many positions differ, decided or not, and how many are undecided.
        lengths, by_length: the same two differences for each length.

    Raises:
        The errors of loading a folder.
    """
    torch.set_flush_denormal(True)
    config = HybridConfig.from_folder(folder)
    ours = load_network(folder, config, torch.float32)
    theirs = transformers_model(folder, config, dict(ours.state_dict()))
    rows = []
    for length in lengths:
        source = torch.Generator().manual_seed(SEED + length)
        ids = torch.randint(0, config.vocab_size, (1, length), generator=source)
        with torch.inference_mode():
            rows.append((ours.logits(ours(ids, factor=config.static_factor)), theirs(ids).logits, ids))
    theirs = theirs.double()
    with torch.inference_mode(), _float64_inside():
        exact = [theirs(ids).logits for _, _, ids in rows]
    return _summary(rows, exact, lengths)


def transformers_model(folder: Path, config: HybridConfig, tensors: dict[str, Tensor]) -> Any:
    """transformers' own model of the folder's config.json with the tensors given, float32, eager attention."""
    from transformers import Qwen3_5ForCausalLM, Qwen3_5TextConfig

    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    raw = {**raw, **(raw.get("text_config") or {})}
    for key in (CONFIG_KEY, "text_config", "vision_config", "model_type", "architectures", "dtype", "torch_dtype"):
        raw.pop(key, None)
    raw["rope_parameters"] = {"rope_type": "default", **config.rope_parameters}
    raw["layer_types"] = list(config.layer_types)
    raw["tie_word_embeddings"] = config.tie_word_embeddings
    settings = Qwen3_5TextConfig(**raw, attn_implementation="eager")
    model = Qwen3_5ForCausalLM(settings).float().eval()
    named = {name if name.startswith("lm_head") else f"model.{name}": tensor for name, tensor in tensors.items()}
    missing, unexpected = model.load_state_dict(named, strict=False)
    if unexpected or [name for name in missing if name != "lm_head.weight"]:
        raise RuntimeError(f"transformers names tensors differently: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


class _float64_inside:
    """While entered, transformers' modelling code computes in float64 where it hard-codes float32."""

    def __enter__(self) -> None:
        from transformers.models.qwen3_5 import modeling_qwen3_5

        self._module, self._float, self._torch = modeling_qwen3_5, Tensor.float, modeling_qwen3_5.torch
        Tensor.float = Tensor.double  # type: ignore[method-assign, assignment]
        self._module.torch = _Widened(self._torch)  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        Tensor.float = self._float  # type: ignore[method-assign]
        self._module.torch = self._torch


class _Widened:
    """The torch module with float32 and float meaning float64."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return torch.float64 if name in ("float32", "float") else getattr(self._module, name)


def _summary(rows: list[tuple[Tensor, Tensor, Tensor]], exact: list[Tensor], lengths: Sequence[int]) -> dict[str, Any]:
    by_length: dict[str, dict[str, float]] = {}
    wrong = differing = undecided = 0
    for length, (ours, theirs, _), truth in zip(lengths, rows, exact, strict=True):
        noise = (theirs.double() - truth).abs().amax(-1)
        by_length[str(length)] = {
            "max_abs_diff": float((ours - theirs).abs().max()),
            "transformers_fp32_vs_fp64": float(noise.max()),
        }
        best = truth.topk(2).values
        decided = best[..., 0] - best[..., 1] > 2 * noise  # nearer than that, float32 itself cannot tell the two apart
        differs = ours.argmax(-1) != theirs.argmax(-1)
        wrong += int((differs & decided).sum())
        differing += int(differs.sum())
        undecided += int((~decided).sum())
    return {
        "max_abs_diff": max(row["max_abs_diff"] for row in by_length.values()),
        "transformers_fp32_vs_fp64": max(row["transformers_fp32_vs_fp64"] for row in by_length.values()),
        "argmax_equal": wrong == 0,
        "argmax_differs_at": differing,
        "argmax_undecided_at": undecided,
        "lengths": list(lengths),
        "by_length": by_length,
    }
