"""Checkpoints of the family that docqa is made for: their names on the hub, their sizes, and what they need.

Shapes are those of the published configurations, text part only; what a download has besides (vision, multi-token
prediction) is at most a tenth of it. Parameters, bytes and times follow from the shapes, so no number can go stale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docqa.model.config import HybridConfig

_KEY_HEADS, _HEAD = 16, 128  # of the delta layers, the same in all of them
_ATTENTION_HEAD = 256
_FULL_EVERY = 4  # one attention layer after three delta layers
_VOCABULARY, _VOCABULARY_OF_NEXT = 248_320, 151_936


@dataclass(frozen=True)
class KnownModel:
    """The shape as in config.json: heads of attention and of the delta layers' values, the width of an MLP or expert.

    `experts`: how many a layer has and how many a token is sent to, (0, 0) for dense models. `tied`: the embedding is
    the head too. `form`: bf16 or fp8.
    """

    id: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    value_heads: int
    width: int
    experts: tuple[int, int] = (0, 0)
    tied: bool = False
    form: str = "bf16"

    @cached_property
    def config(self) -> HybridConfig:
        """What its config.json would be read as."""
        from docqa.model.config import FULL, LINEAR, HybridConfig
        from docqa.model.families import DENSE, MOE

        count, routed = self.experts
        return HybridConfig(
            vocab_size=_VOCABULARY_OF_NEXT if "Next" in self.id else _VOCABULARY,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads,
            head_dim=_ATTENTION_HEAD,
            linear_num_key_heads=_KEY_HEADS,
            linear_num_value_heads=self.value_heads,
            linear_key_head_dim=_HEAD,
            linear_value_head_dim=_HEAD,
            layer_types=tuple(LINEAR if (at + 1) % _FULL_EVERY else FULL for at in range(self.layers)),
            model_type=MOE if count else DENSE,
            intermediate_size=0 if count else self.width,
            num_experts=count,
            num_experts_per_tok=routed,
            moe_intermediate_size=self.width if count else 0,
            shared_expert_intermediate_size=self.width if count else 0,
            tie_word_embeddings=self.tied,
        )

    @cached_property
    def _counts(self) -> dict[str, int]:
        from docqa.model.cost.plan import parameters

        return parameters(self.config)

    @property
    def download_bytes(self) -> int:
        """About what is fetched: two bytes a parameter, one in FP8."""
        return round(self._counts["total"] * (2 if self.form == "bf16" else 1.03))

    @property
    def packed_bytes(self) -> int:
        """About what the weights take after `docqa models quantize`: 4 bits, a scale and a zero for each 64."""
        return round(self._counts["total"] * (0.5 + 4 / 64))

    @property
    def active_share(self) -> float:
        """The part of the parameters (0 to 1) that one token goes through, embedding and head counted whole."""
        return self._counts["active"] / self._counts["total"]

    @property
    def state_bytes(self) -> int:
        """Of the delta layers' memory, whatever the length: float32, 128 x 128 a value head."""
        return (self.layers - self.layers // _FULL_EVERY) * self.value_heads * _HEAD * _HEAD * 4

    @property
    def kv_bytes_per_token(self) -> int:
        """Of keys and values in int8, as docqa keeps them, scales not counted."""
        return self.layers // _FULL_EVERY * 2 * self.kv_heads * _ATTENTION_HEAD

    def memory_bytes(self, tokens: int, *, packed: bool = True, pooled: bool = False) -> int:
        """About what a read of `tokens` tokens takes: weights, state and its fork, keys and values.

        `pooled`: a quarter of the routed experts is in memory, the others are read from disk when a token needs them.
        """
        weights = self.packed_bytes if packed else self.download_bytes
        if pooled:
            weights -= round(weights * 0.75 * self._counts["experts"] / self._counts["total"])
        return weights + 3 * self.state_bytes + tokens * self.kv_bytes_per_token


KNOWN = (
    KnownModel("Qwen/Qwen3.5-0.8B", 1_024, 24, 8, 2, 16, 3_584, tied=True),
    KnownModel("Qwen/Qwen3.5-2B", 2_048, 24, 8, 2, 16, 6_144, tied=True),
    KnownModel("Qwen/Qwen3.5-4B", 2_560, 32, 16, 4, 32, 9_216, tied=True),
    KnownModel("Qwen/Qwen3.5-9B", 4_096, 32, 16, 4, 32, 12_288),
    KnownModel("Qwen/Qwen3.5-27B", 5_120, 64, 24, 4, 48, 17_408),
    KnownModel("Qwen/Qwen3.5-27B-FP8", 5_120, 64, 24, 4, 48, 17_408, form="fp8"),
    KnownModel("Qwen/Qwen3.5-35B-A3B", 2_048, 40, 16, 2, 32, 512, (256, 8)),
    KnownModel("Qwen/Qwen3-Next-80B-A3B-Instruct", 2_048, 48, 16, 2, 32, 512, (512, 10)),
    KnownModel("Qwen/Qwen3-Next-80B-A3B-Thinking", 2_048, 48, 16, 2, 32, 512, (512, 10)),
    KnownModel("Qwen/Qwen3-Next-80B-A3B-Instruct-FP8", 2_048, 48, 16, 2, 32, 512, (512, 10), form="fp8"),
    KnownModel("Qwen/Qwen3.5-122B-A10B", 3_072, 48, 32, 2, 64, 1_024, (256, 8)),
    KnownModel("Qwen/Qwen3.5-397B-A17B", 4_096, 60, 32, 2, 64, 1_024, (512, 10)),
)


def known(name: str) -> KnownModel | None:
    """The known model of that id, or of its last part (`Qwen3.5-4B`), in any case."""
    wanted = name.casefold()
    return next((model for model in KNOWN if wanted in (model.id.casefold(), model.id.casefold().split("/")[1])), None)
