"""The passage encoder: a small encoder that makes one vector of a passage, and one of a question.

A passage is read once, by itself, before any question; a question is near the passages that answer
it, in whatever words (Karpukhin et al. 2020, "Dense Passage Retrieval", arXiv 2004.04906; Reimers
and Gurevych 2019, "Sentence-BERT", arXiv 1908.10084, whose mean over the tokens it is). It knows
the reader's word pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docqa.kernels.native import library_to_use
from docqa.model.checkpoints.weights import file_digest
from docqa.model.native.encoder import load_encoder

from .reader_text import (
    LONGEST_PASSAGE,
    PASSAGE_ENCODER_FILE,
    PASSAGES_TOGETHER,
    READER_TOKENIZER,
    ReaderTokenizer,
    groups_of_like_length,
)


class PassageEncoder:
    """The mean of an encoder's states of a text. `identity`: a sum of the file it came from."""

    def __init__(self, folder: Path) -> None:
        """Raises WeightsMissing, WeightsMismatch: its file, or the tokenizer, is damaged."""
        path = folder / PASSAGE_ENCODER_FILE
        self.tokenizer = ReaderTokenizer(folder / READER_TOKENIZER)
        self._encoder, _ = load_encoder([path], library_to_use())
        self.identity = file_digest(path).hex()

    @classmethod
    def load(cls, folder: Path) -> PassageEncoder | None:
        """That of a checkpoint folder, or None. Raises WeightsMissing, WeightsMismatch."""
        return cls(folder) if (folder / PASSAGE_ENCODER_FILE).is_file() else None

    def vectors(self, texts: Sequence[str], *, asked: bool = False) -> np.ndarray:
        """Unit vectors of texts, float32 [texts, dim], of questions (`asked`) likewise."""
        ids = [self.tokenizer.encode(" ".join(text.split()))[:LONGEST_PASSAGE] for text in texts]
        ids = [[self.tokenizer.begin, *text, self.tokenizer.between] for text in ids]
        found = np.empty((len(ids), self._encoder.shape.hidden), np.float32)
        for group in groups_of_like_length([len(text) for text in ids], PASSAGES_TOGETHER):
            states, starts = self._encoder.states([ids[number] for number in group])
            mean = np.add.reduceat(states, starts[:-1], axis=0) / np.diff(starts)[:, None]
            found[group] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
        return found
