"""How states are read and kept, in numbers and words; imports no torch."""

from dataclasses import dataclass

from docqa.model.config import HybridConfig
from docqa.model.family import FULL

GRID = 2_048  # tokens; a multiple of the delta chunk and of the key block
STATE_FORMAT = 1


@dataclass(frozen=True)
class LongAttention:
    """How far attention is exact, and what it reads beyond (all in tokens, `best` in blocks)."""

    exact: int = 32_768
    local: int = 8_192
    best: int = 64
    block: int = 128


def attention_kind(config: HybridConfig, position: int, long: LongAttention | None = None) -> str:
    """How attention reads up to `position` tokens through the layers of `config`, in words, for
    provenance.
    """
    if FULL not in config.layer_types:
        count = len(config.layer_types)
        return f"none: answers come from the first {count} layers, which are delta nets, and from the heads on them"
    how = long or LongAttention()
    if position <= how.exact:
        return f"exact, int8 keys and values past whole blocks, up to {how.exact} tokens"
    return (
        f"exact up to {how.exact} tokens, then the first {how.block} and the last {how.local} tokens and the "
        f"{how.best} best blocks of {how.block} by min-max bound; int8 keys and values"
    )
