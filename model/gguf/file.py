"""What a GGUF file says its model is, and where its tensors lie."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from docqa.model.errors import ConfigUnsupported, WeightsMismatch, WeightsMissing
from docqa.model.family import FULL, LINEAR, family_names, family_of_gguf

from .names import ROPE_FACTORS
from .parser import GgufParser, StoredTensor

PICTURES = "mmproj"  # the image half is a file of its own


def gguf_files(folder: Path) -> list[Path]:
    """The GGUF files of the one model in `folder` (or that file): none, one, or all parts of a
    split one in order. Raises WeightsMismatch where there are several models."""
    if folder.is_file():
        stem, _, total = folder.stem.rpartition("-of-")
        return (
            sorted(folder.parent.glob(f"{stem.rpartition('-')[0]}-*-of-{total}.gguf"))
            if stem
            else [folder]
        )
    found = sorted(path for path in folder.glob("*.gguf") if not path.name.startswith(PICTURES))
    if len(found) < 2:
        return found
    stems = {path.stem.rpartition("-of-")[0].rpartition("-")[0] for path in found}
    totals = {path.stem.rpartition("-of-")[2] for path in found}
    if len(stems) > 1 or "" in stems or len(totals) > 1 or not all(map(str.isdigit, totals)):
        names = ", ".join(path.name for path in found)
        raise WeightsMismatch(
            f"{folder} has several GGUF files ({names}); keep one model in each folder"
        )
    return found


def is_gguf(folder: Path) -> bool:
    """Whether `folder` is a GGUF file, or has one and no safetensors."""
    if folder.suffix == ".gguf" and folder.is_file():
        return True
    return bool(next(folder.glob("*.gguf"), None)) and not next(folder.glob("*.safetensors"), None)


class GgufFile:
    """Metadata and tensors of the model in a folder; one file, or the parts of a split one. Raises
    WeightsMissing, WeightsMismatch: a part is missing, or a file is damaged or cut off;
    ConfigUnsupported: of another architecture."""

    def __init__(self, folder: Path) -> None:
        self.paths = gguf_files(folder)
        if not self.paths:
            raise WeightsMissing(f"{folder} has no GGUF file; get the model folder again")
        self.path = self.paths[0]
        self.tensors: dict[str, StoredTensor] = {}
        self.metadata: dict[str, Any] = {}
        for path in self.paths:
            parser = GgufParser(path)
            self.metadata = parser.metadata | self.metadata
            self.tensors |= parser.tensors
        parts = self.metadata.get("split.count", 1)
        if parts != len(self.paths):
            raise WeightsMissing(
                f"{self.path} is one of {parts} parts, {len(self.paths)} are there; get the others"
            )
        self.architecture = self.metadata.get("general.architecture")
        found = family_of_gguf(self.architecture)
        if not found:
            raise ConfigUnsupported(
                f"{self.path}: architecture '{self.architecture}' is not supported; "
                f"docqa runs {', '.join(name.replace('_', '') for name in family_names())}"
            )
        self.family = found

    def architecture_field(self, key: str, default: Any = None) -> Any:
        """What the metadata says of the architecture under `key`. Raises ConfigUnsupported:
        nothing, no default.
        """
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if value is None:
            raise ConfigUnsupported(f"{self.path}: the metadata lack {self.architecture}.{key}")
        return value

    def config(self) -> dict[str, object]:
        """The same as a config.json would say."""
        field = self.architecture_field
        layers = field("block_count") - field("nextn_predict_layers", 0)
        heads = _largest_of_layers(field("attention.head_count"))
        raw: dict[str, object] = {
            "model_type": self.family.model_type,
            "vocab_size": self._row_count("token_embd.weight"),
            "hidden_size": field("embedding_length"),
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": _largest_of_layers(field("attention.head_count_kv", heads)),
            "rms_norm_eps": float(
                f"{field('attention.layer_norm_rms_epsilon'):.6g}"
            ),  # kept in float32
            "max_position_embeddings": field("context_length"),
            "tie_word_embeddings": "output.weight" not in self.tensors,
            "bos_token_id": self.metadata.get("tokenizer.ggml.bos_token_id"),
            "eos_token_id": self.eos_ids(),
        }
        return raw | (
            self._hybrid_config(layers)
            if self.family.recurrent
            else self._transformer_config(heads)
        )

    def eos_ids(self) -> list[int]:
        said = (self.metadata.get(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot"))
        return list(dict.fromkeys(int(number) for number in said if number is not None))

    def chat_template(self) -> str | None:
        source = self.metadata.get("tokenizer.chat_template")
        return source if isinstance(source, str) else None

    def special_tokens(self) -> dict[str, str]:
        """The special tokens by the names of chat templates: `bos_token` and others."""
        tokens = self.metadata.get("tokenizer.ggml.tokens") or []
        ids = {"bos": "bos", "eos": "eos", "pad": "padding", "unk": "unknown"}
        found = {}
        for kind, stored in ids.items():
            at = self.metadata.get(f"tokenizer.ggml.{stored}_token_id")
            if at is not None and at < len(tokens):
                found[f"{kind}_token"] = tokens[at]
        return found

    def _hybrid_config(self, layers: int) -> dict[str, object]:
        field = self.architecture_field
        heads = field("ssm.time_step_rank")
        head_dim = field("attention.key_length")
        sizes: dict[str, object] = {
            "head_dim": head_dim,
            "linear_conv_kernel_dim": field("ssm.conv_kernel"),
            "linear_key_head_dim": field("ssm.state_size"),
            "linear_num_key_heads": field("ssm.group_count"),
            "linear_num_value_heads": heads,
            "linear_value_head_dim": field("ssm.inner_size") // max(heads, 1),
            "layer_types": self._layer_types(layers),
            "rope_parameters": self._rope_config(
                head_dim, rotated=head_dim // 4, theta=10_000_000.0
            ),
        }
        return sizes | self._mlp_sizes()

    def _transformer_config(self, heads: int) -> dict[str, object]:
        head_dim = self.architecture_field(
            "attention.key_length", self.architecture_field("embedding_length") // max(heads, 1)
        )
        if self.architecture_field("expert_count", 0):
            raise ConfigUnsupported(
                f"{self.path}: '{self.architecture}' with experts is not supported"
            )
        rope = self._rope_config(head_dim, rotated=head_dim, theta=10_000.0)
        if ROPE_FACTORS in self.tensors:
            rope["frequency_factors"] = self.tensors[ROPE_FACTORS].data.tolist()
        return {
            "head_dim": head_dim,
            "intermediate_size": _largest_of_layers(self.architecture_field("feed_forward_length")),
            "rope_parameters": rope,
        }

    def _mlp_sizes(self) -> dict[str, int]:
        field = self.architecture_field
        inner = _largest_of_layers(field("feed_forward_length", 0))
        if not field("expert_count", 0):
            return {"intermediate_size": inner}
        shared = field("expert_shared_feed_forward_length", 0) or self._row_count(
            "blk.0.ffn_gate_shexp.weight"
        )
        return {
            "intermediate_size": inner,
            "num_experts": field("expert_count"),
            "num_experts_per_tok": field("expert_used_count"),
            "moe_intermediate_size": field("expert_feed_forward_length"),
            "shared_expert_intermediate_size": shared,
        }

    def _row_count(self, name: str) -> int:
        if name not in self.tensors:
            raise WeightsMissing(f"{self.path}: no tensor {name}; the file is incomplete")
        return self.tensors[name].shape[0]

    def _layer_types(self, layers: int) -> list[str]:
        recurrent = self.architecture_field("attention.recurrent_layers", [])
        if not recurrent:
            interval = self.architecture_field("full_attention_interval", 4)
            recurrent = [bool((number + 1) % interval) for number in range(layers)]
        return [LINEAR if flag else FULL for flag in recurrent[:layers]]

    def _rope_config(self, head_dim: int, *, rotated: int, theta: float) -> dict[str, object]:
        """`rotated` dims of a head and the base `theta` where the file names none."""
        field = self.architecture_field
        rope: dict[str, object] = {
            "rope_theta": field("rope.freq_base", theta),
            "partial_rotary_factor": field("rope.dimension_count", rotated) / head_dim,
        }
        kind = field("rope.scaling.type", "none")
        if kind == "none":
            return rope | {"rope_type": "default"}
        rope |= {"rope_type": kind, "factor": field("rope.scaling.factor")}
        if kind == "linear":
            return rope
        return rope | {
            "original_max_position_embeddings": field("rope.scaling.original_context_length")
        }


@lru_cache(maxsize=1)
def _open_cached(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> GgufFile:
    return GgufFile(folder)


def open_gguf(folder: Path) -> GgufFile:
    """The model of a folder; a large vocabulary takes seconds to parse, so the last one stays while
    it is unchanged.
    """
    stats = [(path.name, path.stat()) for path in gguf_files(folder)]
    return _open_cached(
        folder, tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
    )


def _largest_of_layers(value: int | list[int]) -> int:
    """Of a number that may be given for each layer, where some have none."""
    return max(value) if isinstance(value, list) else value
