"""Writing with quotations that the document has: prose is free, between quotation marks only its
words may go on.

A quotation is the characters so far and every place where they stand. A token that none of these
goes on with is passed over for the next most probable one; where no likely token fits, the
quotation is closed. Characters are compared, not tokens: a word inside a sentence and after a
quotation mark are different tokens. White space counts as one space, and the kinds of quotation
marks, apostrophes and dashes as one each; the first letter may be in the other case.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from docqa.model.protocol import Tokenizer

LIKELY_TOKENS = 256
"""Of the next tokens, as many of the most probable ones are tried; then a quotation is closed."""
LONG_QUOTATION = 240
LONGEST_QUOTATION = 480
"""Characters from which a quotation is closed at the end of its sentence, and at the end of its
word.
"""

_MARK = ord('"')
_FOLDED = {
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "—": "-",
    "−": "-",
}
_OPENS_AFTER = frozenset(" \t\n\r([{:*_-'>/")
_SENTENCE_ENDS = frozenset(map(ord, ".;:?!"))
_CODES = 0x110000


class QuotableText:
    """The text that may be quoted, as code points with folded marks, uint32 [characters + 1]; the
    last one is 0. `text` has single spaces; a character 0 separates what no quotation may cross."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(f"{text}\0".encode("utf-32-le", "replace"), dtype=np.uint32)
        table = np.arange(_CODES, dtype=np.uint32)
        for kind, plain in _FOLDED.items():
            table[ord(kind)] = ord(plain)
        self.codes: NDArray[np.uint32] = table[codes]
        seen = np.zeros(_CODES, dtype=bool)
        seen[codes] = True
        known = [int(code) for code in np.flatnonzero(seen)]
        letters = np.zeros(_CODES, dtype=bool)
        letters[[code for code in known if chr(code).isalnum()]] = True
        self.in_word: NDArray[np.bool_] = letters[codes]
        before = np.concatenate([[False], self.in_word[:-1]])
        alone = np.isin(self.codes, (ord(" "), _MARK, 0))
        starts = np.flatnonzero(~before & ~alone)
        for code in known:
            table[code] = ord(chr(code).lower()[0])
        first = table[codes[starts]]
        order = np.argsort(first, kind="stable")
        self._starts = starts[order]
        self._first = first[order]

    def word_offsets_starting_with(self, character: str) -> NDArray[np.int64]:
        """Where a word, or a lone sign, begins with `character` in either case: offsets,
        ascending.
        """
        code = ord(_FOLDED.get(character, character).lower()[0])
        low, high = np.searchsorted(self._first, [code, code + 1])
        return np.asarray(self._starts[low:high], dtype=np.int64)


@dataclass(frozen=True)
class _WritingState:
    """Where writing stands: in prose (`at` None) or `length` characters into a quotation that goes
    on at `at`. `before`: the last character. `pending`: bytes of an unfinished one. `inner`: inside
    the document's own quotation."""

    before: str = "\n"
    pending: bytes = b""
    at: NDArray[np.int64] | None = None
    length: int = 0
    inner: bool = False


