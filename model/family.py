"""What a family of models has for itself; every file of `families` says it of one, and is found by
its `model_type`.

The shared parts (config, checkpoints, GGUF, plan) ask a `Family`, never for the name of one.
Imports no torch.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from .errors import ConfigUnsupported

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from torch import Tensor

LINEAR = "linear_attention"
FULL = "full_attention"
PACKAGE = "docqa.model.families"
PLUGINS = (
    "docqa.families"  # entry points of other packages, called by `model_type`, each of a Family
)
PLAIN_ROPE = ("default", "yarn")
Shape = tuple[int, ...]
Read = Callable[[str, Shape], "Tensor"]


@dataclass(frozen=True)
class Recipe:
    """One tensor of the network: the checkpoint's tensors that it is made of, with their shapes,
    and how.
    """

    sources: tuple[tuple[str, Shape], ...]
    build: Callable[[Read], Tensor]
    rows: Tensor | None = None  # of the only source, in this order

    @classmethod
    def of(cls, name: str, shape: Shape) -> Recipe:
        """The tensor `name` as it is."""
        return cls(((name, shape),), lambda read: read(name, shape))


@dataclass(frozen=True)
class GgufForm:
    """How GGUF files have a family's tensors; their architecture is called as the family's file
    without underscores.

    `layer_names`: of a layer's tensors, by those of a checkpoint. `heads_in_turns`: value heads
    that share a key head take turns. `rows`: (config, name) to the rows of the file's matrix in the
    order of the checkpoint's, int64 or None.
    """

    layer_names: Mapping[str, str]
    heads_in_turns: bool = False
    rows: Callable[[Any, str], Tensor | None] = lambda config, name: None


@dataclass(frozen=True)
class Family:
    """What is a family's alone; in signatures `config` is a `HybridConfig`.

    model_type: of the text model, as config.json has it.
    classes: how the names of its classes in transformers begin.
    network: (config, count of the first layers or None for all) to a `Network` without weights,
    where it is none of
        `hybrid.py` or `transformer.py`.
    recurrent: some layers are delta nets.
    gated, biased, normed: attention has output gates; queries, keys and values a bias; queries and
    keys a norm over
        each head.
    rotated: the part of a head that turns where config.json does not say. rope_types: those that
    are computed.
    complete: turns the fields of a config.json into those of `HybridConfig`, in place.
    computed: fields of config.json with the values that are computed, beside those that all
    families share.
    made_of: (name, shape, config, names of a checkpoint) to how a tensor is made of what releases
    keep instead.
    released: (config, tensors of the network) to those of a release; experts_apart: each expert by
    itself there.
    gguf: None where there are no such files.
    """

    model_type: str
    classes: str
    network: Callable[[Any, int | None], Any] | None = None
    recurrent: bool = True
    gated: bool = True
    biased: bool = False
    normed: bool = True
    rotated: float = 0.25
    rope_types: tuple[str, ...] = PLAIN_ROPE
    complete: Callable[[dict[str, object]], None] = lambda raw: None
    computed: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    made_of: Callable[[str, Shape, Any, Container[str]], Recipe | None] = (
        lambda name, shape, config, present: None
    )
    released: Callable[[Any, Mapping[str, Tensor]], Iterable[tuple[str, Tensor]]] = (
        lambda config, own: own.items()
    )
    experts_apart: bool = False
    gguf: GgufForm | None = None

    @property
    def file(self) -> str:
        """The name of its file, which is that of its module in transformers too."""
        return self.model_type.removesuffix("_text")

    @property
    def architecture(self) -> str:
        """What GGUF files call it."""
        return self.file.replace("_", "")


def family_names() -> list[str]:
    """Names of all families: of their files, and of those that other packages bring."""
    return sorted({*_built_in_family_names(), *(point.name for point in _family_plugins())})


def _family_plugins() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points

    return entry_points(group=PLUGINS)


def _built_in_family_names() -> list[str]:
    return [
        module.name for module in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__)
    ]


@lru_cache(maxsize=64)
def family_of(model_type: str) -> Family:
    """The family of a `model_type`, that of the text model alone with `_text`. Raises
    ConfigUnsupported.
    """
    names = {model_type, model_type.removesuffix("_text")}
    for name in names & set(_built_in_family_names()):
        found: Family = importlib.import_module(f"{PACKAGE}.{name}").FAMILY
        if model_type in (name, found.model_type):
            return found
    for point in _family_plugins():  # last, since looking for them takes long
        if point.name in names:
            return cast(Family, point.load())
    raise ConfigUnsupported(
        f"model_type '{model_type}' is not supported; docqa runs {', '.join(family_names())}"
    )


def family_of_gguf(architecture: object) -> Family | None:
    """The family that GGUF files call so, None where there is none."""
    names = [name for name in family_names() if name.replace("_", "") == architecture]
    return next((family for family in map(family_of, names) if family.gguf), None)


def set_default(raw: dict[str, object], name: str, value: object) -> None:
    """Set a field that is left out."""
    if raw.get(name) is None:
        raw[name] = value
