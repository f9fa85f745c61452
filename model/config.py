"""Configuration of the dense hybrid, fields spelled as in a `qwen3_5_text` checkpoint's config.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.model.errors import ConfigUnsupported, ModelNotFound

if TYPE_CHECKING:
    from torch import Tensor

LONGEST_CONTEXT = 1_048_576
KNOWN_TYPES = ("qwen3_5", "qwen3_5_text")
LINEAR, FULL = "linear_attention", "full_attention"


@dataclass(frozen=True)
class HybridConfig:
    """Sizes of one model; `layer_types` alone decides which mixer a layer has."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    linear_num_key_heads: int
    linear_num_value_heads: int
    linear_key_head_dim: int
    linear_value_head_dim: int
    layer_types: tuple[str, ...]
    linear_conv_kernel_dim: int = 4
    rms_norm_eps: float = 1e-6
    max_position_embeddings: int = 262_144
    tie_word_embeddings: bool = False
    rope_parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.layer_types) != self.num_hidden_layers or not set(self.layer_types) <= {LINEAR, FULL}:
            raise ConfigUnsupported(
                f"layer_types must name {self.num_hidden_layers} layers, {LINEAR} or {FULL}; got {self.layer_types}"
            )
        pairs = ("num_attention_heads", "num_key_value_heads"), ("linear_num_value_heads", "linear_num_key_heads")
        for many, few in pairs:
            heads, groups = getattr(self, many), getattr(self, few)
            if groups < 1 or heads % groups:
                raise ConfigUnsupported(f"{many} = {heads} is no multiple of {few} = {groups}")

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> HybridConfig:
        """Read a config.json's content; keys that say nothing about the architecture are left alone.

        Raises:
            ConfigUnsupported: a field is missing, or names an option that this runtime does not have.
        """
        outer, raw = raw, {**raw, **(raw.get("text_config") or {})}
        _refuse_unknown_options(outer.get("model_type", "qwen3_5_text"), raw)
        if "tie_word_embeddings" in outer:
            raw["tie_word_embeddings"] = outer["tie_word_embeddings"]
        known = {f.name: raw[f.name] for f in fields(cls) if raw.get(f.name) is not None}
        if "layer_types" not in known:
            interval = raw.get("full_attention_interval", 4)
            known["layer_types"] = [LINEAR if (i + 1) % interval else FULL for i in range(raw["num_hidden_layers"])]
        known["layer_types"] = tuple(known["layer_types"])
        known["rope_parameters"] = _rope_parameters(raw)
        try:
            return cls(**known)
        except TypeError as error:
            raise ConfigUnsupported(f"config.json lacks a field of the architecture ({error})") from error

    @classmethod
    def from_folder(cls, folder: Path) -> HybridConfig:
        """Read `folder`/config.json.

        Raises:
            ModelNotFound: no such file. ConfigUnsupported: not JSON, or not this architecture.
        """
        path = folder / "config.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelNotFound(f"{path} is missing; {folder} is no model folder, see `docqa models list`") from error
        except ValueError as error:
            raise ConfigUnsupported(f"{path} is not JSON ({error}); get the model folder again") from error
        return cls.from_dict(raw)

    def first_layers(self, count: int) -> HybridConfig:
        """The same model cut off after its first `count` layers: what reading only those costs and keeps."""
        return replace(self, num_hidden_layers=count, layer_types=self.layer_types[:count])

    @property
    def rotary_dim(self) -> int:
        """How many dims of an attention head rotate; the rest carry no position."""
        return int(self.head_dim * self.rope_parameters.get("partial_rotary_factor", 0.25))

    @property
    def native_context(self) -> int:
        """Tokens that the model was trained to see at once, before any stretching."""
        return int(self.rope_parameters.get("original_max_position_embeddings") or self.max_position_embeddings)

    @property
    def static_factor(self) -> float:
        """YaRN factor that the checkpoint itself sets, 1 where it sets none."""
        if self.rope_parameters.get("rope_type") != "yarn":
            return 1.0
        return float(self.rope_parameters.get("factor") or self.max_position_embeddings / self.native_context)

    def rotary_frequencies(self, factor: float = 1.0) -> tuple[Tensor, float]:
        """Frequencies [rotary_dim / 2] in float64 and the scale of cos and sin, under YaRN `factor` (1: plain)."""
        from docqa.kernels.rope import YarnOptions, frequencies

        rope = self.rope_parameters
        names = [f.name for f in fields(YarnOptions)]
        options = YarnOptions(**{name: rope[name] for name in names if rope.get(name) is not None})
        theta = float(rope.get("rope_theta", 10_000_000.0))
        return frequencies(self.rotary_dim, theta, factor=factor, native=self.native_context, options=options)


def _rope_parameters(raw: dict[str, Any]) -> dict[str, Any]:
    """The rotary settings in one dict, wherever the release put them."""
    rope = dict(raw.get("rope_scaling") or {}) | dict(raw.get("rope_parameters") or {})
    if "type" in rope:
        rope.setdefault("rope_type", rope.pop("type"))
    for name in ("rope_theta", "partial_rotary_factor"):
        if raw.get(name) is not None:
            rope.setdefault(name, raw[name])
    kind = rope.get("rope_type", "default")
    if kind not in ("default", "yarn"):
        raise ConfigUnsupported(f"rope_type '{kind}' is not supported; docqa knows default and yarn")
    return rope


def _refuse_unknown_options(model_type: str, raw: dict[str, Any]) -> None:
    """Refuse what would otherwise be computed wrongly without a word."""
    if model_type not in KNOWN_TYPES:
        raise ConfigUnsupported(f"model_type '{model_type}' is not supported; docqa runs {', '.join(KNOWN_TYPES)}")
    allowed = {
        "hidden_act": ("silu", "swish"),
        "attention_bias": (False,),
        "output_gate_type": ("swish", "silu"),
        "attn_output_gate": (True,),
        "mamba_ssm_dtype": ("float32",),
    }
    for name, values in allowed.items():
        if raw.get(name) is not None and raw[name] not in values:
            raise ConfigUnsupported(f"config.json: {name} = {raw[name]!r} is not supported; expected {values[0]!r}")
