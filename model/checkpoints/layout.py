"""What checkpoints name or order differently, turned into the tensors of a network and back; what
one family does so is in its file. Experts are stacked, or every one is apart, in any."""

import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

from torch import Tensor

from docqa.model.config import HybridConfig, flatten_config, load_config
from docqa.model.family import Read, Recipe

from .weights import CONFIG_KEY

EXPERTS = re.compile(r"(?P<experts>.*\.mlp\.experts)\.(?P<part>gate_up_proj|down_proj)$")


def recipe_for(
    name: str, shape: tuple[int, ...], config: HybridConfig, present: Container[str]
) -> Recipe:
    """How tensor `name` of the network is made of those `present` in a checkpoint, by default of
    `name` itself.
    """
    experts = EXPERTS.match(name)
    if name in present:
        return Recipe.of(name, shape)
    if experts and expert_names(experts["experts"], 0)[2] in present:
        return _stack_experts(experts["experts"], experts["part"], config)
    return config.family.made_of(name, shape, config, present) or Recipe.of(name, shape)


def text_config(folder: Path, config: HybridConfig) -> dict[str, object]:
    """config.json of a folder's text model alone, for transformers, without quantization."""
    raw = flatten_config(load_config(folder))
    for key in (
        CONFIG_KEY,
        "quantization_config",
        "text_config",
        "vision_config",
        "torch_dtype",
        "rope_scaling",
    ):
        raw.pop(key, None)
    raw |= {
        "layer_types": list(config.layer_types),
        "tie_word_embeddings": config.tie_word_embeddings,
    }
    return raw | {"rope_parameters": {"rope_type": "default", **config.rope_parameters}}


def tensors_as_released(
    config: HybridConfig, tensors: Mapping[str, Tensor]
) -> Iterator[tuple[str, Tensor]]:
    """The network's tensors as releases lay them out."""
    for name, tensor in config.family.released(config, tensors):
        if config.family.experts_apart:
            yield from split_experts(name, tensor)
        else:
            yield name, tensor


def split_experts(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    """A tensor of all experts as a matrix for each, so that one is read alone; any other as it
    is.
    """
    stem, _, part = name.rpartition(".")
    if not stem.endswith(".experts"):
        yield name, tensor
        return
    for number, matrix in enumerate(tensor):
        gate, up, down = expert_names(stem, number)
        if part == "down_proj":
            yield down, matrix
        else:
            yield from zip((gate, up), matrix.chunk(2), strict=True)


def expert_names(experts: str, number: int) -> tuple[str, str, str]:
    """One expert's gate, up and down matrices, where every expert is apart."""
    gate, up, down = (f"{experts}.{number}.{part}_proj.weight" for part in ("gate", "up", "down"))
    return gate, up, down


def _stack_experts(experts: str, part: str, config: HybridConfig) -> Recipe:
    """Filled expert by expert, so that no second copy is ever in memory."""
    inner = config.moe_intermediate_size
    hidden = config.hidden_size
    shape = (hidden, inner) if part == "down_proj" else (inner, hidden)
    wanted = slice(2, 3) if part == "down_proj" else slice(2)  # down, or gate and up
    sources = [expert_names(experts, number)[wanted] for number in range(config.num_experts)]

    def build(read: Read) -> Tensor:
        out = None
        for number, names in enumerate(sources):
            for half, name in enumerate(names):
                matrix = read(name, shape)
                if out is None:
                    out = matrix.new_empty(len(sources), len(names) * shape[0], shape[1])
                out[number, half * shape[0] : (half + 1) * shape[0]] = matrix
        assert out is not None
        return out

    return Recipe(tuple((name, shape) for names in sources for name in names), build)
