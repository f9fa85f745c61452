"""A checkpoint folder in docqa's own formats: matrices in 4 or 8 bits (formats/grouped.py) or 6
(formats/blocks.py), the embedding in 8 or 4; norms, convolutions, decays, routers and a delta net's
small gates as they are."""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor

from docqa.model.config import HybridConfig, load_config
from docqa.model.errors import WeightsMismatch
from docqa.model.gguf.file import is_gguf, open_gguf
from docqa.model.tokenizer import tokenizer_spec

from .checkpoint import open_checkpoint
from .formats import blocks
from .formats.grouped import GROUP, quantize_matrix
from .layout import recipe_for, split_experts
from .network import tensor_shapes
from .weights import CONFIG_KEY, EVIDENCE_FILE, PARTS

FILE_LIMIT = 45_000_000  # bytes; some hosts refuse larger files
KEPT = (
    ".in_proj_a.weight",
    ".in_proj_b.weight",
    ".in_proj_ba.weight",
    ".a_proj.weight",
    ".b_proj.weight",
    "conv1d.weight",
    ".mlp.gate.weight",
    ".shared_expert_gate.weight",
)
COPIED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "calibration.json",
    EVIDENCE_FILE,
    "LICENSE",
    "README.md",
)


class QuantizeResult(TypedDict):
    """What was written: bytes of the weights, how many tensors, names of the files."""

    bytes: int
    tensors: int
    files: list[str]


def is_quantized(name: str, tensor: Tensor) -> bool:
    """Whether `quantize` packs this tensor: a matrix whose rows split into whole groups."""
    return tensor.ndim == 2 and tensor.shape[1] % GROUP == 0 and not name.endswith(KEPT)


def quantize(
    source: Path, target: Path, *, bits: int = 4, embedding_bits: int = 8
) -> QuantizeResult:
    """Writes the checkpoint folder `source` quantized into `target`; files of at most 45 MB and an
    index.

    `bits`: 4, 6 or 8, of matrices; with 6, those whose rows are no whole blocks of 256 get 8.
    `embedding_bits`: 8 or 4, of the embedding and a head of its own. Raises ModelErrors of reading
    a folder, WeightsMismatch when `source` is quantized already.
    """
    config = load_config(source)
    if CONFIG_KEY in config:
        raise WeightsMismatch(
            f"{source} is quantized already; quantize the checkpoint that it was made from"
        )
    target.mkdir(parents=True, exist_ok=True)
    shards = ShardWriter(target)
    for plain, whole in _dequantized_tensors(source, HybridConfig.from_folder(source)):
        for name, tensor in split_experts(plain, whole):
            name = name if name.startswith(("lm_head", "mtp.")) else f"model.{name}"
            wanted = embedding_bits if "embed_tokens" in name or name == "lm_head.weight" else bits
            for stored, packed in parts_to_store(name, tensor, wanted):
                shards.add(stored, packed.contiguous())
    names = shards.finish()
    for part in (config, config.get("text_config")):
        if isinstance(part, dict):
            part.pop("quantization_config", None)
    config[CONFIG_KEY] = {"group_size": GROUP, "bits": bits, "embedding_bits": embedding_bits}
    write_json(target / "config.json", config)
    copy_files(source, target, COPIED)
    if is_gguf(source) and not (source / "tokenizer.json").is_file():
        spec = json.dumps(tokenizer_spec(source), ensure_ascii=False)
        (target / "tokenizer.json").write_text(spec, encoding="utf-8")
    write_chat_template(source, target)
    return {"bytes": shards.bytes, "tensors": shards.tensors, "files": names}


def write_json(path: Path, content: dict[str, object]) -> None:
    """Writes `content` with sorted keys."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def copy_files(source: Path, target: Path, names: Iterable[str]) -> None:
    """Copies those of the files `names` that the folder `source` has."""
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def parts_to_store(name: str, tensor: Tensor, bits: int) -> list[tuple[str, Tensor]]:
    """What is stored of a tensor, by name: its parts in `bits`, or itself in float32."""
    if not is_quantized(name, tensor):
        return [(name, tensor.float())]
    if bits == 6 and tensor.shape[1] % blocks.COLUMNS == 0:
        return [(name + blocks.SUFFIX, blocks.quantize_blocks(tensor))]
    parts = quantize_matrix(tensor, 8 if bits == 6 else bits)
    return [(name + suffix, part) for suffix, part in zip(PARTS, parts, strict=True)]


def write_chat_template(source: Path, target: Path) -> None:
    """Of a GGUF file its chat template, and the tokens that it may print, as files of `target`."""
    if not is_gguf(source) or (target / "chat_template.jinja").exists():
        return
    file = open_gguf(source)
    template = file.chat_template()
    names = json.dumps(file.special_tokens(), ensure_ascii=False)
    if template is not None:
        (target / "chat_template.jinja").write_text(template, encoding="utf-8")
    if not (target / "tokenizer_config.json").exists():
        (target / "tokenizer_config.json").write_text(names, encoding="utf-8")


def _dequantized_tensors(folder: Path, config: HybridConfig) -> Iterator[tuple[str, Tensor]]:
    """Every tensor by its plain name, in the checkpoint's layout, dequantized, float32."""
    expected = tensor_shapes(folder, config)
    with open_checkpoint(folder) as checkpoint:
        names = checkpoint.names
        recipes = [recipe_for(name, shape, config, names) for name, shape in expected.items()]
        sources = dict(source for recipe in recipes for source in recipe.sources)
        checkpoint.check_all_tensors_used(sources)
        for name, shape in sorted(sources.items()):
            yield name, checkpoint.tensor(name, shape, torch.float32)


class ShardWriter:
    """Writes tensors into files under the limit as they come, so that a model may be larger than
    memory.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.bytes = 0
        self.tensors = 0
        self._open: dict[str, Tensor] = {}
        self._written: list[list[str]] = []
        for old in target.glob("model-*.safetensors"):
            old.unlink()

    def add(self, name: str, tensor: Tensor) -> None:
        """Takes in a tensor, which is not looked at again once its file is full."""
        size = sum(part.nbytes for part in self._open.values())
        if size and size + tensor.nbytes > FILE_LIMIT - 1_000_000:  # room for the file's own header
            self._write_shard()
        self._open[name] = tensor
        self.bytes += tensor.nbytes
        self.tensors += 1

    def finish(self) -> list[str]:
        """Writes what is left and the index; the names of the files, which hold how many there
        are.
        """
        self._write_shard()
        count = len(self._written)
        where = dict[str, str]()
        names = [f"model-{i + 1:05d}-of-{count:05d}.safetensors" for i in range(count)]
        for number, (name, stored) in enumerate(zip(names, self._written, strict=True)):
            self._shard_path(number).rename(self.target / name)
            where.update(dict.fromkeys(stored, name))
        index = json.dumps(
            {"metadata": {"total_size": self.bytes}, "weight_map": where}, indent=1, sort_keys=True
        )
        (self.target / "model.safetensors.index.json").write_text(index + "\n", encoding="utf-8")
        return names

    def _write_shard(self) -> None:
        from safetensors.torch import save_file

        save_file(self._open, self._shard_path(len(self._written)), metadata={"format": "pt"})
        self._written.append(list(self._open))
        self._open = {}

    def _shard_path(self, number: int) -> Path:
        return self.target / f"model-{number + 1:05d}.part"
