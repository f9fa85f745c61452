"""Configuration of a model, fields spelled as in a checkpoint's config.json.

A `text_config` in it, as beside an image half, counts alone. Hybrids have layers of delta nets and
of attention; transformers attention alone, and no fields `linear_*`. What one family leaves out,
refuses or means otherwise is in its file of `families`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ConfigUnsupported, ModelNotFound
from .family import FULL, LINEAR, Family, family_of
from .gguf.file import is_gguf, open_gguf

if TYPE_CHECKING:
    from torch import Tensor

LONGEST_CONTEXT = 1_048_576
SCALED = ("linear", "llama3")  # rope types that say all about long contexts by themselves
DEFAULT = "qwen3_5_text"  # where a config.json names no model_type


@dataclass(frozen=True)
class HybridConfig:
    """Sizes of one model; `layer_types` alone decides which mixer a layer has, `sparse` which MLP.

    `model_type`: that of the text model. `intermediate_size`: of dense MLPs. Fields are 0 where no
    layer has what they are about: dense MLPs, experts, delta nets (`linear_*`).
    """

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    layer_types: tuple[str, ...]
    linear_num_key_heads: int = 0
    linear_num_value_heads: int = 0
    linear_key_head_dim: int = 0
    linear_value_head_dim: int = 0
    model_type: str = DEFAULT
    intermediate_size: int = 0
    num_experts: int = 0
    num_experts_per_tok: int = 0
    moe_intermediate_size: int = 0
    shared_expert_intermediate_size: int = 0
    norm_topk_prob: bool = True
    decoder_sparse_step: int = 1
    mlp_only_layers: tuple[int, ...] = ()
    linear_conv_kernel_dim: int = 4
    rms_norm_eps: float = 1e-6
    max_position_embeddings: int = 262_144
    tie_word_embeddings: bool = False
    rope_parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = (LINEAR, FULL) if self.family.recurrent else (FULL,)
        if len(self.layer_types) != self.num_hidden_layers or not set(self.layer_types) <= set(
            kinds
        ):
            named = " or ".join(kinds)
            raise ConfigUnsupported(
                f"layer_types must name {self.num_hidden_layers} layers, {named}; got {self.layer_types}"
            )
        self._check_heads()
        self._check_mlps()
        if self.rotary_dim % 2 or not 0 < self.rotary_dim <= self.head_dim:
            raise ConfigUnsupported(
                f"partial_rotary_factor turns {self.rotary_dim} of {self.head_dim} dims; an even number is needed"
            )

    def _check_heads(self) -> None:
        """Delta nets have their sizes; query or value heads share key heads evenly."""
        pairs = [("num_attention_heads", "num_key_value_heads")]
        if self.family.recurrent:
            self._require_fields(f.name for f in fields(self) if f.name.startswith("linear_"))
            pairs.append(("linear_num_value_heads", "linear_num_key_heads"))
        for many, few in pairs:
            heads = getattr(self, many)
            groups = getattr(self, few)
            if groups < 1 or heads % groups:
                raise ConfigUnsupported(f"{many} = {heads} is not a multiple of {few} = {groups}")

    def _require_fields(self, names: Iterable[str]) -> None:
        lacking = ", ".join(name for name in names if not getattr(self, name))
        if lacking:
            raise ConfigUnsupported(f"config.json lacks a field of the architecture ({lacking})")

    def _check_mlps(self) -> None:
        """Every layer's MLP has its sizes."""
        kinds = [self.is_sparse_layer(number) for number in range(self.num_hidden_layers)]
        names = ["intermediate_size"] if not all(kinds) else []
        if any(kinds):
            names += [
                "num_experts_per_tok",
                "moe_intermediate_size",
                "shared_expert_intermediate_size",
            ]
        self._require_fields(names)
        if self.num_experts and self.num_experts_per_tok > self.num_experts:
            raise ConfigUnsupported(
                f"num_experts_per_tok = {self.num_experts_per_tok} of num_experts = {self.num_experts}"
            )

    @classmethod
    def from_dict(cls, outer: Mapping[str, object]) -> HybridConfig:
        """From a config.json's content; keys that say nothing about the architecture are left
        alone. Raises ConfigUnsupported: a field is missing, or names an option that this runtime
        does not have."""
        raw = flatten_config(outer)
        family = _family_of_config(outer)
        raw["model_type"] = family.model_type
        _refuse_unknown_options(family, raw)
        family.complete(raw)
        if "tie_word_embeddings" in outer:
            raw["tie_word_embeddings"] = outer["tie_word_embeddings"]
        known: dict[str, Any] = {
            f.name: raw[f.name] for f in fields(cls) if raw.get(f.name) is not None
        }
        _refuse_odd_sizes(known)
        if "num_hidden_layers" not in known:
            raise ConfigUnsupported(
                "config.json lacks a field of the architecture (num_hidden_layers)"
            )
        count: int = known["num_hidden_layers"]
        every = raw.get("full_attention_interval") or 4
        if not isinstance(every, int):
            raise ConfigUnsupported(
                f"config.json: full_attention_interval = {every!r}, a whole number is needed"
            )
        by_interval = [FULL if (number + 1) % every == 0 else LINEAR for number in range(count)]
        known["layer_types"] = tuple(known.get("layer_types", by_interval))
        known["mlp_only_layers"] = tuple(known.get("mlp_only_layers", ()))
        known["rope_parameters"] = _collect_rope_parameters(family, raw)
        try:
            return cls(**known)
        except TypeError as error:
            raise ConfigUnsupported(
                f"config.json lacks a field of the architecture ({error})"
            ) from error

    @classmethod
    def from_folder(cls, folder: Path) -> HybridConfig:
        """From `folder`/config.json, or the metadata of its GGUF file. Raises ModelNotFound: no
        such file; ConfigUnsupported: not JSON, or not this architecture; WeightsMissing,
        WeightsMismatch: the GGUF file is damaged or incomplete."""
        raw = load_config(folder)
        try:
            return cls.from_dict(raw)
        except ConfigUnsupported as error:
            where = (
                next(folder.glob("*.gguf"), folder) if is_gguf(folder) else folder / "config.json"
            )
            raise ConfigUnsupported(f"{where}: {error}") from error

    def first_layers(self, count: int) -> HybridConfig:
        """The same model cut off after its first `count` layers."""
        return replace(self, num_hidden_layers=count, layer_types=self.layer_types[:count])

    @property
    def family(self) -> Family:
        """What its family has for itself."""
        return family_of(self.model_type)

    def is_sparse_layer(self, number: int) -> bool:
        chosen = self.num_experts > 0 and (number + 1) % self.decoder_sparse_step == 0
        return chosen and number not in self.mlp_only_layers

    @property
    def rotary_dim(self) -> int:
        """The dims of an attention head that rotate; the rest carry no position."""
        return int(
            self.head_dim * self.rope_parameters.get("partial_rotary_factor", self.family.rotated)
        )

    @property
    def delta_key_and_value_widths(self) -> tuple[int, int]:
        """Columns of all keys (queries have as many) and of all values of a delta net."""
        keys = self.linear_num_key_heads * self.linear_key_head_dim
        return keys, self.linear_num_value_heads * self.linear_value_head_dim

    @property
    def half_keys(self) -> bool:
        """Whether keys are kept in fp16: beside a bias, of hundreds in some columns of Qwen2.5's
        keys, 8 bits with one scale would leave too little of others."""
        return self.family.biased

    @property
    def native_context(self) -> int:
        """Tokens that the model sees at once, before any stretching by docqa."""
        if not self.can_stretch_context:
            return self.max_position_embeddings
        return int(
            self.rope_parameters.get("original_max_position_embeddings")
            or self.max_position_embeddings
        )

    @property
    def can_stretch_context(self) -> bool:
        """Whether YaRN makes the context longer; not where the checkpoint scales its frequencies
        otherwise.
        """
        rope = self.rope_parameters
        return rope.get("rope_type") not in SCALED and not rope.get("frequency_factors")

    @property
    def checkpoint_yarn_factor(self) -> float:
        """The checkpoint's own YaRN factor, or 1."""
        if self.rope_parameters.get("rope_type") != "yarn":
            return 1.0
        return float(
            self.rope_parameters.get("factor") or self.max_position_embeddings / self.native_context
        )

    def rotary_frequencies(self, factor: float = 1.0) -> tuple[Tensor, float]:
        """Frequencies [rotary_dim / 2] in float64 and the scale of cos and sin, under YaRN `factor`
        (1: plain).
        """
        from docqa.kernels.rope import YarnOptions, frequencies, scaled_frequencies

        rope = self.rope_parameters
        if not self.can_stretch_context:
            plain, scale = frequencies(self.rotary_dim, float(rope["rope_theta"]))
            return scaled_frequencies(plain, rope), scale
        names = [f.name for f in fields(YarnOptions)]
        options = YarnOptions(**{name: rope[name] for name in names if rope.get(name) is not None})
        theta = float(rope.get("rope_theta", 10_000_000.0))
        return frequencies(
            self.rotary_dim, theta, factor=factor, native=self.native_context, options=options
        )


