"""`quantization_config` of a config.json: the published ways of quantizing that are understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docqa.model.config import flatten_config, load_config
from docqa.model.errors import ConfigUnsupported

COMPRESSED = ("pack-quantized", "float-quantized", "naive-quantized")
PACKED_BITS = (4, 8)


@dataclass(frozen=True)
class Quantization:
    """What the parts of a quantized tensor do not say themselves.

    `bits` and `group`: of whole numbers, None where modules may differ or nothing is said; `group`
    -1: one a row. `zero_offset`: what GPTQ subtracts from zeros before it stores them. `block`:
    rows and columns of an FP8 block.
    """

    method: str | None = None
    bits: int | None = None
    group: int | None = None
    zero_offset: int = 0
    block: tuple[int, int] = (128, 128)

    @classmethod
    def from_folder(cls, folder: Path) -> "Quantization":
        """From `folder`/config.json; plain where it says nothing, or is not there. Raises
        ConfigUnsupported.
        """
        path = folder / "config.json"
        if not path.is_file():
            return cls()
        raw: Any = flatten_config(load_config(folder)).get("quantization_config")
        if not raw:
            return cls()
        try:
            return _READERS[raw["quant_method"]](raw)
        except KeyError as error:
            raise ConfigUnsupported(
                f"{path}: quantization_config has quant_method {raw.get('quant_method')!r}; docqa reads "
                f"{', '.join(_READERS)}, and plain bf16, fp16 and fp32"
            ) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigUnsupported(f"{path}: quantization_config: {error}") from error


def _parse_fp8(raw: Mapping[str, Any]) -> Quantization:
    rows, columns = raw.get("weight_block_size") or (128, 128)
    if not (isinstance(rows, int) and isinstance(columns, int) and rows > 0 and columns > 0):
        raise ValueError(f"weight_block_size = {[rows, columns]!r} is not a size")
    if raw.get("fmt", "e4m3") != "e4m3":
        raise ValueError(f"fmt = {raw['fmt']!r} is not supported; expected 'e4m3'")
    return Quantization("fp8", block=(rows, columns))


def _parse_awq(raw: Mapping[str, Any]) -> Quantization:
    bits = raw.get("bits", raw.get("w_bit", 4))
    if bits != 4:
        raise ValueError(f"bits = {bits!r} is not supported for awq; expected 4")
    if str(raw.get("version", "gemm")).lower() != "gemm":
        raise ValueError(f"version = {raw['version']!r} is not supported for awq; expected 'gemm'")
    return Quantization("awq", 4, raw.get("group_size", raw.get("q_group_size", 128)))


def _parse_gptq(raw: Mapping[str, Any]) -> Quantization:
    bits = raw.get("bits", 4)
    form = raw.get("checkpoint_format", "gptq")
    if bits not in PACKED_BITS:
        raise ValueError(f"bits = {bits!r} is not supported for gptq; expected 4 or 8")
    if form not in ("gptq", "gptq_v2"):
        raise ValueError(
            f"checkpoint_format = {form!r} is not supported for gptq; expected 'gptq' or 'gptq_v2'"
        )
    offset = 1 if form == "gptq" else 0
    if raw.get("dynamic"):  # modules may have bits and groups of their own, which their parts show
        return Quantization("gptq", zero_offset=offset)
    return Quantization("gptq", bits, raw.get("group_size", 128), offset)


def _parse_compressed_tensors(raw: Mapping[str, Any]) -> Quantization:
    if raw.get("format") not in COMPRESSED:
        raise ValueError(
            f"format = {raw.get('format')!r} of compressed-tensors is not supported; known: {', '.join(COMPRESSED)}"
        )
    block = (128, 128)
    for name, group in (raw.get("config_groups") or {}).items():
        weights = group.get("weights") or {}
        if raw["format"] == "pack-quantized" and weights.get("num_bits", 4) not in PACKED_BITS:
            raise ValueError(
                f"{name}: num_bits = {weights['num_bits']!r} is not supported; expected 4 or 8"
            )
        if weights.get("block_structure"):
            rows, columns = weights["block_structure"]
            block = (int(rows), int(columns))
    return Quantization("compressed-tensors", block=block)


_READERS = {
    "fp8": _parse_fp8,
    "awq": _parse_awq,
    "gptq": _parse_gptq,
    "compressed-tensors": _parse_compressed_tensors,
}
