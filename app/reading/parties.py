"""The names of the parties in the sentences that name them: each word is predicted from itself and its
neighbours to begin a name, go on with one, or stand outside (a conditional random field over hashed
words, fitted by `app.lab.clauses`)."""

from collections.abc import Sequence

import numpy as np

from docqa.ingest.types import Span

from .clauses import hashed_feature_indices

OUTSIDE = 0
BEGINS = 1
GOES_ON = 2
# words
FAR = 3
QUOTES = '"“”'
MARKS = ',;:()[]"“”/'
_IMPOSSIBLE = -1e9


def token_spans(text: str) -> list[Span]:
    """Words, and marks one by one; a full stop or apostrophe inside a word is of it."""
    found: list[Span] = []
    for at, character in enumerate(text):
        inside = character in ".'’&-" and text[at + 1 : at + 2].isalnum()
        if (
            found
            and found[-1].end == at
            and text[at - 1] not in MARKS
            and (character.isalnum() or inside)
        ):
            found[-1] = Span(found[-1].start, at + 1)
        elif not character.isspace():
            found.append(Span(at, at + 1))
    return found


def _letter_shape(word: str) -> str:
    if not word[:1].isalpha():
        return word[:1]
    return "A" if word.isupper() and len(word) > 1 else "Aa" if word[0].isupper() else "a"


def word_features(words: Sequence[str]) -> list[np.ndarray]:
    """Hashed features of each word: it, its neighbours, their shapes, pairs, brackets and quotation
    marks.
    """
    padded = [*[""] * FAR, *words, *[""] * FAR]
    found = []
    inside = 0
    for at in range(FAR, len(padded) - FAR):
        own = padded[at]
        inside += (own in "([“") - (own in ")]”" and inside > 0) if own else 0
        near = [(step, padded[at + step]) for step in range(-FAR, FAR + 1)]
        named = [f"{step}{word.casefold()}" for step, word in near] + [
            f"{step}={_letter_shape(word)}" for step, word in near
        ]
        named += [
            f"<{padded[at - 1]} {own}".casefold(),
            f">{own} {padded[at + 1]}".casefold(),
        ]
        named.append("".join(_letter_shape(word) for _, word in near[FAR - 1 : FAR + 2]))
        named.append(f"({inside > 0}{_letter_shape(own)}")
        named.append(f"“{padded[at - 1] in QUOTES}{padded[at + 1] in QUOTES}")
        found.append(hashed_feature_indices(named))
    return found


def best_state_sequence(scores: np.ndarray, transition_scores: np.ndarray) -> list[int]:
    """The state of each word, by `scores` [words, 3] and those of one state after another, [3, 3]:
    the best way through in which no name goes on that has not begun (Viterbi 1967)."""
    steps = transition_scores + np.array(
        [[0.0, 0.0, _IMPOSSIBLE], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    )
    total = scores[0] + [0.0, 0.0, _IMPOSSIBLE]
    came = []
    for row in scores[1:]:
        reach = total[:, None] + steps
        came.append(reach.argmax(0))
        total = reach.max(0) + row
    way = [int(total.argmax())]
    for step in reversed(came):
        way.append(int(step[way[-1]]))
    return way[::-1]


def party_name_spans(text: str, weights: np.ndarray, transition_scores: np.ndarray) -> list[Span]:
    """Where the names in a sentence are; `weights` [3, WIDTH] in the order of the three, `transition_scores`
    as in `best_state_sequence`.
    """
    places = token_spans(text)
    found = list[Span]()
    if not places:
        return []
    rows = word_features([each.of(text) for each in places])
    way = best_state_sequence(np.stack([weights[:, row].sum(1) for row in rows]), transition_scores)
    for place, state in zip(places, way, strict=True):
        if state == BEGINS:
            found.append(place)
        elif state == GOES_ON:
            found[-1] = Span(found[-1].start, place.end)
    return found
