"""How a quotation differs from what the document says, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher

from docqa.ingest.types import Span

from .align import WORD
from .normalise import fold
from .sentence_runs import extend_to_white_space

_PUNCTUATION = ".,;:"
_OPENING = "\"'“„«‘(["
_CLOSING = "\"'”“»’)]"
_KINDS = {"equal": "equal", "replace": "changed", "delete": "added", "insert": "removed"}
_FAR_WORDS = 6
"""Words that agree only across a longer gap belong to another sentence."""


@dataclass(frozen=True)
class Edit:
    """`kind`: equal, changed, added (only in the quotation) or removed (only in the document)."""

    kind: str
    quoted: str
    document: str


@dataclass(frozen=True)
class _Word:
    """`folded` is compared, `shown` printed; `start:end` in the text it came from."""

    folded: str
    shown: str
    start: int
    end: int

    @property
    def bare(self) -> str:
        """A quotation may begin and end where a sentence does not."""
        return self.folded.strip(_PUNCTUATION + _OPENING + _CLOSING) or self.folded


def word_edits(quoted: str, document: str) -> tuple[Edit, ...]:
    """The edits that turn `document` into `quoted`, but for what folding calls equal, and last
    punctuation.
    """
    bare = document if quoted.endswith(tuple(_PUNCTUATION)) else document.rstrip(_PUNCTUATION)
    ours = _split_into_words(quoted)
    theirs = _split_into_words(bare)
    matcher = _word_sequence_matcher(
        [word.folded for word in ours], [word.folded for word in theirs]
    )
    codes = matcher.get_opcodes()
    return tuple(
        Edit(_KINDS[tag], _join_words_for_display(ours[i:j]), _join_words_for_display(theirs[k:m]))
        for tag, i, j, k, m in codes
    )


def inline_difference(edits: Sequence[Edit]) -> str:
    """`The Tenant [-may-]{+shall+} pay`: in `[-` `-]` only the quotation has it, in `{+` `+}` only
    the document.
    """

    def shown(edit: Edit) -> str:
        if edit.kind == "equal":
            return edit.document
        return (f"[-{edit.quoted}-]" if edit.quoted else "") + (
            f"{{+{edit.document}+}}" if edit.document else ""
        )

    return " ".join(map(shown, edits))


def closest_range(quoted: str, text: str, start: int, end: int) -> tuple[int, int]:
    """The range of `text` around `start:end` that says what `quoted` says: its ends found word by
    word, since an alignment of equal length cuts what the document has more."""
    reach = (end - start) // 2 + 40
    low = max(0, start - reach)
    high = min(len(text), end + reach)
    first, last = extend_to_white_space(text, low, high, Span(0, len(text)))
    theirs = _split_into_words(text[first:last])
    ours = _split_into_words(quoted)
    matcher = _word_sequence_matcher([word.bare for word in ours], [word.bare for word in theirs])
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    while len(blocks) > 1 and blocks[0].size <= 2 and _matches_are_far_apart(blocks[0], blocks[1]):
        blocks.pop(0)
    while (
        len(blocks) > 1 and blocks[-1].size <= 2 and _matches_are_far_apart(blocks[-2], blocks[-1])
    ):
        blocks.pop()
    if not blocks:
        return start, end
    tail = blocks[-1]
    after = len(ours) - tail.a - tail.size
    low = max(0, blocks[0].b - blocks[0].a)
    high = min(len(theirs), tail.b + tail.size + after)
    start = first + theirs[low].start
    end = first + theirs[high - 1].end
    if not quoted.startswith(tuple(_OPENING)):
        start += len(text[start:end]) - len(text[start:end].lstrip(_OPENING))
    if not quoted.endswith(tuple(_PUNCTUATION + _CLOSING)):
        end = start + len(text[start:end].rstrip(_PUNCTUATION + _CLOSING))
    return start, max(end, start + 1)


def _matches_are_far_apart(left: Match, right: Match) -> bool:
    return (right.b - left.b) - (right.a - left.a) > _FAR_WORDS


def _word_sequence_matcher(ours: list[str], theirs: list[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, ours, theirs, autojunk=False)


def _join_words_for_display(words: Sequence[_Word]) -> str:
    return " ".join(word.shown for word in words)


def _split_into_words(text: str) -> list[_Word]:
    folded = fold(text)
    words = []
    for match in WORD.finditer(folded.text):
        start = folded.original_start(match.start())
        end = folded.original_end(match.end())
        shown = re.sub(r"(?<=\w)-\s*\n\s*(?=\w)", "", text[start:end])
        words.append(_Word(match.group(), " ".join(shown.split()), start, end))
    return words
