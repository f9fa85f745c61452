"""Checkpoints of the family that docqa is made for: their names on the hub, their sizes, and what they need.

Parameters and shapes are those of the published configurations, text part only; what a download holds besides (vision,
multi-token prediction) is at most a tenth of it. Bytes follow from the parameters, so no size here can go stale.
"""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30
_HEAD = 128  # width of a delta head, the same in all of them
_ATTENTION_HEAD = 256


@dataclass(frozen=True)
class KnownModel:
    """`parameters`, `active` (used for one token, embedding and head counted once) and those of routed `experts` in
    billions; heads as in config.json; `form`: bf16 or fp8.
    """

    id: str
    parameters: float
    active: float
    delta_layers: int
    attention_layers: int
    value_heads: int
    kv_heads: int
    experts: float = 0.0
    form: str = "bf16"

    @property
    def download_bytes(self) -> int:
        """About what is fetched: two bytes a parameter, one in FP8."""
        return round(self.parameters * 1e9 * (2 if self.form == "bf16" else 1.03))

    @property
    def packed_bytes(self) -> int:
        """About what the weights take after `docqa models quantize`: 4 bits, a scale and a zero for each 64."""
        return round(self.parameters * 1e9 * (0.5 + 4 / 64))

    @property
    def active_share(self) -> float:
        """The part of the parameters (0 to 1) that one token goes through."""
        return self.active / self.parameters

    @property
    def state_bytes(self) -> int:
        """Of the delta layers' memory, whatever the length: float32, 128 x 128 a value head."""
        return self.delta_layers * self.value_heads * _HEAD * _HEAD * 4

    @property
    def kv_bytes_per_token(self) -> int:
        """Of keys and values in int8, as docqa keeps them, scales not counted."""
        return self.attention_layers * 2 * self.kv_heads * _ATTENTION_HEAD

    def memory_bytes(self, tokens: int, *, packed: bool = True, pooled: bool = False) -> int:
        """About what a read of `tokens` tokens takes: weights, state and its fork, keys and values.

        `pooled`: a quarter of the routed experts is held, the others are read from disk when a token is sent to them.
        """
        weights = self.packed_bytes if packed else self.download_bytes
        if pooled:
            weights -= round(weights * 0.75 * self.experts / self.parameters)
        return weights + 3 * self.state_bytes + tokens * self.kv_bytes_per_token


KNOWN = (
    KnownModel("Qwen/Qwen3.5-0.8B", 0.752, 0.752, 18, 6, 16, 2),
    KnownModel("Qwen/Qwen3.5-2B", 1.882, 1.882, 18, 6, 16, 2),
    KnownModel("Qwen/Qwen3.5-4B", 4.206, 4.206, 24, 8, 32, 4),
    KnownModel("Qwen/Qwen3.5-9B", 8.954, 8.954, 24, 8, 32, 4),
    KnownModel("Qwen/Qwen3.5-27B", 26.90, 26.90, 48, 16, 48, 4),
    KnownModel("Qwen/Qwen3.5-27B-FP8", 26.90, 26.90, 48, 16, 48, 4, form="fp8"),
    KnownModel("Qwen/Qwen3.5-35B-A3B", 34.66, 3.45, 30, 10, 32, 2, 32.21),
    KnownModel("Qwen/Qwen3-Next-80B-A3B-Instruct", 79.67, 3.87, 36, 12, 32, 2, 77.31),
    KnownModel("Qwen/Qwen3-Next-80B-A3B-Thinking", 79.67, 3.87, 36, 12, 32, 2, 77.31),
    KnownModel("Qwen/Qwen3-Next-80B-A3B-Instruct-FP8", 79.67, 3.87, 36, 12, 32, 2, 77.31, "fp8"),
    KnownModel("Qwen/Qwen3.5-122B-A10B", 122.1, 9.77, 36, 12, 64, 2, 115.96),
    KnownModel("Qwen/Qwen3.5-397B-A17B", 396.3, 17.35, 45, 15, 64, 2, 386.55),
)


def known(name: str) -> KnownModel | None:
    """The known model of that id, or of its last part (`Qwen3.5-4B`), in any case."""
    wanted = name.casefold()
    return next((model for model in KNOWN if wanted in (model.id.casefold(), model.id.casefold().split("/")[1])), None)
