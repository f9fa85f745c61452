"""What a question is after, by linear layers on the reader's states of the question alone: whether
it asks about a document itself; whether it goes on from a question before; which clause of a
contract answers it; which two questions it asks; what it wants of several documents, and which of
its words one of them is asked.

"Which of these leases are under Swiss law?" wants to know `which`, and asks each lease "under Swiss
law?": words that only speak of the documents as a group are left out; names and numbers stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from docqa.model.checkpoints.mapped import load_stored_arrays

QUESTION_HEADS_FILE = "question_heads.safetensors"
CLAUSES = (
    "",
    "parties",
    "agreement date",
    "effective date",
    "term",
    "renewal",
    "notice to end",
    "governing law",
    "termination for convenience",
    "assignment",
    "exclusivity",
    "liability cap",
    "insurance",
    "termination",
    "confidentiality",
    "disposition",
    "holding",
    "issue",
    "aim",
    "method",
    "result",
    "limits",
    "document date",
    "title",
    "authors",
    "court",
    "judges",
    "litigants",
    "forum",
    "exclusion of damages",
    "termination for cause",
)
"""What of a contract, an opinion or a paper may be asked for; the first: something else."""
ANSWERING = frozenset((*CLAUSES[1:13], "disposition", "holding", *CLAUSES[22:28]))
"""Those whose likeliest sentence answers; that of others is only read first."""
_WORDS_BETWEEN = 2
"""Words and marks that may be between two questions: a comma, "and"."""
Places = Sequence[tuple[int, int]]
"""Characters (start, end) of the tokens of a text."""


class QuestionKind(StrEnum):
    """One fact that stands somewhere; the documents for which something holds, or how many; the
    same of each; the least, the most, or a comparison."""

    ONE = "one"
    WHICH = "which"
    COUNT = "count"
    EACH = "each"
    LEAST = "least"
    MOST = "most"
    COMPARE = "compare"

    @property
    def picks_documents(self) -> bool:
        """Whether documents are picked."""
        return self in (QuestionKind.WHICH, QuestionKind.COUNT)


@dataclass(frozen=True)
class QuestionOfSeveral:
    """What a question wants of several documents, and its words that one is asked, without a mark
    at the end.
    """

    kind: QuestionKind
    asked: str


@dataclass(frozen=True)
class QuestionHeads:
    """The layers, float32, each with its bias. On the first token's state and the mean of all:
    `kind` [kinds, 2 * hidden] in the order of QuestionKind, `itself`, `follows` and `two` [2 *
    hidden]. On the mean alone: `clause` [clauses, hidden] in the order of CLAUSES, on a scale of
    its own, and of a reply `refuses` [hidden]. On a token's state: `kept` [2, hidden], for kinds
    that pick documents and for the others, and `parts` [2, hidden], for the first of two questions
    and the second.

    The states of a question, [1 + tokens + marks, hidden], have a root mean square of 1.
    """

    kind: np.ndarray
    kind_bias: np.ndarray
    itself: np.ndarray
    itself_bias: np.ndarray
    follows: np.ndarray
    follows_bias: np.ndarray
    clause: np.ndarray
    clause_bias: np.ndarray
    refuses: np.ndarray
    refuses_bias: np.ndarray
    kept: np.ndarray
    kept_bias: np.ndarray
    two: np.ndarray
    two_bias: np.ndarray
    parts: np.ndarray
    parts_bias: np.ndarray

    @classmethod
    def load(cls, folder: Path) -> QuestionHeads | None:
        """Those of a checkpoint folder, or None. Raises WeightsMismatch: they are damaged."""
        return load_stored_arrays(folder / QUESTION_HEADS_FILE, cls, "heads for questions")

    def asks_about_document_itself(self, states: np.ndarray) -> bool:
        """Whether a question asks for what a document says of itself: its date, parties,
        authors.
        """
        return bool(self.itself @ first_and_mean_state(states) + self.itself_bias > 0)

    def needs_earlier_question(self, states: np.ndarray) -> bool:
        """Whether a question needs one before it."""
        return bool(self.follows @ first_and_mean_state(states) + self.follows_bias > 0)

    def is_refusal(self, states: np.ndarray) -> bool:
        """Whether a reply says that nothing answers."""
        return bool(self.refuses @ states.mean(0) + self.refuses_bias > 0)

    def clause_that_answers(self, states: np.ndarray) -> str:
        """The clause that answers a question, one of CLAUSES, or ""."""
        return CLAUSES[int(np.argmax(self.clause @ states.mean(0) + self.clause_bias))]

    def parse_question_of_several(
        self, question: str, places: Places, states: np.ndarray
    ) -> QuestionOfSeveral:
        """What a question with tokens at `places` wants."""
        kind = list(QuestionKind)[
            int(np.argmax(self.kind @ first_and_mean_state(states) + self.kind_bias))
        ]
        which = 0 if kind.picks_documents else 1
        odds = states @ self.kept[which] + self.kept_bias[which]
        words = [
            (start, end)
            for start, end, number in words_with_states(question, places)
            if odds[number] > 0
            or start
            and question[start].isupper()
            or any(map(str.isdigit, question[start:end]))
        ]
        return QuestionOfSeveral(kind, _join_words(question, words))

    def split_into_two_questions(
        self, question: str, places: Places, states: np.ndarray
    ) -> tuple[str, str] | None:
        """The two questions that a question asks, in its own words; the second may need the first
        to be understood. None where it asks one."""
        if self.two @ first_and_mean_state(states) + self.two_bias <= 0:
            return None
        words = words_with_states(question, places)
        odds = (states @ self.parts.T + self.parts_bias)[[number for _, _, number in words]]
        spans = [(start, end) for start, end, _ in words]
        end, begin, resume = _where_second_begins(*odds.T)
        first = _join_words(question, [*spans[:end], *spans[resume:]])
        second = _join_words(question, spans[begin:])
        return None if first == second or not first or not second else (f"{first}?", f"{second}?")


def _where_second_begins(first: np.ndarray, second: np.ndarray) -> tuple[int, int, int]:
    """By the log-odds that each word is of the first question, and of the second: the words
    `:end` and `resume:` are the first, with what both end with, the words `begin:` the second."""
    of_first = np.concatenate([[0.0], first.cumsum()])
    of_second = np.concatenate([[0.0], second.cumsum()])
    until = of_first + np.maximum.accumulate(of_second)  # both may begin with the same words
    best = (-np.inf, 0, 0, 0)
    for begin in range(1, len(first)):
        end = max(range(max(begin - _WORDS_BETWEEN, 1), begin + 1), key=lambda at: until[at])
        resume = begin + 1 + int(of_first[begin + 1 :].argmin())
        score = until[end] - of_first[resume] - of_second[begin]
        best = max(best, (score, end, begin, resume))
    return best[1:]


def _join_words(question: str, words: Sequence[tuple[int, int]]) -> str:
    apart = ["" if at and words[at - 1][1] == start else " " for at, (start, _) in enumerate(words)]
    return "".join(
        gap + question[start:end] for gap, (start, end) in zip(apart, words, strict=True)
    ).strip(" ,.;:?!-")


def first_and_mean_state(states: np.ndarray) -> np.ndarray:
    """The first token's state and the mean of all, [2 * hidden]."""
    return np.concatenate([states[0], states.mean(0)])


def words_with_states(question: str, places: Places) -> list[tuple[int, int, int]]:
    """(start, end, number of the first token's state) of each word and mark of `question`."""
    found: list[tuple[int, int, int]] = []
    for number, (start, end) in enumerate(places, start=1):
        if (
            found
            and start == found[-1][1]
            and all(c.isalnum() or c in "'’-" for c in question[start - 1 : start + 1])
        ):
            found[-1] = (found[-1][0], end, found[-1][2])
        else:
            found.append((start, end, number))
    return found
