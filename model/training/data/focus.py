"""A prompt of some excerpts and a question about them, as the trunk is trained to answer one."""

from dataclasses import dataclass
from typing import Protocol

EXCERPTS_HEAD = "Excerpts:\n"


class TextTokenizer(Protocol):
    """What this module needs of a tokenizer."""

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]: ...

    def encode(self, text: str) -> list[int]: ...


@dataclass(frozen=True)
class FocusPrompt:
    """Token ids of a focus prompt; `excerpt_ranges[i]` is excerpt i's half-open range of them,
    `offsets[i][j]` the half-open character range, in the excerpt, of its j-th token."""

    ids: list[int]
    excerpt_ranges: list[tuple[int, int]]
    offsets: list[list[tuple[int, int]]]


def excerpts_prompt(tokenizer: TextTokenizer, excerpts: list[str]) -> FocusPrompt:
    """The numbered excerpts alone, in ranked order; a question can follow."""
    ids = list(tokenizer.encode(EXCERPTS_HEAD))
    ranges: list[tuple[int, int]] = []
    offsets: list[list[tuple[int, int]]] = []
    for number, excerpt in enumerate(excerpts, 1):
        ids += tokenizer.encode(f"[{number}]")
        # A leading space makes the first word the same token that it is inside a sentence.
        piece, places = tokenizer.encode_with_offsets(" " + excerpt)
        ranges.append((len(ids), len(ids) + len(piece)))
        offsets.append([(max(start - 1, 0), end - 1) for start, end in places])
        ids += piece + tokenizer.encode("\n")
    return FocusPrompt(ids, ranges, offsets)
