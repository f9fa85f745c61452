"""The sum over a token's experts in C++, several experts a call."""

import ctypes
from bisect import bisect_right
from ctypes import POINTER, Structure, c_int64, c_void_p
from itertools import accumulate

import torch
from torch import Tensor

from docqa.kernels.cpu.library import Library, contiguous_float32, structure_fields
from docqa.kernels.decode_step.native import PackedExperts, StepMatrix

from .sent import tokens_by_expert

ROWS = 1_024  # of results that a call is given room for, but for a single expert of more tokens


class ExpertsCall(Structure):
    _fields_ = [
        *structure_fields(c_int64, "hidden count"),
        ("pairs", POINTER(StepMatrix)),
        *structure_fields(c_void_p, "first token share x made out"),
    ]


def mix_native(
    x: Tensor, chosen: Tensor, weights: Tensor, bank: PackedExperts, *, library: Library
) -> Tensor:
    """As `mix_experts`, the bits of `mix_grouped`; x float32, a bank of packed experts."""
    x, out = contiguous_float32(x), torch.zeros(x.shape)
    hit, counts, tokens, shares = tokens_by_expert(chosen, contiguous_float32(weights))
    at = start = 0
    while at < len(hit):
        fitting = bisect_right(list(accumulate(counts[at:])), ROWS)
        pairs = [bank.pairs[number] for number in hit[at : at + max(fitting, 1)]]
        behind = list(accumulate(counts[at : at + len(pairs)], initial=0))
        table = (StepMatrix * (2 * len(pairs)))(
            *(StepMatrix.from_matrix(matrix) for pair in pairs for matrix in pair)
        )
        first = torch.tensor(behind)
        made = torch.empty(behind[-1], x.shape[1])
        part = slice(start, start + behind[-1])
        call = ExpertsCall(
            x.shape[1],
            len(pairs),
            table,
            first.data_ptr(),
            tokens[part].data_ptr(),
            shares[part].data_ptr(),
            x.data_ptr(),
            made.data_ptr(),
            out.data_ptr(),
        )
        library.call_function("experts", ctypes.byref(call))
        at = at + len(pairs)
        start = start + behind[-1]
    return out
