"""Evidence that understands: late interaction between a question's tokens and every token that was read.

While a document is read, the output of one layer is projected to a small unit vector a token, kept as int8 beside the
state: an index that costs one matrix product. A question's tokens are projected likewise, each with a weight; a span
(passage, sentence) scores the weighted mean, over the question's tokens, of the best cosine inside the span.
Source of the scoring: Khattab and Zaharia 2020, "ColBERT" (arXiv 2004.12832), with learned question weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.checkpoints.weights import HEAD_FILES, head_tensors
from docqa.model.errors import WeightsMismatch

EVIDENCE_FILE = HEAD_FILES[0]
TOKENS_AT_ONCE = 65_536  # document tokens compared in one product, so that memory stays bounded


@dataclass(frozen=True)
class QuestionVectors:
    """A question as unit vectors [tokens, dim] and their weights [tokens], which sum to 1."""

    vectors: Tensor
    weights: Tensor


def standardised(hidden: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Hidden states [.., hidden] with mean 0 and deviation 1, float32.

    Clamped: a few tokens carry outliers of thousands of deviations, which would drown everything else.
    """
    return ((hidden.float() - mean) * scale).clamp(-8, 8)


@dataclass(frozen=True)
class EvidenceHead:
    """Projections of the output of layer calibration["evidence_layer"]; `mean`, `scale` [hidden] standardise it."""

    mean: Tensor
    scale: Tensor
    token: Tensor  # [dim, hidden]
    question: Tensor  # [dim, hidden]
    weight: Tensor  # [hidden]
    bias: Tensor  # []

    @property
    def dim(self) -> int:
        return self.token.shape[0]

    def token_vectors(self, hidden: Tensor) -> Tensor:
        """Hidden states [tokens, hidden] to int8 [tokens, dim]; divided by 127 they are unit vectors."""
        unit = functional.normalize(standardised(hidden, self.mean, self.scale) @ self.token.T, dim=-1)
        return (unit * 127).round().to(torch.int8)

    def question_vectors(self, hidden: Tensor) -> QuestionVectors:
        """Hidden states [tokens, hidden] of `prompt.question_text` in a fresh state to vectors and weights."""
        states = standardised(hidden, self.mean, self.scale)
        vectors = functional.normalize(states @ self.question.T, dim=-1)
        weights = functional.softplus(states @ self.weight + self.bias) + 1e-4
        return QuestionVectors(vectors, weights / weights.sum())

    def scores(self, question: QuestionVectors, tokens: Tensor, spans: Sequence[tuple[int, int]]) -> Tensor:
        """Score of each span (start, end), half-open and in ascending order, over int8 tokens [n, dim]: [spans].

        Between -1 and 1; an empty span scores -1.
        """
        result = torch.full((len(spans),), -1.0)
        first = 0
        while first < len(spans):
            base, last = spans[first][0], first + 1
            while last < len(spans) and spans[last][1] - base <= TOKENS_AT_ONCE:
                last += 1
            stop = max(end for _, end in spans[first:last])
            similar = question.vectors @ (tokens[base:stop].float() / 127).T  # [question tokens, tokens]
            for number in range(first, last):
                start, end = spans[number]
                if end > start:
                    result[number] = similar[:, start - base : end - base].amax(1) @ question.weights
            first = last
        return result

    @classmethod
    def load(cls, folder: Path) -> EvidenceHead | None:
        """The head beside a checkpoint's weights, or None where a checkpoint has none.

        Raises:
            WeightsMismatch: the file is damaged or is no evidence head.
        """
        path = folder / EVIDENCE_FILE
        tensors = head_tensors(path)
        if tensors is None:
            return None
        try:
            return cls(**{name: tensor.float() for name, tensor in tensors.items()})
        except TypeError as error:
            raise WeightsMismatch(f"{path}: this is not an evidence head ({error}); fetch the folder again") from error
