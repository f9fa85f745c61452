"""What a read will take, before anything is allocated: tokens, bytes, seconds. Imports no torch."""

from dataclasses import dataclass

from docqa.model.config import FULL, LONGEST_CONTEXT, HybridConfig
from docqa.model.errors import ContextTooLong

INT8_SCALE_BYTES = 2  # fp16, one for each token and head
BOUND_BYTES = 2 * 4 / 128  # float32 smallest and largest key of each block of 128, for each element
_EXACT = 32_768  # tokens up to which attention reads all keys
_READ_BEYOND = 16_640  # keys that a later token reads
SCRATCH_TOKENS = 2_048
SCRATCH_FACTOR = (
    2  # of a layer's widest tensors: those of the delta rule's chunks, and what is freed but kept
)
PACKED_SCRATCH_FACTOR = (
    1  # native products keep no copies; measured: 402 MiB at 5,834 tokens, 427 at 65,710
)
PROCESS_BYTES = 300 * 2**20  # Python with torch and the tokenizer, measured: 290 MiB
# of one token outside the state: its id and place in the text, the rows of the heads and their copy
TOKEN_BYTES = 500


@dataclass(frozen=True)
class Speed:
    """Multiply-adds a second of prefill: of matrix products and delta rule, and of attention.

    The defaults, of 2 cores, stand where `speed.measure_speed` measured nothing. Their relation
    varies: torch's attention ran at a third of the speed of its products in bf16 on Zen 5, and with
    that weight a read in float32 with AVX2 was planned twice as long as it took.
    """

    dense: float = 60e9
    attention: float = 20e9


@dataclass(frozen=True)
class ReaderCost:
    """Bytes of a checkpoint's reader and passage encoder: weights, and what one takes while it
    reads; `passage_macs`: multiply-adds of the passage encoder for a token."""

    weights_bytes: int = 0
    scratch_bytes: int = 0
    passage_macs: int = 0


@dataclass(frozen=True)
class Estimate:
    """Sizes in bytes, times in seconds; `mapped_bytes`: of weight files, in memory while they are
    unpacked, if ever.
    """

    tokens: int
    yarn_factor: float
    weights_bytes: int
    mapped_bytes: int
    state_bytes: int
    scratch_bytes: int
    disk_bytes: int
    seconds: float
    reader: ReaderCost

    @property
    def memory_bytes(self) -> int:
        """The most memory that the process takes to read, or to answer from what was read."""
        scratch = max(self.scratch_bytes, self.reader.scratch_bytes)
        reading = self.state_bytes + scratch + TOKEN_BYTES * self.tokens
        weights = self.weights_bytes + self.reader.weights_bytes
        return PROCESS_BYTES + weights + max(self.mapped_bytes, reading)


def longest_context(config: HybridConfig, yarn_factor: float) -> int:
    return min(
        int(config.native_context * yarn_factor), max(LONGEST_CONTEXT, config.native_context)
    )


def check_length(config: HybridConfig, yarn_factor: float, total: int) -> None:
    """Raises ContextTooLong where `total` tokens do not fit under a YaRN factor."""
    limit = longest_context(config, yarn_factor)
    if total > limit:
        raise ContextTooLong(
            f"{total:,} tokens do not fit a context of {limit:,} (YaRN factor {yarn_factor:g}); ask fewer documents at "
            "a time"
        )


def longest_possible_context(config: HybridConfig) -> int:
    return (
        max(LONGEST_CONTEXT, config.native_context)
        if config.can_stretch_context
        else config.native_context
    )


def yarn_factor_for(config: HybridConfig, tokens: int) -> float:
    """The smallest power of two that stretches the native context over `tokens`. Raises
    ContextTooLong: past 1,048,576, or past the native context of a checkpoint that YaRN does not
    stretch."""
    longest = longest_possible_context(config)
    if tokens > longest:
        raise ContextTooLong(
            f"{tokens:,} tokens are more than the longest context, {longest:,}; ask fewer documents at a time"
        )
    factor = 1
    while config.native_context * factor < tokens:
        factor *= 2
    return float(factor)


def parameters(config: HybridConfig) -> dict[str, int]:
    """Parameter counts: embedding (with an untied head), mlp, experts, delta, attention, norms,
    total, and active.

    `mlp` has the dense MLPs, the shared experts, and the routers; `experts` the others. `active` is
    what one token meets: all but the experts that it is not sent to, embedding and head counted
    whole.
    """
    hidden = config.hidden_size
    keys, values = config.delta_key_and_value_widths
    channels = 2 * keys + values
    heads = config.linear_num_value_heads
    delta = hidden * (channels + 2 * values + 2 * heads) + channels * config.linear_conv_kernel_dim
    delta += 2 * heads + config.linear_value_head_dim
    attention_layers = config.layer_types.count(FULL)
    sparse = sum(config.is_sparse_layer(number) for number in range(config.num_hidden_layers))
    counts = {
        "embedding": config.vocab_size * hidden * (1 if config.tie_word_embeddings else 2),
        "mlp": (config.num_hidden_layers - sparse) * 3 * hidden * config.intermediate_size
        + sparse * hidden * (3 * config.shared_expert_intermediate_size + config.num_experts + 1),
        "experts": sparse * config.num_experts * 3 * hidden * config.moe_intermediate_size,
        "delta": (config.num_hidden_layers - attention_layers) * delta,
        "attention": attention_layers * _attention_parameters(config),
        "norms": (2 * config.num_hidden_layers + 1) * hidden,
    }
    total = sum(counts.values())
    chosen = counts["experts"] * config.num_experts_per_tok // max(config.num_experts, 1)
    return counts | {"total": total, "active": total - counts["experts"] + chosen}


