"""Evidence that understands: late interaction between a question's tokens and every token that was
read.

While a document is read, the output of one layer is projected to a small unit vector a token, kept
as int8 beside the state: an index that costs one matrix product, and small ones beside the matrices
of the layers below (adapters). A question's tokens are projected likewise, each with a weight; a
span (passage, sentence) scores the weighted mean, over the question's tokens, of the best cosine
inside the span. Source of the scoring: Khattab and Zaharia 2020, "ColBERT" (arXiv 2004.12832), with
learned question weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docqa.model.checkpoints.mapped import MappedTensors, load_stored_arrays
from docqa.model.checkpoints.weights import EVIDENCE_FILE

ADAPTERS = "adapters."
TOKENS_AT_ONCE = 65_536  # document tokens compared in one product, so that memory stays bounded


@dataclass(frozen=True)
class QuestionVectors:
    """A question as unit vectors [tokens, dim] and their weights [tokens], which sum to 1."""

    vectors: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class EvidenceHead:
    """Projections of the output of layer calibration["evidence_layer"]; `mean`, `scale` [hidden]
    standardise it. float32."""

    mean: np.ndarray
    scale: np.ndarray
    token: np.ndarray  # [dim, hidden]
    question: np.ndarray  # [dim, hidden]
    weight: np.ndarray  # [hidden]
    bias: np.ndarray  # []

    @property
    def dim(self) -> int:
        return len(self.token)

    def _standardise_states(self, hidden: np.ndarray) -> np.ndarray:
        """Mean 0 and deviation 1, float32, clamped: a few tokens have outliers of thousands of
        deviations.
        """
        return np.clip((hidden - self.mean) * self.scale, -8, 8)

    def token_vectors(self, hidden: np.ndarray) -> np.ndarray:
        """Hidden states [tokens, hidden] to int8 [tokens, dim]; divided by 127 they are unit
        vectors.
        """
        return (
            (_unit_vectors(self._standardise_states(hidden) @ self.token.T) * 127)
            .round()
            .astype(np.int8)
        )

    def question_vectors(self, hidden: np.ndarray) -> QuestionVectors:
        """Hidden states [tokens, hidden] of `prompt.question_text` in a fresh state to vectors and
        weights.
        """
        states = self._standardise_states(hidden)
        weights = np.logaddexp(0, states @ self.weight + self.bias) + 1e-4
        return QuestionVectors(_unit_vectors(states @ self.question.T), weights / weights.sum())

    def scores(
        self, question: QuestionVectors, tokens: np.ndarray, spans: Sequence[tuple[int, int]]
    ) -> np.ndarray:
        """Score, -1 to 1, of each span (start, end), half-open and ascending, over int8 tokens [n,
        dim]: [spans]; -1 of an empty one."""
        result = np.full(len(spans), -1.0, np.float32)
        filled = [number for number, (start, end) in enumerate(spans) if end > start]
        at = 0
        while at < len(filled):
            base = spans[filled[at]][0]
            last = at + 1
            while last < len(filled) and spans[filled[last]][1] - base <= TOKENS_AT_ONCE:
                last += 1
            group = filled[at:last]
            stop = max(spans[number][1] for number in group)
            # [tokens, question tokens]; one row more, so that the end of the last span is a row too
            similar = np.empty((stop - base + 1, len(question.weights)), np.float32)
            np.matmul(
                tokens[base:stop].astype(np.float32), question.vectors.T / 127, out=similar[:-1]
            )
            edges = np.array([spans[number] for number in group]).ravel() - base
            best = np.maximum.reduceat(similar, edges, axis=0)[
                ::2
            ]  # every other one is of what lies between spans
            result[group] = best @ question.weights
            at = last
        return result

    @classmethod
    def load(cls, folder: Path) -> EvidenceHead | None:
        """The head of a checkpoint folder, or None. Raises WeightsMismatch: the file is damaged or
        no evidence head.
        """
        path = folder / EVIDENCE_FILE
        return load_stored_arrays(path, cls, "an evidence head", beside=ADAPTERS)


def load_evidence_adapters(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What is added to matrices of the layers below, for the head alone, by module: (down [rank,
    in], up [out, rank]), float32 (LoRA, Hu et al. 2021, arXiv 2106.09685). Raises WeightsMismatch:
    the file is damaged."""
    path = folder / EVIDENCE_FILE
    if not path.is_file():
        return {}
    stored = MappedTensors(path)
    modules = {
        name.removeprefix(ADAPTERS).rpartition(".")[0]
        for name in stored.tensor_locations()
        if name.startswith(ADAPTERS)
    }

    def part(module: str, which: str) -> np.ndarray:
        return np.asarray(stored.array(f"{ADAPTERS}{module}.{which}"), np.float32)

    return {module: (part(module, "down"), part(module, "up")) for module in sorted(modules)}


def _unit_vectors(x: np.ndarray) -> np.ndarray:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12))
