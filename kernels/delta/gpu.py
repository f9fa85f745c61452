"""Gated delta rule in Triton: chunks for a text, the recurrence for a few tokens. Importing this
module needs Triton.

Notation and formulas of `chunked.py`: Yang, Kautz, Hatamizadeh 2024, "Gated Delta Networks" (arXiv
2412.06464), section 3, on the WY form of Yang et al. 2024, "Parallelizing Linear Transformers with
the Delta Rule over Sequence Length" (arXiv 2406.06484), section 3. What needs no state is done for
all chunks at once (`_solve_chunks`); one program for a head and a tile of value columns then walks
the chunks with its part of the state in registers (`_walk_chunks`).

The logarithm of a decay ratio is the sum of the decays between two tokens, not a difference of
running sums: nothing cancels, it is at most 0, and a decay of -inf is no special case.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from docqa.kernels import gpu

from .chunked import delta_rule_chunked
from .recurrent import delta_rule_recurrent

# a wider state tile does not fit the registers of a program, and no published model has one
WIDEST_KEY = 128
PIECE = 64  # key dimensions that are multiplied at once where a whole row need not be held
SCRATCH = (
    256 * 2**20
)  # bytes; a longer text is read in parts of whole chunks, which does not change its bits
# of products with keys, values and state: float32 to about its last bit, on tensor cores
PRECISION = "tf32x3"


@triton.jit
def _unit_lower_inverse(strict, SIZE: tl.constexpr, LEVELS: tl.constexpr):
    """(I + strict)^-1 for a strictly lower-triangular tile [SIZE, SIZE], SIZE = 2 ** LEVELS, in
    float32. Diagonal blocks are merged pairwise: stable where powers of `strict` grow."""
    row = tl.arange(0, SIZE)[:, None]
    column = tl.arange(0, SIZE)[None, :]
    pairs = (row // 2 == column // 2) & (row > column)
    inverse = tl.where(row == column, 1.0, 0.0) - tl.where(pairs, strict, 0.0)
    for level in range(1, LEVELS):
        together = (row >> (level + 1)) == (column >> (level + 1))
        lower_left = together & (((row >> level) & 1) == 1) & (((column >> level) & 1) == 0)
        between = tl.where(lower_left, strict, 0.0)
        product = tl.dot(between, inverse, input_precision="ieee")
        inverse -= tl.dot(inverse, product, input_precision="ieee")
    return inverse


@triton.jit(do_not_specialize=["seq", "count"])
def _solve_chunks(
    q,
    k,
    decay,
    beta,
    solved,
    attention,
    grown,
    left,
    k_batch,
    k_seq,
    k_head,
    seq,
    heads,
    count,
    key_dim,
    scale,
    CHUNK: tl.constexpr,
    LEVELS: tl.constexpr,
    PIECE: tl.constexpr,
    PRECISE: tl.constexpr,
):
    """One chunk of one head: (I + A)^-1 diag(beta), scale * Q K^T * Gamma, e^gamma and e^(gamma_C -
    gamma).
    """
    program = tl.program_id(0).to(tl.int64)
    part = program % count
    batch = program // count // heads
    head = program // count % heads
    index = tl.arange(0, CHUNK)
    tokens = part * CHUNK + index
    inside = tokens < seq
    gates = (batch * seq + tokens) * heads + head
    decays = tl.load(decay + gates, mask=inside, other=0.0)
    betas = tl.load(beta + gates, mask=inside, other=0.0)
    overlap = tl.zeros([CHUNK, CHUNK], tl.float32)
    scores = tl.zeros([CHUNK, CHUNK], tl.float32)
    for first in range(0, key_dim, PIECE):
        columns = first + tl.arange(0, PIECE)
        places = batch * k_batch + head * k_head + tokens[:, None] * k_seq + columns[None, :]
        mask = inside[:, None] & (columns < key_dim)[None, :]
        keys = tl.load(k + places, mask=mask, other=0.0).to(tl.float32)
        queries = tl.load(q + places, mask=mask, other=0.0).to(tl.float32)
        turned = tl.trans(keys)
        overlap = tl.dot(keys, turned, overlap, input_precision=PRECISE)
        scores = tl.dot(queries, turned, scores, input_precision=PRECISE)

    below = index[:, None] > index[None, :]
    sums = tl.cumsum(
        tl.where(below, decays[:, None], 0.0), 0
    )  # [i, j]: the decays of tokens j + 1 to i
    ratio = tl.where(index[:, None] >= index[None, :], tl.exp(sums), 0.0)
    strict = tl.where(below, overlap * ratio * betas[:, None], 0.0)
    inverse = _unit_lower_inverse(strict, CHUNK, LEVELS)

    squares = program * CHUNK * CHUNK + index[:, None] * CHUNK + index[None, :]
    tl.store(solved + squares, inverse * betas[None, :])
    tl.store(attention + squares, scores * scale * ratio)
    tl.store(grown + program * CHUNK + index, tl.exp(tl.cumsum(decays, 0)))
    behind = tl.sum(tl.where(index[:, None] == CHUNK - 1, sums, 0.0), 0)
    tl.store(left + program * CHUNK + index, tl.exp(behind))


@triton.jit(do_not_specialize=["seq", "count"])
def _walk_chunks(
    q,
    k,
    v,
    solved,
    attention,
    grown,
    left,
    before,
    after,
    out,
    k_batch,
    k_seq,
    k_head,
    v_batch,
    v_seq,
    v_head,
    out_batch,
    out_seq,
    out_head,
    seq,
    heads,
    count,
    tiles,
    key_dim,
    value_dim,
    scale,
    HAS_STATE: tl.constexpr,
    CHUNK: tl.constexpr,
    KEYS: tl.constexpr,
    VALUES: tl.constexpr,
    PRECISE: tl.constexpr,
):
    """All chunks of one head, for a tile of value columns: outputs and the last state."""
    program = tl.program_id(0).to(tl.int64)
    pair = program // tiles  # batch and head
    batch = pair // heads
    head = pair % heads
    index = tl.arange(0, CHUNK)
    rows = tl.arange(0, KEYS)
    columns = program % tiles * VALUES + tl.arange(0, VALUES)
    known = rows < key_dim
    wanted = columns < value_dim
    cells = pair * key_dim * value_dim + rows[:, None] * value_dim + columns[None, :]
    held = known[:, None] & wanted[None, :]
    memory = tl.zeros([KEYS, VALUES], tl.float32)
    if HAS_STATE:
        memory += tl.load(before + cells, mask=held, other=0.0)
    for part in range(count):
        chunk = pair * count + part
        tokens = (part * CHUNK + index).to(tl.int64)
        inside = tokens < seq
        places = batch * k_batch + head * k_head + tokens[:, None] * k_seq + rows[None, :]
        mask = inside[:, None] & known[None, :]
        keys = tl.load(k + places, mask=mask, other=0.0).to(tl.float32)
        queries = tl.load(q + places, mask=mask, other=0.0).to(tl.float32) * scale
        places = batch * v_batch + head * v_head + tokens[:, None] * v_seq + columns[None, :]
        mask = inside[:, None] & wanted[None, :]
        values = tl.load(v + places, mask=mask, other=0.0).to(tl.float32)
        growth = tl.load(grown + chunk * CHUNK + index)
        remains = tl.load(left + chunk * CHUNK + index)
        squares = chunk * CHUNK * CHUNK + index[:, None] * CHUNK + index[None, :]

        missing = values - tl.dot(keys, memory, input_precision=PRECISE) * growth[:, None]
        writes = tl.dot(tl.load(solved + squares), missing, input_precision=PRECISE)
        result = tl.dot(queries, memory, input_precision=PRECISE) * growth[:, None]
        result += tl.dot(tl.load(attention + squares), writes, input_precision=PRECISE)
        places = batch * out_batch + head * out_head + tokens[:, None] * out_seq + columns[None, :]
        tl.store(out + places, result.to(out.dtype.element_ty), mask=mask)
        # Tokens past the end decay nothing, so the last entry of a short chunk is that of its last
        # token.
        kept = tl.load(grown + chunk * CHUNK + CHUNK - 1)
        memory = memory * kept + tl.dot(
            tl.trans(keys * remains[:, None]), writes, input_precision=PRECISE
        )
    tl.store(after + cells, memory, mask=held)


@triton.jit(do_not_specialize=["seq"])
def _walk_tokens(
    q,
    k,
    v,
    decay,
    beta,
    before,
    after,
    out,
    k_batch,
    k_seq,
    k_head,
    v_batch,
    v_seq,
    v_head,
    out_batch,
    out_seq,
    out_head,
    seq,
    heads,
    tiles,
    key_dim,
    value_dim,
    scale,
    HAS_STATE: tl.constexpr,
    KEYS: tl.constexpr,
    VALUES: tl.constexpr,
):
    """The recurrence of one head for a tile of value columns."""
    program = tl.program_id(0).to(tl.int64)
    pair = program // tiles  # batch and head
    batch = pair // heads
    head = pair % heads
    rows = tl.arange(0, KEYS)
    columns = program % tiles * VALUES + tl.arange(0, VALUES)
    known = rows < key_dim
    wanted = columns < value_dim
    cells = pair * key_dim * value_dim + rows[:, None] * value_dim + columns[None, :]
    held = known[:, None] & wanted[None, :]
    memory = tl.zeros([KEYS, VALUES], tl.float32)
    if HAS_STATE:
        memory += tl.load(before + cells, mask=held, other=0.0)
    keys = batch * k_batch + head * k_head + rows
    values = batch * v_batch + head * v_head + columns
    gates = batch * seq * heads + head
    results = batch * out_batch + head * out_head + columns
    for _ in range(seq):
        key = tl.load(k + keys, mask=known, other=0.0).to(tl.float32)
        query = tl.load(q + keys, mask=known, other=0.0).to(tl.float32) * scale
        value = tl.load(v + values, mask=wanted, other=0.0).to(tl.float32)
        memory *= tl.exp(tl.load(decay + gates))
        write = tl.load(beta + gates) * (value - tl.sum(memory * key[:, None], 0))
        memory += key[:, None] * write[None, :]
        result = tl.sum(memory * query[:, None], 0)
        tl.store(out + results, result.to(out.dtype.element_ty), mask=wanted)
        keys += k_seq
        values += v_seq
        gates += heads
        results += out_seq
    tl.store(after + cells, memory, mask=held)


def _make_columns_contiguous(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Neighbouring columns side by side, q laid out as k is; copied only where they are not."""
    if q.stride() != k.stride() or k.stride(-1) != 1:
        q = q.contiguous()
        k = k.contiguous()
    return q, k, v if v.stride(-1) == 1 else v.contiguous()