def load_config(folder: Path) -> dict[str, object]:
    """config.json of a model folder, or what it would be for a GGUF file; errors as
    `from_folder`.
    """
    if is_gguf(folder):
        return open_gguf(folder).config()
    path = folder / "config.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelNotFound(
            f"{path} is missing; {folder} is not a model folder, see `docqa models list`"
        ) from error
    except ValueError as error:
        raise ConfigUnsupported(
            f"{path} is not JSON ({error}); get the model folder again"
        ) from error
    if not isinstance(raw, dict):
        raise ConfigUnsupported(f"{path} is not a JSON object; get the model folder again")
    return raw


def flatten_config(raw: Mapping[str, object]) -> dict[str, object]:
    """A config.json with what it says of its text model on top."""
    text = raw.get("text_config")
    return {**raw, **(text if isinstance(text, Mapping) else {})}


def _collect_rope_parameters(family: Family, raw: Mapping[str, object]) -> dict[str, object]:
    """The rotary settings in one dict, wherever the release put them."""
    rope: dict[str, object] = {}
    for part in (raw.get("rope_scaling"), raw.get("rope_parameters")):
        rope |= part if isinstance(part, Mapping) else {}
    if "type" in rope:
        rope.setdefault("rope_type", rope.pop("type"))
    for name in ("rope_theta", "partial_rotary_factor"):
        if raw.get(name) is not None:
            rope.setdefault(name, raw[name])
    kind = rope.get("rope_type", "default")
    if kind not in family.rope_types:
        raise ConfigUnsupported(
            f"rope_type '{kind}' is not supported; docqa knows {', '.join(family.rope_types)}"
        )
    missing = [
        name
        for name in _ROPE_FIELDS.get(str(kind), ())
        if not isinstance(rope.get(name), int | float)
    ]
    if missing:
        raise ConfigUnsupported(
            f"config.json: rope_type '{kind}' needs a number for {', '.join(missing)}"
        )
    return rope


