"""Gated delta rule in chunks (WY form): matrix products instead of a loop over tokens.

Notation of the comments: inside a chunk gamma_i is the running sum of the log decays, Gamma_ij =
exp(gamma_i - gamma_j) for j <= i, A = strictly lower part of diag(beta) K K^T * Gamma. Then (I + A)
U = diag(beta)(V - diag(e^gamma) K S0), O = diag(e^gamma) Q S0 + (Q K^T * Gamma) U and S =
e^{gamma_C} S0 + (diag(e^{gamma_C - gamma}) K)^T U. Source: Yang, Kautz, Hatamizadeh 2024 (arXiv
2412.06464), section 3; no exponent used here is above 0.
"""

import torch
from torch import Tensor
from torch.nn import functional

from .reference import at_work_precision

CHUNK = 64


def _unit_lower_inverse(strict: Tensor) -> Tensor:
    """(I + A)^-1 for strictly lower-triangular A [..., chunk, chunk]."""
    identity = torch.eye(strict.shape[-1], dtype=strict.dtype, device=strict.device)
    return torch.linalg.solve_triangular(
        strict, identity.expand_as(strict), upper=False, unitriangular=True
    )


def _split_into_chunks(x: Tensor, count: int, chunk: int) -> Tensor:
    """[batch, seq, heads, ...] -> [count, batch, heads, chunk, ...], the chunk axis outermost for
    the serial loop.
    """
    batch, _, heads = x.shape[:3]
    return x.view(batch, count, chunk, heads, *x.shape[3:]).transpose(2, 3).transpose(0, 1)


def delta_rule_chunked(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None = None,
    chunk: int = CHUNK,
) -> tuple[Tensor, Tensor]:
    """As `delta_rule_reference`, in chunks of `chunk`, a power of two. A short last one is filled
    with k = v = q = 0, beta = 0 and decay = 0, which changes neither outputs nor state."""
    batch, seq, heads, _ = k.shape
    count = -(-seq // chunk)
    missing = count * chunk - seq
    q, k, values, decay, beta, memory = at_work_precision(q, k, v, decay, beta, state)
    work = k.dtype
    if missing:
        q, k, values, decay, beta = (
            functional.pad(x, (0, 0) * (x.ndim - 2) + (0, missing))
            for x in (q, k, values, decay, beta)
        )
    q, k, values, decay, beta = (
        _split_into_chunks(x, count, chunk) for x in (q, k, values, decay, beta)
    )

    # In float64: after a token that forgets nearly all, differences of large sums are what small
    # decays come from.
    sums = decay.double().cumsum(3)  # [count, batch, heads, chunk]
    keys_beta = k * beta[..., None]
    lower = torch.ones(chunk, chunk, dtype=torch.bool, device=k.device).tril()
    difference = (
        (sums[..., :, None] - sums[..., None, :]).to(work).masked_fill(~lower, float("-inf"))
    )
    ratio = difference.exp()  # Gamma, with its diagonal
    strict = keys_beta @ k.transpose(-1, -2) * ratio
    attention = q @ k.transpose(-1, -2) * ratio
    sums = sums[..., None]
    gamma = sums.to(work)
    left = (sums[..., -1:, :] - sums).to(work)
    inverse = _unit_lower_inverse(strict.tril(-1))
    grown = gamma.exp()
    values_solved = inverse @ (values * beta[..., None])
    keys_solved = inverse @ (keys_beta * grown)
    queries = q * grown
    keys_left = (k * left.exp()).transpose(-1, -2)
    remaining = gamma[..., -1, :].exp()[..., None]

    outputs = []
    for i in range(count):
        writes = values_solved[i] - keys_solved[i] @ memory
        outputs.append(queries[i] @ memory + attention[i] @ writes)
        memory = memory * remaining[i] + keys_left[i] @ writes
    out = torch.stack(outputs, 1).transpose(2, 3).reshape(batch, count * chunk, heads, v.shape[-1])
    return out[:, :seq].to(v.dtype), memory
