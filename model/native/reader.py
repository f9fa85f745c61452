"""The reader and the passage encoder on numpy and native kernels, from the same files as those in torch.

What they compute is in model/heads/cross_encoder.py and passage_encoder.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from docqa.kernels.cpu import Library
from docqa.model.checkpoints.weights import file_digest
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.encoder_shape import shape_of
from docqa.model.heads.excerpt_reading import ExcerptLogits
from docqa.model.heads.reader_text import (
    EXCERPTS_TOGETHER,
    FORMS,
    LONGEST_PASSAGE,
    PASSAGE_ENCODER_FILE,
    PASSAGES_TOGETHER,
    READER_TOKENIZER,
    SUPPORT,
    VERDICTS,
    Pair,
    ReaderTokenizer,
    of_like_length,
    reader_files,
)
from docqa.model.native.encoder import BiasedMatrix, NativeEncoder
from docqa.model.native.tensors import FolderTensors

_EPS = float(np.finfo(np.float32).eps)


class _Dense:
    """A small matrix and what is added to its products."""

    def __init__(self, tensors: FolderTensors, name: str, shape: tuple[int, int]) -> None:
        self._weight = tensors.dense(f"{name}.weight", shape)
        self._shift = tensors.dense(f"{name}.shift", shape[:1])

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(x @ self._weight.T + self._shift)


class _TwoLayers:
    """Two layers on the state of the first token; `unit`: brought to a root mean square of 1 before."""

    def __init__(self, tensors: FolderTensors, name: str, hidden: int, outputs: int, library: Library) -> None:
        shape, wide = (hidden, hidden), f"{name}.0"
        packed = f"{wide}.q" in tensors  # small ones are not
        self._first = (
            partial(BiasedMatrix.of(tensors, wide, shape), library=library) if packed else _Dense(tensors, wide, shape)
        )
        self._second = _Dense(tensors, f"{name}.2", (outputs, hidden))

    def __call__(self, x: np.ndarray, *, unit: bool = False) -> np.ndarray:
        if unit:
            x = x / np.sqrt(np.square(x).mean(-1, keepdims=True) + _EPS)
        return self._second(np.tanh(self._first(np.ascontiguousarray(x))))


class NativeReader:
    """An `ExcerptReader`."""

    def __init__(self, folder: Path, library: Library) -> None:
        """From the reader's files in `folder`. Raises WeightsMissing, WeightsMismatch: a file is damaged or missing."""
        files = reader_files(folder)
        self.tokenizer = ReaderTokenizer(folder / READER_TOKENIZER)
        tensors = FolderTensors(files)
        try:
            shape = shape_of(tensors.metadata)
        except (KeyError, ValueError) as error:
            raise WeightsMismatch(f"{files[0]}: this is not a reader ({error}); fetch {folder} again") from error
        self._encoder = NativeEncoder(tensors, shape, library)
        head, hidden = partial(_TwoLayers, tensors, library=library), shape.hidden
        self._ends, self._items = (_Dense(tensors, f"head.{name}", (2, hidden)) for name in ("ends", "items"))
        self._relevance = head("head.relevance", hidden, 1)
        self._question = head("head.question", hidden, len(FORMS) + len(VERDICTS) + 1)
        self._support = head("head.support", hidden, len(SUPPORT))
        self.none = tensors.dense("head.none", (2,))

    def read(self, pairs: Sequence[Pair]) -> list[ExcerptLogits]:
        """What it makes of each question and excerpt."""
        found: dict[int, ExcerptLogits] = {}
        for group in of_like_length([len(asked) + len(text) for asked, text in pairs], EXCERPTS_TOGETHER):
            states, starts = self._encoder.states([self._joined(pairs[number]) for number in group])
            ends, items = self._ends(states), self._items(states)
            first = states[starts[:-1]]
            relevance, question = self._relevance(first), self._question(first, unit=True)
            for at, number in enumerate(group):
                begin = starts[at] + len(pairs[number][0])
                excerpt = slice(begin, begin + len(pairs[number][1]))
                tokens = np.concatenate([ends[excerpt] + relevance[at], items[excerpt]], 1).T
                form, verdict, answers = np.split(question[at], [len(FORMS), len(FORMS) + len(VERDICTS)])
                found[number] = ExcerptLogits(tokens, form, verdict, float(answers[0]))
        return [found[number] for number in range(len(pairs))]

    def judge(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Logits [pairs, 4] of the names in SUPPORT."""
        found = np.empty((len(pairs), len(SUPPORT)), np.float32)
        for group in of_like_length([len(said) + len(text) for said, text in pairs], EXCERPTS_TOGETHER):
            states, starts = self._encoder.states([self._joined(pairs[number]) for number in group])
            found[group] = self._support(states[starts[:-1]], unit=True)
        return found

    def _joined(self, pair: Pair) -> list[int]:
        return [*pair[0], *pair[1], self.tokenizer.between]


class NativePassageEncoder:
    """A `PassageVectorMaker`."""

    def __init__(self, folder: Path, library: Library) -> None:
        """From its file in `folder`. Raises WeightsMissing, WeightsMismatch: it, or the tokenizer, is damaged."""
        path = folder / PASSAGE_ENCODER_FILE
        tensors = FolderTensors([path])
        self.tokenizer = ReaderTokenizer(folder / READER_TOKENIZER)
        try:
            shape = shape_of(tensors.metadata)
        except (KeyError, ValueError) as error:
            raise WeightsMismatch(f"{path}: this is not a passage encoder ({error}); fetch {folder} again") from error
        self._encoder, self.identity = NativeEncoder(tensors, shape, library), file_digest(path).hex()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts, float32 [texts, dim]; the product of two is their likeness, -1 to 1."""
        ids = [self._joined(self.tokenizer.encode(" ".join(text.split()))[:LONGEST_PASSAGE]) for text in texts]
        found = np.empty((len(ids), self._encoder.shape.hidden), np.float32)
        for group in of_like_length([len(text) for text in ids], PASSAGES_TOGETHER):
            states, starts = self._encoder.states([ids[number] for number in group])
            mean = np.add.reduceat(states, starts[:-1], axis=0) / np.diff(starts)[:, None]
            found[group] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
        return found

    def _joined(self, text: Sequence[int]) -> list[int]:
        return [self.tokenizer.begin, *text, self.tokenizer.between]