_ROPE_FIELDS = {
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}


def _family_of_config(outer: Mapping[str, object]) -> Family:
    """Of the text model, whether it is wrapped or not."""
    said = str(outer.get("model_type", DEFAULT))
    inner = str(flatten_config(outer).get("model_type", said))
    around = family_of(said)
    family = family_of(inner)
    if around is not family:
        raise ConfigUnsupported(
            f"config.json: model_type '{said}' around a text_config of '{inner}'"
        )
    return family


_COMPUTED: dict[str, tuple[object, ...]] = {
    "hidden_act": ("silu", "swish"),
    "attention_bias": (False,),
    "output_gate_type": ("swish", "silu"),
    "attn_output_gate": (True,),
    "mamba_ssm_dtype": ("float32",),
}


def _refuse_unknown_options(family: Family, raw: Mapping[str, object]) -> None:
    """What would otherwise be computed wrongly without a word."""
    for name, values in {**_COMPUTED, **family.computed}.items():
        if raw.get(name) is not None and raw[name] not in values:
            raise ConfigUnsupported(
                f"config.json: {name} = {raw[name]!r} is not supported for {family.model_type}; expected {values[0]!r}"
            )


def _refuse_odd_sizes(known: Mapping[str, object]) -> None:
    """Sizes are whole numbers above 0; there may be 0 experts."""
    for f in fields(HybridConfig):
        if f.name not in known or f.type != "int":
            continue
        value = known[f.name]
        least = 0 if "expert" in f.name or "intermediate" in f.name else 1
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ConfigUnsupported(
                f"config.json: {f.name} = {value!r}, a whole number from {least} on is needed"
            )
