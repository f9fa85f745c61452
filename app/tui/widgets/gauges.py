"""How full the context is, and the memory it uses: delta state against key-value cache. No widgets here.

Sizes are those of `docqa.model.cost.plan`, which a test compares with the tensors of a state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docqa.app.output.progress import filled, size

if TYPE_CHECKING:
    from docqa.app.session.session import Session
    from docqa.model.config import HybridConfig


@dataclass(frozen=True)
class Sizes:
    """What reading a document of `total` tokens with the first `layers` of a model takes; `item` in bytes a number."""

    total: int
    config: HybridConfig
    layers: int
    item: int

    @property
    def limit(self) -> int:
        """The longest context, in tokens."""
        from docqa.model.config import LONGEST_CONTEXT

        return max(LONGEST_CONTEXT, self.config.native_context)

    def read(self, tokens: int) -> tuple[int, int]:
        """Bytes of (delta state, key-value cache) after `tokens`, in the layers that are read."""
        return _bytes(self.config.first_layers(self.layers), tokens, self.item)

    def whole(self, tokens: int) -> tuple[int, int]:
        """The same, were all layers of the model read."""
        return _bytes(self.config, tokens, self.item)

    def attention_only(self, tokens: int) -> int:
        """Bytes of the key-value cache, were every layer of the model attention."""
        from docqa.model.config import FULL

        full = replace(self.config, layer_types=(FULL,) * self.config.num_hidden_layers)
        return _bytes(full, tokens, self.item)[1]


def sizes_of(session: Session) -> Sizes:
    """The sizes of a session whose model is loaded and whose text is laid out."""
    local = session.local_reading
    return Sizes(len(session.context), local.model.config, local.profile.layers, local.model.dtype.itemsize)


def _bytes(config: HybridConfig, tokens: int, item: int) -> tuple[int, int]:
    from docqa.model.cost.plan import state_bytes

    found = state_bytes(config, tokens, item)
    return (found["fixed"] if tokens else 0), found["kv"]


def read_gauge(sizes: Sizes, done: int, *, compact: bool = False) -> str:
    """`read ███░░░░░░░ 34 %` of this document, and nothing of the model: that is in the memory of the model."""
    total = max(sizes.total, 1)
    shown = f"{filled(done / total, 5 if compact else 10)} {100 * done // total} %"
    return shown if compact else f"read {shown}"


def percent(share: float) -> str:
    """`0 %`, `< 1 %`, `34 %`."""
    return "< 1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def memory_lines(sizes: Sizes, done: int, width: int = 24) -> list[str]:
    """The gauge in full: what is read, what fills the context, and delta state against key-value cache."""
    delta, kv = sizes.read(done)
    all_delta, all_kv = sizes.whole(done)
    attention = sizes.attention_only(done)
    most = max(attention, 1)
    every = sizes.config.num_hidden_layers
    read, context = done / max(sizes.total, 1), done / sizes.limit
    grows = f"{size(kv)}, grows with the text" if kv else "none: no attention there"
    all_used = f"{size(all_delta)} delta + {size(all_kv)} KV"
    rows = [
        ("read", filled(read, width), f"{done:,} of {sizes.total:,} tokens, {percent(read)}"),
        ("context", filled(context, width), f"{percent(context)} of {sizes.limit:,} tokens"),
        ("", "", ""),
        (f"Used by the {sizes.layers} of {every} layers that answers depend on:", "", ""),
        ("delta state", filled(delta / most, width), f"{size(delta)}, the same at any length"),
        ("KV cache", filled(kv / most, width), grows),
        ("", "", ""),
        ("The same text would need:", "", ""),
        (f"all {every} layers", filled((all_delta + all_kv) / most, width), all_used),
        ("attention only", filled(attention / most, width), f"{size(attention)} KV"),
    ]
    return [f"{name:<14} {bar} {said}".rstrip() if bar else name for name, bar, said in rows]
