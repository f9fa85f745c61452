"""The small heads beside a trunk, and the row of int8 that they want of every token that is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.heads.evidence import EvidenceHead
from docqa.model.heads.span import SpanHead


@dataclass(frozen=True)
class AnswerHeads:
    """`evidence` ranks passages, `span` points at answers; a checkpoint may have either, both or none.

    Both work on the output of layer calibration["evidence_layer"]. A token's row is the evidence head's vector
    followed by the span head's.
    """

    evidence: EvidenceHead | None = None
    span: SpanHead | None = None

    @classmethod
    def load(cls, folder: Path) -> AnswerHeads:
        """The heads of a checkpoint folder. Raises WeightsMismatch for a damaged file."""
        return cls(EvidenceHead.load(folder), SpanHead.load(folder))

    def __bool__(self) -> bool:
        return self.evidence is not None or self.span is not None

    def rows(self, hidden: Tensor) -> Tensor:
        """Layer output [tokens, hidden] to int8 [tokens, width], to be kept beside the state."""
        with torch.inference_mode():
            parts = []
            if self.evidence is not None:
                parts.append(self.evidence.token_vectors(hidden))
            if self.span is not None:
                parts.append(self.span.packed_rows(hidden))
            return torch.cat(parts, -1)

    def evidence_rows(self, rows: Tensor) -> Tensor:
        """The evidence head's part of `rows`, int8 [tokens, dim]."""
        return rows[:, : self.evidence.dim if self.evidence is not None else 0]

    def span_rows(self, rows: Tensor) -> Tensor:
        """The span head's part of `rows`, as it was before it was packed: float [tokens, row]."""
        start = self.evidence.dim if self.evidence is not None else 0
        return SpanHead.unpacked(rows[:, start:])
