"""Prompt lookup: where the last tokens stand in what was read before, what follows them there is
guessed.

Answers quote their documents, so the document is a draft model that costs nothing (Saxena 2023,
"Prompt lookup decoding").
"""

import numpy as np
from torch import Tensor

LEAST = 3  # tokens in a row that must have been read before
# the same after a guess of which nothing was right: a pass takes as long as two to four tokens by
# themselves
WARY = 6
NEAREST = 64  # places that are compared, the last ones
LONGEST = 32  # tokens before a place that are compared


class PromptLookup:
    """Follows a text that goes on from `ids` [seq], and guesses what comes next. Mutable."""

    fewest = 3  # tokens guessed at a time, as speculate.Drafts says
    most = 7
    hidden: Tensor | None = None  # the tokens alone are looked at

    def __init__(self, ids: np.ndarray) -> None:
        self._ids = np.asarray(ids, np.int64)
        self._written = self._ids[-LONGEST:].tolist()
        width = int(self._ids.max(initial=0)) + 1
        self._width = width
        keys = self._ids[:-2] * width * width + self._ids[1:-1] * width + self._ids[2:]
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._at = self._find_best_match_end()

    def add(self, token: int) -> None:
        """Takes in the next token of the text."""
        self._written = [*self._written[1 - LONGEST :], token]
        at = self._at
        if at is not None and at + 1 < len(self._ids) and self._ids[at] == token:
            self._at = at + 1
        else:
            self._at = self._find_best_match_end()

    def draft_tokens(self, count: int, least: int = LEAST) -> list[int]:
        """At most `count` tokens that may follow; none unless the last `least` tokens were read
        before.
        """
        if self._at is None or (least > LEAST and self._matching_length(self._at) < least):
            return []
        return [int(token) for token in self._ids[self._at : self._at + count]]

    def _find_best_match_end(self) -> int | None:
        """After the place that the text before is most like, the last of several."""
        if len(self._written) < LEAST or max(self._written[-LEAST:]) >= self._width:
            return None
        first, second, third = self._written[-LEAST:]
        key = (first * self._width + second) * self._width + third
        low, high = np.searchsorted(self._keys, [key, key + 1])
        # The end of what was read is where the text goes on, and no place that something follows.
        places = [
            int(start) + LEAST
            for start in self._order[low:high][-NEAREST:]
            if start + LEAST < len(self._ids)
        ]
        return max(places, key=lambda place: (self._matching_length(place), place), default=None)

    def _matching_length(self, place: int) -> int:
        """How many tokens before `place` are the last ones of the text."""
        length = min(len(self._written), place)
        before = self._ids[place - length : place][::-1]
        differing = np.flatnonzero(before != np.array(self._written[::-1][:length]))
        return int(differing[0]) if len(differing) else length
