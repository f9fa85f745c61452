"""Logits to one token: greedy by default, or drawn under the usual limits."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.errors import ConfigUnsupported


@dataclass(frozen=True)
class Sampling:
    """How to draw. `temperature` 0 is greedy, and then the limits do not matter.

    top_k: keep the k most probable tokens (0: all). top_p: keep the fewest that together have this
    probability. min_p: keep tokens at least this probable relative to the best. repetition_penalty:
    above 1, logits of tokens already written are divided (or multiplied, where negative) by it, as
    in Keskar et al. 2019 (arXiv 1909.05858).
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        if (
            self.temperature < 0
            or self.top_k < 0
            or not 0 < self.top_p <= 1
            or not 0 <= self.min_p <= 1
        ):
            raise ValueError(
                f"out of range: {self}; temperature, top_k >= 0, 0 < top_p <= 1, 0 <= min_p <= 1"
            )
        if self.repetition_penalty <= 0:
            raise ValueError(f"repetition_penalty must be above 0, got {self.repetition_penalty}")

    def generator(self) -> torch.Generator:
        """A random source that nothing else in the process changes."""
        source = torch.Generator()
        if self.seed is None:
            source.seed()
        else:
            source.manual_seed(self.seed)
        return source


def load_sampling_defaults(folder: Path, seed: int | None = None) -> Sampling:
    """How a checkpoint wants to be sampled (generation_config.json), or greedy. Raises
    ConfigUnsupported.
    """
    path = folder / "generation_config.json"
    if not path.is_file():
        return Sampling()
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not raw.get("do_sample", False):
            return Sampling()
        return Sampling(
            temperature=float(raw.get("temperature", 1.0)),
            top_k=int(raw.get("top_k") or 0),
            top_p=float(raw.get("top_p", 1.0)),
            min_p=float(raw.get("min_p") or 0.0),
            repetition_penalty=float(raw.get("repetition_penalty", 1.0)),
            seed=seed,
        )
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise ConfigUnsupported(
            f"{path} cannot be used ({error}); correct it or move it away"
        ) from error


def penalise_written_tokens(logits: Tensor, written: Iterable[int], penalty: float) -> Tensor:
    """Logits [vocab] with those of `written` tokens made less likely."""
    tokens = torch.tensor(sorted(set(written)), dtype=torch.long)
    if penalty == 1.0 or not len(tokens):
        return logits
    out = logits.clone()
    chosen = logits[tokens]
    out[tokens] = torch.where(chosen > 0, chosen / penalty, chosen * penalty)
    return out


def probabilities(logits: Tensor, sampling: Sampling) -> Tensor:
    """What is drawn from, [vocab]: softmax at the temperature, cut by the limits, of sum 1
    again.
    """
    probs = (logits.float() / sampling.temperature).softmax(-1)
    ordered, order = probs.sort(descending=True, stable=True)
    allowed = torch.ones_like(ordered, dtype=torch.bool)
    if sampling.top_k:
        allowed[sampling.top_k :] = False
    if sampling.top_p < 1:
        allowed &= (
            ordered.cumsum(-1) - ordered < sampling.top_p
        )  # a token stays while those before it are too few
    if sampling.min_p:
        allowed &= ordered >= sampling.min_p * ordered[0]
    cut = torch.zeros_like(probs).scatter(0, order, ordered * allowed)
    return cut / cut.sum()


def sample(
    logits: Tensor,
    sampling: Sampling,
    generator: torch.Generator | None = None,
    written: Iterable[int] = (),
) -> int:
    """A token id from logits [vocab]; the repetition penalty counts the tokens `written`."""
    logits = penalise_written_tokens(logits, written, sampling.repetition_penalty)
    if sampling.temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(probabilities(logits, sampling), 1, generator=generator))
