"""A passage encoder of others: any model of sentence-transformers, by its modules.json."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from docqa.model.errors import ConfigUnsupported

from .folder import ENCODER, MODULES, ForeignModel, check_role

if TYPE_CHECKING:
    from torch import Tensor

_ABOUT = "config_sentence_transformers.json"
_POOLINGS = ("cls", "max", "mean")
_LAST = "lasttoken"


def _pool_states(mode: str, x: "Tensor") -> "Tensor":
    """States [tokens, hidden] as one vector."""
    if mode == _LAST:
        return x[-1]
    return x[0] if mode == "cls" else x.mean(0) if mode == "mean" else x.max(0).values


class ForeignEncoder(ForeignModel):
    """A vector of a text: the states of its tokens pooled, and what else the modules make of it
    (Reimers and Gurevych 2019, arXiv 1908.10084)."""

    role = ENCODER
    kind = "AutoModel"

    def __init__(self, folder: Path, device: str = "auto") -> None:
        """Raises as ForeignModel, ConfigUnsupported also for a module that is not known."""
        check_role(folder, ENCODER)
        first, *others = _load_json(folder / MODULES)
        super().__init__(folder, device, first["path"])
        limits = _load_json(folder / first["path"] / "sentence_bert_config.json")
        about = _load_json(folder / _ABOUT)
        self.longest = min(limits.get("max_seq_length") or self.longest, self.longest)
        self._lower = bool(limits.get("do_lower_case"))
        prompts = about.get("prompts") or {}
        usual = prompts.get(about.get("default_prompt_name"), "")
        self._before = (
            prompts.get("document", prompts.get("passage", usual)),
            prompts.get("query", usual),
        )
        self._unit = about.get("similarity_fn_name") not in ("dot", "dot_product")
        self._steps = [self._load_module_step(module) for module in others]

    def vectors(self, texts: Sequence[str], *, asked: bool = False) -> np.ndarray:
        """Vectors of texts, or of questions (`asked`), float32 [texts, dim], unit ones but for
        models that compare by the plain product."""
        found = np.stack(
            [self._text_vector(self._before[asked] + " ".join(text.split())) for text in texts]
        )
        return (
            found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
            if self._unit
            else found
        )

    def _text_vector(self, text: str) -> np.ndarray:
        x = self.run(text.lower() if self._lower else text)[1].last_hidden_state[0]
        for step in self._steps:
            x = step(x)
        return np.asarray(x.cpu())

    def _load_module_step(self, module: dict[str, Any]) -> "Callable[[Tensor], Tensor]":
        """What a module after the first makes of states or vector. Raises ConfigUnsupported."""
        import torch
        from safetensors.torch import load_file

        kind = module["type"].rpartition(".")[2]
        folder = self.folder / module["path"]
        about = _load_json(folder / "config.json")
        named = about.get("pooling_mode") or [
            name for name, on in about.items() if on is True and "pooling" in name
        ]
        names = [named] if isinstance(named, str) else named
        modes = [
            name.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token")
            for name in names
        ]
        activation = str(about.get("activation_function", "")).rpartition(".")[2]
        if kind == "Normalize":
            return lambda x: torch.nn.functional.normalize(x, dim=-1)
        if (
            kind == "Pooling"
            and about.get("include_prompt", True)
            and all(m in (*_POOLINGS, _LAST) for m in modes)
        ):
            return lambda x: torch.cat([_pool_states(mode, x) for mode in modes])
        if kind == "Dense" and activation in ("Identity", "Tanh"):
            weights = {
                name: part.to(self.device)
                for name, part in load_file(folder / "model.safetensors").items()
            }
            parts = (weights["linear.weight"], weights.get("linear.bias"))
            act = getattr(torch.nn, activation)()
            return lambda x: act(torch.nn.functional.linear(x, *parts))
        said = f"{kind} {' '.join([*modes, activation]).strip()} is not computed here"
        raise ConfigUnsupported(f"{self.folder / MODULES}: {said} (choose another encoder)")


def _load_json(path: Path) -> Any:
    """What a file says; {} where there is none. Raises ConfigUnsupported."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ConfigUnsupported(
            f"{path}: is not JSON ({error}) (get the model folder again)"
        ) from error
