"""How well each word of a question is met near a span, by the model's rows instead of by letters.

"Which fishing gear was lost?" has its words met by "a crab trap was lost" though two of them do not stand there; a
question that the text does not answer mostly has a word that nothing near comes close to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR = 48  # tokens before and after a span that may meet a word: about two sentences


@dataclass(frozen=True)
class QuestionWord:
    """One word: how rare it is (idf), and its tokens in the question, half-open."""

    idf: float
    first: int
    end: int


def question_words(text: str, offsets: list[tuple[int, int]], idf_of: dict[str, float]) -> list[QuestionWord]:
    """The words of `idf_of` that stand in `text`, with those of its tokens (characters in `offsets`) that make them."""
    found = []
    for word, idf in idf_of.items():
        start = text.find(word)
        inside = [i for i, (a, b) in enumerate(offsets) if start >= 0 and a < start + len(word) and start < b and a < b]
        if inside:
            found.append(QuestionWord(idf, inside[0], inside[-1] + 1))
    return found


class WordLikeness:
    """Cosines of a question's tokens with a passage's, from rows [tokens, width] of both."""

    def __init__(self, words: list[QuestionWord], question: np.ndarray, passage: np.ndarray) -> None:
        self._words = words
        self._cosine = _unit(question) @ _unit(passage).T

    def near(self, first: int, last: int) -> tuple[float, float]:
        """(mean by idf, least) over the words of how well one is met near tokens `first` to `last` of the passage.

        A word is met as well as its tokens are on the mean, and a token by the most similar one near. Both are 0
        without words.
        """
        if not self._words:
            return 0.0, 0.0
        best = self._cosine[:, max(first - NEAR, 0) : last + 1 + NEAR].max(1)
        met = np.array([best[word.first : word.end].mean() for word in self._words])
        return float(np.average(met, weights=[word.idf + 1e-6 for word in self._words])), float(met.min())


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