def _attention_parameters(config: HybridConfig) -> int:
    """Of one layer, with what is added to or normed after the projections."""
    queries = config.num_attention_heads * config.head_dim
    shared = config.num_key_value_heads * config.head_dim
    family = config.family
    matrices = config.hidden_size * (2 * queries + queries * family.gated + 2 * shared)
    return matrices + (queries + 2 * shared) * family.biased + 2 * config.head_dim * family.normed


def state_bytes(
    config: HybridConfig, tokens: int, item: int = 2, grid: int = 2_048
) -> dict[str, int]:
    """Bytes of a state of `tokens`: fixed (delta memories, tails), kv, and kv for one token of a
    whole block; `item`: of one number in the model's dtype, which the pending block is kept in."""
    attention_layers = config.layer_types.count(FULL)
    keys, values = config.delta_key_and_value_widths
    memory = (
        config.linear_num_value_heads
        * config.linear_key_head_dim
        * config.linear_value_head_dim
        * 4
    )
    tail = (config.linear_conv_kernel_dim - 1) * (2 * keys + values) * item
    elements = config.num_key_value_heads * config.head_dim
    whole = tokens // grid * grid
    scales = config.num_key_value_heads * INT8_SCALE_BYTES
    per_token = attention_layers * (
        (3 * elements + scales) if config.half_keys else 2 * (elements + scales)
    )
    per_token += int(attention_layers * elements * BOUND_BYTES)
    kv = whole * per_token + (tokens - whole) * attention_layers * 2 * elements * item
    fixed = (len(config.layer_types) - attention_layers) * (memory + tail)
    return {"fixed": fixed, "kv": kv, "kv_per_token": per_token}


def _widest_activation(config: HybridConfig) -> int:
    """Numbers that a token takes at once in the widest MLP or mixer."""
    inner = max(
        config.intermediate_size,
        config.shared_expert_intermediate_size,
        config.moe_intermediate_size,
    )
    keys, values = config.delta_key_and_value_widths
    delta = (
        2 * (2 * keys + values) + 2 * values
    )  # before and after the convolution, the gate, what comes out
    queries = config.num_attention_heads * config.head_dim
    attention = (
        7 * queries + 4 * config.num_key_value_heads * config.head_dim
    )  # with gates, turned, and gated again
    kinds = set(config.layer_types)
    used = [attention] * (FULL in kinds) + [delta] * (len(kinds - {FULL}) > 0)
    return max(3 * inner + 3 * config.hidden_size, *used) + 3 * config.hidden_size


def macs_per_token(config: HybridConfig, tokens: int) -> tuple[float, float]:
    """Multiply-adds of a token in prefill, averaged over a text of `tokens`: dense ones, those of
    attention.
    """
    counts = parameters(config)
    weights = counts["active"] - counts["embedding"] - counts["norms"]
    near = min(tokens, _EXACT)
    context = (near * near / 2 + max(tokens - _EXACT, 0) * _READ_BEYOND) / max(tokens, 1)
    attention_layers = config.layer_types.count(FULL)
    heads = config.linear_num_value_heads
    key = config.linear_key_head_dim
    value = config.linear_value_head_dim
    chunk = heads * (3 * key * value + 64 * (2.5 * key + 1.5 * value))
    delta = (len(config.layer_types) - attention_layers) * chunk
    each = 2 * config.num_attention_heads * config.head_dim
    return weights + delta, attention_layers * each * context


def estimate(
    config: HybridConfig,
    tokens: int,
    *,
    item: int = 2,
    weights_on_disk: int = 0,
    packed: bool = False,
    speed: Speed | None = None,
    reader: ReaderCost | None = None,
) -> Estimate:
    """Plans a read of `tokens` tokens; raises ContextTooLong past 1,048,576.

    `item`: bytes of a number in the compute dtype. `weights_on_disk`: bytes of the weight files,
    mapped while they are unpacked. `packed`: matrices stay mapped as in their files, and are all of
    the weights in memory. `speed`: of prefill here, or the defaults. `reader`: what reader and passage encoder take.
    """
    factor = yarn_factor_for(config, tokens)
    sizes = state_bytes(config, tokens, item)
    kept = (
        sizes["fixed"] * 3 + sizes["kv"]
    )  # the state, a fork for the question, the point being saved
    unpacked = min(tokens, _EXACT) * 2 * config.num_key_value_heads * config.head_dim * item
    unpacked = unpacked if FULL in config.layer_types else 0
    factor_of_scratch = PACKED_SCRATCH_FACTOR if packed else SCRATCH_FACTOR
    scratch = (
        factor_of_scratch * SCRATCH_TOKENS * _widest_activation(config) * 4
        + unpacked
        + config.vocab_size * 4
    )
    speed = speed or Speed()
    dense, attention = macs_per_token(config, tokens)
    reader = reader or ReaderCost()
    seconds = tokens * ((dense + reader.passage_macs) / speed.dense + attention / speed.attention)
    disk = sizes["kv"] + sizes["fixed"] * (3 + tokens // 16_384) + 4 * tokens
    weights = parameters(config)["total"] * item
    mapped = weights_on_disk
    if packed:
        weights = weights_on_disk
        mapped = 0
    return Estimate(tokens, factor, weights, mapped, kept, scratch, disk, seconds, reader)
