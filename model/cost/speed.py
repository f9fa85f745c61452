"""How fast this machine reads: a short prefill and one long attention, timed."""

import time
from collections.abc import Callable

from docqa.model.config import FULL
from docqa.model.protocol import Model, writing_model

from .plan import Speed, macs_per_token

DENSE_TOKENS = 512
# a tile of queries over a context past the processor's caches
QUERIES = 256
KEYS = 8_192


def measure_speed(model: Model, layers: int | None = None) -> Speed:
    """Multiply-adds a second of this model's prefill here; takes a few seconds on two cores.

    `layers`: time the first ones only; without attention among them, its speed is that of `Speed`.
    Each part is timed twice after a warm-up, and the faster time counts: a busy moment makes a text
    look long.
    """
    config = model.config.first_layers(layers or model.config.num_hidden_layers)
    ids = [i % min(1000, config.vocab_size) for i in range(DENSE_TOKENS)]
    dense, near = macs_per_token(config, DENSE_TOKENS)
    read = _seconds_of_faster_run(lambda: model.prefill(ids, model.new_state(layers=layers)))
    if FULL not in config.layer_types:
        return Speed(dense=DENSE_TOKENS * dense / read)

    import torch

    from docqa.kernels.attention import attention

    def random(tokens: int, heads: int) -> torch.Tensor:
        return torch.randn(1, tokens, heads, config.head_dim, dtype=writing_model(model).dtype)

    q = random(QUERIES, config.num_attention_heads)
    k = random(KEYS, config.num_key_value_heads)
    v = random(KEYS, config.num_key_value_heads)
    attended = _seconds_of_faster_run(lambda: attention(q, k, v))
    long = 2 * QUERIES * KEYS * config.num_attention_heads * config.head_dim / attended
    return Speed(DENSE_TOKENS * dense / max(read - DENSE_TOKENS * near / long, read / 2), long)


def _seconds_of_faster_run(run: Callable[[], object]) -> float:
    """Seconds of the faster of two runs after a first one."""
    run()
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return max(min(taken), 1e-6)
