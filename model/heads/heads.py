"""The small heads beside a trunk, and the row of int8 that they want of every token that is read."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from docqa.model.heads.evidence import EvidenceHead
from docqa.model.heads.reader_text import SPAN_FILE

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.heads.span import SpanHead


class AnswerHeads:
    """`evidence` ranks passages, `span` points at answers; a checkpoint may have either, both or none.

    Both work on the output of layer calibration["evidence_layer"]. A token's row is the evidence head's vector
    followed by the span head's. The span head computes in torch, and is loaded when it is first used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """The heads in a checkpoint folder, none without one. Raises WeightsMismatch for a damaged evidence head."""
        self._folder = folder
        self.evidence = EvidenceHead.load(folder) if folder is not None else None

    @property
    def has_span(self) -> bool:
        """Whether there is a span head: then answers are cut from the documents, by what lies below its layer."""
        return self._folder is not None and (self._folder / SPAN_FILE).is_file()

    @cached_property
    def span(self) -> SpanHead | None:
        """None where there is none. Raises WeightsMismatch for a damaged file."""
        from docqa.model.heads.span import SpanHead

        return SpanHead.load(self._folder) if self._folder is not None else None

    def __bool__(self) -> bool:
        return self.evidence is not None or self.has_span

    def rows(self, hidden: Tensor) -> np.ndarray:
        """Layer output [tokens, hidden] to int8 [tokens, width], to be kept beside the state."""
        import torch

        parts = []
        with torch.inference_mode():
            if self.evidence is not None:
                parts.append(self.evidence.token_vectors(hidden.float().numpy()))
            if self.span is not None:
                parts.append(self.span.packed_rows(hidden).numpy())
        return np.concatenate(parts, -1)

    def evidence_rows(self, rows: np.ndarray) -> np.ndarray:
        """The evidence head's part of `rows`, int8 [tokens, dim]."""
        return rows[:, : self.evidence.dim if self.evidence is not None else 0]

    def span_rows(self, rows: np.ndarray) -> Tensor:
        """The span head's part of `rows`, as it was before it was packed: float [tokens, row]."""
        import torch

        assert self.span is not None
        start = self.evidence.dim if self.evidence is not None else 0
        return self.span.unpacked(torch.from_numpy(np.ascontiguousarray(rows[:, start:])))
