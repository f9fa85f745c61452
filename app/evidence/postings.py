"""Which passages each word of a document is in, as arrays."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from .terms import terms

POSTINGS_FORMAT = 1
"""Raised when `Postings` change their form, or terms.py finds other words."""


@dataclass(frozen=True)
class Postings:
    """The stems of some passages, both numbered from 0; arrays are int32. `vocabulary`: the stems
    in UTF-8, each between two line breaks (uint8). Stem n is in `passages[starts[n]:starts[n +
    1]]`, rising, as often as `counts` say. `lengths`: the stems of each passage, with repeats."""

    vocabulary: np.ndarray
    starts: np.ndarray
    passages: np.ndarray
    counts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Self:
        """Of `texts`, one a passage."""
        numbers: dict[str, int] = {}
        found = array("i")
        lengths = array("i")
        for text in texts:
            words = terms(text)
            lengths.append(len(words))
            found.extend(numbers.setdefault(word, len(numbers)) for word in words)
        passage = np.repeat(np.arange(len(lengths)), np.array(lengths, np.int64))
        places, counts = np.unique(
            np.array(found, np.int64) * max(len(lengths), 1) + passage, return_counts=True
        )
        stems, passages = np.divmod(places, max(len(lengths), 1))
        vocabulary = "\n".join(["", *numbers, ""]).encode("utf-8")
        return cls(
            np.frombuffer(vocabulary, np.uint8),
            np.searchsorted(stems, np.arange(len(numbers) + 1)).astype(np.int32),
            passages.astype(np.int32),
            counts.astype(np.int32),
            np.array(lengths, np.int32),
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def passages_with_stem(self, stem: str) -> tuple[np.ndarray, np.ndarray]:
        """(the passages that have `stem`, how often each)."""
        at = self._vocabulary.find(f"\n{stem}\n".encode())
        if at < 0:
            return self.passages[:0], self.counts[:0]
        number = self._vocabulary.count(b"\n", 0, at)
        start, end = self.starts[number : number + 2]
        return self.passages[start:end], self.counts[start:end]

    @cached_property
    def _vocabulary(self) -> bytes:
        return self.vocabulary.tobytes()