def _run_part(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None,
    out: Tensor,
    chunk: int,
) -> Tensor:
    """Reads a part of a text into `out` [batch, seq, heads, value_dim]; returns the state after
    it.
    """
    batch, seq, heads, key_dim = k.shape
    value_dim = v.shape[-1]
    count = triton.cdiv(seq, chunk)
    size = gpu.block_sizes(k.device)
    solved, attention = k.new_empty(
        2, batch * heads * count, chunk, chunk, dtype=torch.float32
    ).unbind()
    grown, left = k.new_empty(2, batch * heads * count, chunk, dtype=torch.float32).unbind()
    after = k.new_empty(batch, heads, key_dim, value_dim, dtype=torch.float32)
    keys = gpu.power_of_two(key_dim, 16)
    tiles = triton.cdiv(value_dim, size.values)
    _solve_chunks[(batch * heads * count,)](
        q,
        k,
        decay.float().contiguous(),
        beta.float().contiguous(),
        solved,
        attention,
        grown,
        left,
        *k.stride()[:3],
        seq,
        heads,
        count,
        key_dim,
        key_dim**-0.5,
        CHUNK=chunk,
        LEVELS=chunk.bit_length() - 1,
        PIECE=min(keys, PIECE),
        PRECISE=PRECISION,
        **gpu.launch_options(size.delta_warps, stages=2),
    )
    _walk_chunks[(batch * heads * tiles,)](
        q,
        k,
        v,
        solved,
        attention,
        grown,
        left,
        after if state is None else state,
        after,
        out,
        *k.stride()[:3],
        *v.stride()[:3],
        *out.stride()[:3],
        seq,
        heads,
        count,
        tiles,
        key_dim,
        value_dim,
        key_dim**-0.5,
        HAS_STATE=state is not None,
        CHUNK=chunk,
        KEYS=keys,
        VALUES=size.values,
        PRECISE=PRECISION,
        **gpu.launch_options(size.delta_warps),
    )
    return after


