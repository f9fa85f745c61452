"""The answers to both parts of a question as the answer to the whole."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from docqa.app.answer.confidence import BY_STRUCTURE, Signals
from docqa.app.evidence.ranking import RankedPassage

from .candidates import AnswerForm, Candidate, Candidates, CandidateSet, sort_best_first


def join_answers_of_question_parts(
    parts: Sequence[tuple[list[RankedPassage], CandidateSet | None]], questions: Sequence[str]
) -> tuple[list[RankedPassage], CandidateSet | None]:
    """The passages of each part by turns, the best first, and what was found for all parts, each
    without the words of those before it; its signals are those of the weakest. None where no part
    was read."""
    turns = chain.from_iterable(zip_longest(*(part[0] for part in parts)))
    by_turns: dict[int, RankedPassage] = {}
    for item in turns:
        if item is not None:
            by_turns.setdefault(item.passage_number, item)
    ranked = list(by_turns.values())
    read = [found for _, found in parts if found]
    if not read:
        return ranked, None
    tokens = sum(found.prompt_tokens for found in read)
    items: list[Candidate] = []
    apart: list[CandidateSet] = []
    for found, question in zip(
        (each or CandidateSet() for _, each in parts), questions, strict=True
    ):
        own = _items_of_part(found, items)
        items += own
        others = tuple(each for each in found.candidates if each not in own)
        apart.append(
            replace(
                found,
                candidates=(*own, *others),
                items=own if found.form is AnswerForm.LIST else (),
                question=question,
            )
        )
    others = sort_best_first(c for found in read for c in found.candidates if c not in items)
    return ranked, CandidateSet(
        (*items, *others),
        tokens,
        AnswerForm.TWO_PARTS,
        items=tuple(items),
        signals=_weakest_signals(read),
        parts=tuple(apart),
    )


def _items_of_part(part: CandidateSet, known_items: list[Candidate]) -> Candidates:
    """A part's list, or its best candidate that does not repeat the part before."""
    if part.form is AnswerForm.LIST and part.items:
        return tuple(item for item in part.items if item not in known_items)
    for each in part.candidates:
        there = [
            item for item in known_items if (item.document, item.page) == (each.document, each.page)
        ]
        if not any(each.start < item.end and item.start < each.end for item in there):
            return (each,)
    return part.candidates[:1]


def _weakest_signals(parts: Sequence[CandidateSet]) -> Signals:
    """The signals of the part with the least margin. What the structure answered is sure: another
    part decides.
    """
    unsure = [found.signals for found in parts if not found.signals.get(BY_STRUCTURE)]
    return min(unsure, key=lambda each: each.get("margin", 0.0), default={BY_STRUCTURE: 1.0})
