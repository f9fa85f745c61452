"""Duties, permissions and possibilities: who must is not who may, and what may be is not what is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docqa.app.answerers.writing.contrasts.words import Word

MUST, SHOULD, CAN, MAY, MIGHT, WILL, MUST_NOT, NEED_NOT, MAY_NOT = (
    "must", "should", "can", "may", "might", "will", "must not", "need not", "may not",
)  # fmt: skip
_KINDS = {
    "shall": MUST, "must": MUST, "should": SHOULD, "may": MAY, "can": CAN, "might": MIGHT, "could": MIGHT,
    "will": WILL, "cannot": MUST_NOT,
}  # fmt: skip
_BEFORE_TO = {
    "required": MUST, "obliged": MUST, "obligated": MUST, "bound": MUST, "has": MUST, "have": MUST, "had": MUST,
    "needs": MUST, "ought": SHOULD, "allowed": CAN, "permitted": CAN, "entitled": CAN, "free": CAN, "authorized": CAN,
    "authorised": CAN, "able": CAN, "right": CAN, "agrees": MUST, "agree": MUST, "undertakes": MUST,
    "covenants": MUST, "option": CAN, "elect": CAN,
}  # fmt: skip
_DENIED = {
    MUST: MUST_NOT, SHOULD: SHOULD, CAN: MUST_NOT, MAY: MAY_NOT, MIGHT: MAY_NOT, WILL: MUST_NOT, MUST_NOT: MUST_NOT,
}  # fmt: skip
_BORNE_OUT_BY = {
    MUST: {MUST, WILL},
    SHOULD: {SHOULD},
    CAN: {CAN, MAY, MIGHT, WILL, NEED_NOT},
    MAY: {CAN, MAY, MIGHT, NEED_NOT},
    MIGHT: {CAN, MAY, MIGHT},
    WILL: {WILL, MUST},
    MUST_NOT: {MUST_NOT, MAY_NOT},
    MAY_NOT: {MUST_NOT, MAY_NOT},
    NEED_NOT: {NEED_NOT, MAY, CAN},
}
_AHEAD = 6  # words from a modal to the verb that it governs, at most
ENDS = frozenset(("if", "unless", "that", "which", "who", "when", "where", "because", "while", "before", "after"))
_CONDITIONS = frozenset(("with", "if", "only", "subject", "provided"))
PASSED_OVER = frozenset(("be", "not", "have", "been", "also", "only", "to", "never", "then", "thereafter", "always"))


@dataclass(frozen=True)
class _Governed:
    kind: str
    shown: str
    verb: str


def other_modals(statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]]) -> Iterator[str]:
    """Modal words of `statement` that govern a verb which the quotes have only with modal words of another kind.

    A statement without a modal word ("it causes") counts where the quotes only say that it may be so.
    """
    known: dict[str, set[str]] = {}
    for sentence in quoted:
        governed = list(_governed(sentence))
        for item in governed:
            known.setdefault(item.verb, set()).add(item.kind)
    excepted = any(word.text in ("without", "unless") for sentence in quoted for word in sentence)
    for sentence in statement:
        own = list(_governed(sentence))
        conditional = excepted and any(word.text in _CONDITIONS for word in sentence)
        for item in own:
            kinds = known.get(item.verb)
            if conditional and item.kind in (CAN, MAY):  # "not without consent" says "with consent"
                continue
            if kinds and not kinds & _BORNE_OUT_BY[item.kind]:
                yield item.shown
        if not own:
            yield from _left_out(sentence, quoted, known)


def _left_out(
    sentence: Sequence[Word], quoted: Sequence[Sequence[Word]], known: dict[str, set[str]]
) -> Iterator[str]:
    """The verbs that a statement without modal words states, and the quotes only call possible or allowed."""
    if any(word.text in _BEFORE_TO or word.text in ("possible", "possibly", "perhaps", "likely") for word in sentence):
        return
    for word in sentence:
        kinds = known.get(word.stem)
        if word.tells and kinds and kinds <= {MAY, MIGHT}:
            times = sum(each.stem == word.stem for other in quoted for each in other)
            if times == 1:
                yield word.text


def _governed(sentence: Sequence[Word]) -> Iterator[_Governed]:
    """Each modal word with its verb, the first word behind it that tells something."""
    for at, word in enumerate(sentence):
        kind, behind = modal_at(sentence, at)
        if not kind:
            continue
        denied = sentence[behind].text == "not" if behind < len(sentence) else False
        if word.text in _BEFORE_TO:
            denied = word.denied
            kind = (NEED_NOT if kind == MUST else _DENIED[kind]) if denied else kind
        elif denied:
            kind = _DENIED[kind]
        for each in sentence[behind : behind + _AHEAD]:
            if each.text in ENDS or (each.text == "have" and not _perfect(sentence, each)):
                break
            if each.text in PASSED_OVER or (each.text.endswith("ly") and len(each.text) > 4) or not each.tells:
                continue
            if each.text not in _BEFORE_TO:
                yield _Governed(kind, word.text, each.stem)
            break


def _perfect(sentence: Sequence[Word], have: Word) -> bool:
    """Whether "have" belongs to another verb: "may have been", "may have paid"."""
    behind = next((word.text for word in sentence if word.start > have.start), "")
    return behind == "been" or behind.endswith(("ed", "en", "t", "id"))


def modal_at(sentence: Sequence[Word], at: int) -> tuple[str, int]:
    """(the kind of modal word at `at`, "" for none; the number of the word behind it)."""
    word = sentence[at]
    behind = at + 1
    following = sentence[behind].text if behind < len(sentence) else ""
    if word.text in ("need", "needs") and following == "not":
        return NEED_NOT, behind + 1
    if word.text in _BEFORE_TO and following == "to":
        return _BEFORE_TO[word.text], behind + 1
    if word.text in _KINDS and not (word.text == "may" and word.capital):
        return _KINDS[word.text], behind
    return "", behind