class QuotingRule:
    """Chooses tokens greedily under the rule of this module; mutable. `ends`: the tokens that end a
    text."""

    def __init__(self, text: QuotableText, tokenizer: Tokenizer, ends: Collection[int]) -> None:
        self._text = text
        self._tokenizer = tokenizer
        self._ends = frozenset(ends)
        self._writing = _WritingState()
        self._forced: list[int] = []

    @property
    def is_quoting(self) -> bool:
        return self._writing.at is not None

    def choose(self, logits: Tensor) -> int:
        """The most probable token of `logits` [vocab] that may follow, taken as written."""
        if not self._forced and self._is_quotation_too_long():
            self._forced = self._closing_tokens()
        if self._forced:
            return self._accept_token(self._forced.pop(0))
        for token in logits.topk(min(LIKELY_TOKENS, logits.shape[-1])).indices.tolist():
            if token in self._ends:
                if not self.is_quoting:
                    return int(token)
                continue
            after = self._state_after_token(token)
            if after:
                self._writing = after
                return int(token)
        if not self.is_quoting:  # every likely token is a quotation mark that may not stand here
            return self._accept_token(int(torch.argmax(logits)))
        self._forced = self._closing_tokens()
        return self._accept_token(self._forced.pop(0))

    def _accept_token(self, token: int) -> int:
        """As written whatever the rule says; a quotation without a word is none."""
        after = self._state_after_token(token)
        if after:
            self._writing = after
        elif self.is_quoting and not self._writing.length:
            self._writing = replace(self._writing, at=None, before='"')
        return token

    def _is_quotation_too_long(self) -> bool:
        state = self._writing
        text = self._text
        if (
            state.at is None
            or state.length < LONG_QUOTATION
            or not self._has_word_end_before(state.at).any()
        ):
            return False
        ended = bool(np.isin(text.codes[state.at - 1], list(_SENTENCE_ENDS)).any())
        return ended or state.length >= LONGEST_QUOTATION

    def _has_word_end_before(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a word ends before each place, bool [places]."""
        return ~(self._text.in_word[at] & self._text.in_word[at - 1])

    def _closing_tokens(self) -> list[int]:
        """The tokens that end the word and the quotation."""
        at = self._writing.at
        assert at is not None
        word = ""
        if self._writing.length and not self._has_word_end_before(at).any():
            end = int(at[0])
            while self._text.in_word[end]:
                end += 1
            word = "".join(map(chr, self._text.codes[int(at[0]) : end]))
        return self._tokenizer.encode(f'{word}"')

    # What a token does

    def _state_after_token(self, token: int) -> _WritingState | None:
        """None where `token` may not be written."""
        raw = self._writing.pending + self._tokenizer.token_bytes(token)
        text, rest = _split_whole_characters(raw)
        state = replace(self._writing, pending=b"")
        for character in text:
            after = self._state_after_character(state, character)
            if not after:
                return None
            state = after
        if rest and state.at is not None and not self._may_begin_character(state, rest):
            return None
        return replace(state, pending=rest)

    def _state_after_character(self, state: _WritingState, character: str) -> _WritingState | None:
        plain = _FOLDED.get(character, character)
        if state.at is None:
            after = replace(state, before=character)
            if character == "[" and state.before == "\n":  # a cite belongs after what it bears out
                return None
            if plain != '"':
                return after
            opens = state.before in _OPENS_AFTER or character == "“"
            return (
                replace(after, at=np.zeros(0, dtype=np.int64), length=0, inner=False)
                if opens
                else None
            )
        if plain == '"' and state.length:
            return self._state_after_mark(state, character)
        return self._continue_quotation(
            state, character, self._places_continuing_with(state, character)
        )

    def _places_continuing_with(self, state: _WritingState, character: str) -> NDArray[np.int64]:
        """The places of `state` that have `character` next."""
        assert state.at is not None
        if not state.length:
            return self._text.word_offsets_starting_with(character)
        plain = _FOLDED.get(character, character)
        here = self._text.codes[state.at]
        matching = here == ord(plain)
        if plain == "'":  # a quotation inside one may be written with single marks
            matching = matching | (here == _MARK)
        return state.at[matching]

    def _continue_quotation(
        self, state: _WritingState, character: str, places: NDArray[np.int64]
    ) -> _WritingState | None:
        if not len(places):
            return None
        return replace(
            state,
            at=places + 1,
            length=state.length + 1,
            before=character,
        )

    def _state_after_mark(self, state: _WritingState, character: str) -> _WritingState | None:
        """A quotation mark inside a quotation: the document's own, or the end."""
        assert state.at is not None
        codes = self._text.codes
        in_word = self._text.in_word
        here = state.at[codes[state.at] == _MARK]
        if state.inner and len(here):
            return self._continue_quotation(replace(state, inner=False), character, here)
        opening = here[in_word[np.minimum(here + 1, len(codes) - 1)] & ~in_word[here - 1]]
        if not state.inner and len(opening):
            return self._continue_quotation(replace(state, inner=True), character, opening)
        if not self._has_word_end_before(state.at).any():
            return None
        return replace(state, at=None, length=0, inner=False, before=character)

    def _may_begin_character(self, state: _WritingState, rest: bytes) -> bool:
        """Whether some place goes on with a character that begins with the bytes `rest`."""
        assert state.at is not None
        if not state.length:
            return True
        codes = np.unique(self._text.codes[state.at])
        plain = any(chr(int(code)).encode("utf-8", "replace").startswith(rest) for code in codes)
        return plain or any(kind.encode().startswith(rest) for kind in _FOLDED)


def _split_whole_characters(raw: bytes) -> tuple[str, bytes]:
    """The characters of `raw`, and the bytes that begin another."""
    for cut in range(min(3, len(raw)) + 1):
        head = raw[: len(raw) - cut]
        try:
            return head.decode("utf-8"), raw[len(head) :]
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace"), b""