def delta_rule_gpu(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None = None,
    chunk: int | None = None,
    scratch: int = SCRATCH,
) -> tuple[Tensor, Tensor]:
    """As `delta_rule_reference`, in chunks, float32 inside; not differentiable.

    `chunk`: a power of two, at least 16; by default what suits the device. What is worked out ahead
    of the walk takes up to `scratch` bytes, at least one chunk. Keys of more than 128 dimensions go
    through torch.
    """
    batch, seq, heads, key_dim = k.shape
    if key_dim > WIDEST_KEY:
        return delta_rule_chunked(q, k, v, decay=decay, beta=beta, state=state)
    chunk = chunk or gpu.block_sizes(k.device).chunk
    q, k, v = _make_columns_contiguous(q, k, v)
    out = v.new_empty(v.shape)
    memory = None if state is None else state.float().contiguous()
    most = scratch // (8 * (chunk + 1) * batch * heads)  # tokens
    step = max(1, most // chunk) * chunk
    with gpu.on_device(k.device):
        for start in range(0, seq, step):
            part = slice(start, start + step)
            memory = _run_part(
                q[:, part],
                k[:, part],
                v[:, part],
                decay[:, part],
                beta[:, part],
                memory,
                out[:, part],
                chunk,
            )
    return out, memory if memory is not None else k.new_zeros(
        batch, heads, key_dim, v.shape[-1], dtype=torch.float32
    )


def delta_step_gpu(
    q: Tensor, k: Tensor, v: Tensor, *, decay: Tensor, beta: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The recurrence of few tokens, as `delta_rule_reference`; not differentiable. Keys of over 128
    dims: by torch.
    """
    batch, seq, heads, key_dim = k.shape
    if key_dim > WIDEST_KEY:
        return delta_rule_recurrent(q, k, v, decay=decay, beta=beta, state=state)
    q, k, v = _make_columns_contiguous(q, k, v)
    out = v.new_empty(v.shape)
    value_dim = v.shape[-1]
    size = gpu.block_sizes(k.device)
    after = k.new_empty(batch, heads, key_dim, value_dim, dtype=torch.float32)
    before = after if state is None else state.float().contiguous()
    tiles = triton.cdiv(value_dim, size.values)
    with gpu.on_device(k.device):
        _walk_tokens[(batch * heads * tiles,)](
            q,
            k,
            v,
            decay.float().contiguous(),
            beta.float().contiguous(),
            before,
            after,
            out,
            *k.stride()[:3],
            *v.stride()[:3],
            *out.stride()[:3],
            seq,
            heads,
            tiles,
            key_dim,
            value_dim,
            key_dim**-0.5,
            HAS_STATE=state is not None,
            KEYS=gpu.power_of_two(key_dim, 16),
            VALUES=size.values,
            **gpu.launch_options(size.warps),
        )
    return out, after
