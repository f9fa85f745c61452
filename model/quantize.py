"""Group quantization: matrices in 4 bits, the embedding in 8, with a scale and a zero for every group of 64 inputs.

A matrix NAME [rows, columns] is stored as NAME.q (uint8 [rows, columns / 2], two values a byte, the low half first;
int8 [rows, columns] for 8 bits), NAME.scale and NAME.zero (fp16 [rows, columns / 64]); its value is
(q - zero) * scale, in float32. Norms, convolutions, decays and the two small gate projections of a delta net are kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from docqa.model.errors import WeightsMismatch
from docqa.model.weights import HEAD_FILES

GROUP = 64
CONFIG_KEY = "docqa_quantization"
FILE_LIMIT = 45_000_000  # bytes; some hosts refuse larger files
KEPT = (".in_proj_a.weight", ".in_proj_b.weight", "conv1d.weight")
SHRINK = (1.0, 0.95, 0.9, 0.85, 0.8)  # ranges tried for a group of 4-bit values; the one with the least error stays
COPIED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "calibration.json",
    *HEAD_FILES,
    "LICENSE",
    "README.md",
)


def is_quantized(name: str, tensor: Tensor) -> bool:
    """Whether `quantize` packs this tensor: matrices whose rows split into whole groups."""
    return tensor.ndim == 2 and tensor.shape[1] % GROUP == 0 and not name.endswith(KEPT)


def dequantize(quantized: Tensor, scale: Tensor, zero: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The matrix [rows, columns] behind `quantized`: (q - zero) * scale in float32, then in `dtype`."""
    rows, groups = scale.shape
    if quantized.dtype == torch.uint8:
        wide = torch.empty(rows, quantized.shape[1], 2)
        wide[..., 0] = quantized & 15
        wide[..., 1] = quantized >> 4
    else:
        wide = quantized.float()
    wide = wide.view(rows, groups, -1)
    wide.sub_(zero.float()[..., None]).mul_(scale.float()[..., None])
    return wide.view(rows, -1).to(dtype)


def quantize_matrix(weight: Tensor, bits: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pack weight [rows, columns] into (q, scale, zero) as stored; `bits` is 4 or 8."""
    rows = weight.shape[0]
    groups = weight.float().view(rows, -1, GROUP)
    lowest = 0 if bits == 4 else -128
    best_error = torch.full(groups.shape[:2], float("inf"))
    best = [torch.zeros_like(groups), torch.zeros(groups.shape[:2]), torch.zeros(groups.shape[:2])]
    for shrink in SHRINK if bits == 4 else (1.0,):
        low, high = groups.amin(-1) * shrink, groups.amax(-1) * shrink
        scale = ((high - low) / (2**bits - 1)).clamp(min=1e-6).half().float()
        zero = (lowest - low / scale).half().float()
        q = (groups / scale[..., None] + zero[..., None]).round().clamp(lowest, lowest + 2**bits - 1)
        error = ((q - zero[..., None]) * scale[..., None] - groups).square().sum(-1)
        better = error < best_error
        best_error = torch.where(better, error, best_error)
        now = (better[..., None], q), (better, scale), (better, zero)
        best = [torch.where(where, new, old) for (where, new), old in zip(now, best, strict=True)]
    values, scale, zero = best
    flat = values.view(rows, -1)
    if bits == 8:
        return flat.to(torch.int8), scale.half(), zero.half()
    pairs = flat.to(torch.uint8).view(rows, -1, 2)
    return pairs[..., 0] | (pairs[..., 1] << 4), scale.half(), zero.half()


def quantize(source: Path, target: Path) -> dict[str, Any]:
    """Write the checkpoint folder `source` quantized into `target`; files of at most 45 MB and an index.

    Returns:
        {"bytes": size of the weights, "tensors": stored tensors, "files": names of the files}.

    Raises:
        ModelError trees of reading a folder; WeightsMismatch when `source` is quantized already.
    """
    from docqa.model.weights import _Files, find_tensors

    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    if CONFIG_KEY in config:
        raise WeightsMismatch(f"{source} is quantized already; quantize the checkpoint that it was made from")
    target.mkdir(parents=True, exist_ok=True)
    stored: dict[str, Tensor] = {}
    with _Files() as files:
        for name, entry in sorted(find_tensors(source).items()):
            tensor = files.read(entry)
            name = name if name.startswith(("lm_head", "mtp.")) else f"model.{name}"
            if not is_quantized(name, tensor):
                stored[name] = tensor.float().contiguous()
                continue
            bits = 8 if "embed_tokens" in name or name == "lm_head.weight" else 4
            parts = zip((".q", ".scale", ".zero"), quantize_matrix(tensor, bits), strict=True)
            stored.update((name + suffix, part.contiguous()) for suffix, part in parts)
    names = _write_files(stored, target)
    config[CONFIG_KEY] = {"group_size": GROUP, "bits": 4, "embedding_bits": 8}
    (target / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for name in COPIED:
        if (source / name).is_file():
            (target / name).write_bytes((source / name).read_bytes())
    return {"bytes": sum(t.nbytes for t in stored.values()), "tensors": len(stored), "files": names}


def _write_files(stored: dict[str, Tensor], target: Path) -> list[str]:
    """Write tensors into as few files under the limit as their order allows, and the index that names them."""
    from safetensors.torch import save_file

    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, tensor in stored.items():
        if size and size + tensor.nbytes > FILE_LIMIT - 1_000_000:  # room for the file's own header
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    for old in target.glob("model-*.safetensors"):
        old.unlink()
    names = [f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors" for i in range(len(shards))]
    where: dict[str, str] = {}
    for name, shard in zip(names, shards, strict=True):
        save_file(shard, target / name, metadata={"format": "pt"})
        where.update(dict.fromkeys(shard, name))
    total = {"total_size": sum(t.nbytes for t in stored.values())}
    index = json.dumps({"metadata": total, "weight_map": where}, indent=1, sort_keys=True)
    (target / "model.safetensors.index.json").write_text(index + "\n", encoding="utf-8")
    return names
