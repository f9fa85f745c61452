"""Train the heads for questions on the states of the reader that ships.

FORMS has lines of five forms. {"question", "kind", "alone", "sign"}: what is wanted of several
documents, a kind of QuestionKind, `compare` with a sign for the most (1) and the least (-1), and
the question as one document is asked. {"question", "itself"}: whether it asks about a document
itself. {"question", "follows"}: whether it cannot be understood without one before it. {"question",
"clause"}: the clause that answers it, one of CLAUSES. {"reply", "refuses"}: what a model wrote, and
whether it says that nothing answers. {"question", "parts"}: the two questions that it asks, in its
words, none where it asks one. Questions of the sets ask for one fact in a document.

python -m docqa.model.training.heads.question_heads --model FOLDER --forms FORMS --data FOLDER
--shares natural=1
"""

import argparse
import json
import math
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.heads.question_heads import (
    CLAUSES,
    QUESTION_HEADS_FILE,
    QuestionKind,
    first_and_mean_state,
    words_with_states,
)
from docqa.model.training.data.sequences import read_set
from docqa.model.training.data.sets import QuestionSets, add_data_options, parse_with_sets
from docqa.model.training.loop import save_tensors, stage_parser

# of the weights' squares; there are forty examples of a clause
DECAY = 0.03
DECAY_OF_CLAUSES = 0.003
SIGNED = {1: QuestionKind.MOST, -1: QuestionKind.LEAST}
FOLDS = 5
# of the questions about several documents, those for one fact; they are most of the examples
SHARE_OF_ONE = 0.25
LEAST_STEM = 4
# added to the log-odds that a document itself is asked about: to read its head costs little
RATHER_ITSELF = 1.0
RATHER_KEPT = 0.5  # and to those that a word is kept: one too many harms less than one too few
SURELY_TWO = (
    3.0  # taken from those that two things are asked: cutting a question that asks one harms it
)
Fit = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class LabelledQuestion:
    """A question, what it wants, and the question for one document."""

    question: str
    kind: QuestionKind
    alone: str = ""


def read_forms(path: Path) -> list[LabelledQuestion]:
    """Those of several documents. Raises ValueError, KeyError: a line is of another form."""
    rows = [
        row
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if "kind" in row
    ]
    kinds = [(row, SIGNED.get(row.get("sign") or 0) or QuestionKind(row["kind"])) for row in rows]
    return [
        LabelledQuestion(" ".join(row["question"].split()), kind, row["alone"])
        for row, kind in kinds
    ]


def read_rows(path: Path, key: str) -> list[tuple[str, Any]]:
    """Questions or replies, and what is said of them under `key`: "itself", "follows", "clause",
    "parts", "refuses".
    """
    rows = [
        row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if key in row
    ]
    return [(" ".join(row.get("question", row.get("reply")).split()), row[key]) for row in rows]


def drawn(sets: QuestionSets, most: int, seed: int) -> list[tuple[str, bool]]:
    """Questions of the sets that ask for what one document says, drawn evenly, and whether they ask
    two things.
    """
    asked = [
        question
        for name in sets.shares
        for source in read_set(sets, name)
        for question in source.questions
    ]
    chosen = random.Random(seed).sample(asked, min(most, len(asked)))
    return [(" ".join(question.text.split()), question.form == "two_parts") for question in chosen]


def answers(sets: QuestionSets, most: int, seed: int) -> list[str]:
    """Words of the sets that answer a question, drawn evenly."""
    found = [
        (source.text, question.spans[0])
        for name in sets.shares
        for source in read_set(sets, name)
        for question in source.questions
        if question.spans
    ]
    return [
        text[start:end]
        for text, (start, end) in random.Random(seed).sample(found, min(most, len(found)))
    ]


def fit(states: Tensor, right: Tensor, outputs: int, decay: float = DECAY) -> tuple[Tensor, Tensor]:
    """Weight [outputs, states] and bias [outputs] of the smallest cross-entropy and decay."""
    weight = torch.zeros(outputs, states.shape[1], requires_grad=True)
    bias = torch.zeros(outputs, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=120, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        entropy = functional.cross_entropy(states @ weight.T + bias, right, reduction="sum")
        total = entropy + decay * states.shape[1] * weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return weight.detach(), bias.detach()


def fit_kinds(states: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
    """The same, for a quarter of questions of one fact."""
    weight, bias = fit(states, kinds, len(QuestionKind))
    share = float((kinds == 0).float().mean())
    bias[0] += math.log(SHARE_OF_ONE / (1 - SHARE_OF_ONE)) - math.log(share / (1 - share))
    return weight, bias


def fit_clauses(states: Tensor, clauses: Tensor) -> tuple[Tensor, Tensor]:
    """The same for clauses."""
    return fit(states, clauses, len(CLAUSES), DECAY_OF_CLAUSES)


def fit_yes(states: Tensor, yes: Tensor) -> tuple[Tensor, Tensor]:
    """Weight [states] and bias [] of log-odds."""
    weight, bias = fit(states, yes, 2)
    return weight[1] - weight[0], bias[1] - bias[0]


def by_folds(
    name: str, groups: Sequence[tuple[Tensor, Tensor]], fitted: Fit, seed: int
) -> tuple[Tensor, Tensor]:
    """A layer fitted to all `groups` of states [n, states] and labels [n]; printed is what fits of
    other groups tell rightly, by label."""
    folds = min(FOLDS, len(groups))
    fold = np.random.default_rng(seed).permutation(np.arange(len(groups)) % folds).tolist()
    found: list[tuple[Tensor, Tensor]] = []
    for number in range(folds):
        weight, bias = fitted(
            *_together(group for group, at in zip(groups, fold, strict=True) if at != number)
        )
        states, labels = _together(
            group for group, at in zip(groups, fold, strict=True) if at == number
        )
        logits = states @ weight.mT + bias if weight.ndim == 2 else states @ weight + bias
        found.append((logits.argmax(-1) if logits.ndim == 2 else (logits > 0).long(), labels))
    told, labels = _together(found)
    right = (told == labels).float()
    shares = {
        label: round(float(right[labels == label].mean()), 3) for label in labels.unique().tolist()
    }
    print(json.dumps({"head": name, "right": round(float(right.mean()), 3), **shares}), flush=True)
    return fitted(*_together(groups))


def _together(groups: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    states, labels = zip(*groups, strict=True)
    return torch.cat(states), torch.cat(labels)


def words_kept(form: LabelledQuestion, reader: ExcerptReader) -> tuple[Tensor, Tensor]:
    """States [words, hidden] of a question's words, and whether each is in the question for one
    document.
    """
    places, states = reader.question_states(form.question)
    words = words_with_states(form.question, places)
    alone = (
        form.alone.lower().replace("?", " ").split()[1 if form.kind.picks_documents else 0 :]
    )  # after "Does", "Is"
    kept = [
        any(_alike(form.question[start:end].lower(), word) for word in alone)
        for start, end, _ in words
    ]
    return torch.from_numpy(states[[number for _, _, number in words]]), torch.tensor(kept).long()


def words_of_part(question: str, part: str, reader: ExcerptReader) -> tuple[Tensor, Tensor]:
    """States [words, hidden] of a question's words, and whether each is in `part`, in its order."""
    places, states = reader.question_states(question)
    words = words_with_states(question, places)
    asked = [question[a:b].lower() for a, b, _ in words]
    said = part.lower().replace("?", " ").replace(",", " ").split()
    inside = [0] * len(words)
    for block in SequenceMatcher(None, asked, said, autojunk=False).get_matching_blocks():
        inside[block.a : block.a + block.size] = [1] * block.size
    return torch.from_numpy(states[[number for _, _, number in words]]), torch.tensor(inside)


def _alike(one: str, other: str) -> bool:
    """Whether two words are the same but for their endings."""
    shared = len(os.path.commonprefix([one, other]))
    return one == other or shared >= max(LEAST_STEM, len(one) - 3, len(other) - 3)


def run(options: argparse.Namespace) -> None:
    """Write the heads beside the reader."""
    reader = ExcerptReader(options.model)

    def whole(question: str, label: int) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(first_and_mean_state(reader.question_states(question)[1]))[
            None
        ], torch.tensor([int(label)])

    def mean_alone(question: str, label: int) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(reader.question_states(question)[1].mean(0))[None], torch.tensor(
            [int(label)]
        )

    forms = read_forms(options.forms)
    itself = read_rows(options.forms, "itself")
    others = drawn(options.sets, len(forms), options.seed)
    of_kind = [(form.question, list(QuestionKind).index(form.kind)) for form in forms]
    of_kind += [(text, 0) for text, _ in others]
    about = itself + [(text, False) for text, _ in others[: len(itself)]]
    kind = by_folds("kind", [whole(*each) for each in of_kind], fit_kinds, options.seed)
    going_on = read_rows(options.forms, "follows")
    going_on += [(text, False) for text, _ in others[: len(going_on) // 2]]
    goes_on = by_folds("follows", [whole(*each) for each in going_on], fit_yes, options.seed)
    clauses = [(text, CLAUSES.index(name)) for text, name in read_rows(options.forms, "clause")]
    clauses += [(text, 0) for text, _ in others[: 2 * len(clauses)]]
    clause = by_folds("clause", [mean_alone(*each) for each in clauses], fit_clauses, options.seed)
    replies = read_rows(options.forms, "refuses")
    replies += [(text, False) for text in answers(options.sets, len(replies), options.seed)]
    refuses = by_folds("refuses", [mean_alone(*each) for each in replies], fit_yes, options.seed)
    told = by_folds("itself", [whole(*each) for each in about], fit_yes, options.seed)
    asking = [form for form in forms if form.kind is not QuestionKind.ONE]
    picking, others_asking = (
        [form for form in asking if form.kind.picks_documents is picks] for picks in (True, False)
    )
    read = ([words_kept(form, reader) for form in some] for some in (picking, others_asking))
    kept = [by_folds("kept", words, fit_yes, options.seed) for words in read]
    split = read_rows(options.forms, "parts")
    asks_two = [(text, bool(parts)) for text, parts in split] + others
    two = by_folds("two", [whole(*each) for each in asks_two], fit_yes, options.seed)
    words = [
        [words_of_part(text, parts[at], reader) for text, parts in split if parts] for at in (0, 1)
    ]
    apart = [by_folds("parts", each, fit_yes, options.seed) for each in words]
    heads = {
        "clause": clause,
        "refuses": refuses,
        "follows": goes_on,
        "kind": kind,
        "parts": _stacked(apart),
    }
    rather = {"two": (two[0], two[1] - SURELY_TWO), "itself": (told[0], told[1] + RATHER_ITSELF)}
    parts = heads | rather | {"kept": _stacked(kept, RATHER_KEPT)}
    tensors = {name: weight.half() for name, (weight, _) in parts.items()}
    biases = {f"{name}_bias": bias for name, (_, bias) in parts.items()}
    # Only which clause is the likeliest counts, whatever the scale.
    steps = 127 / clause[0].abs().max()
    tensors["clause"] = (clause[0] * steps).round().to(torch.int8)
    biases["clause_bias"] = clause[1] * steps
    save_tensors(options.model / QUESTION_HEADS_FILE, tensors | biases)


def _stacked(layers: Sequence[tuple[Tensor, Tensor]], more: float = 0.0) -> tuple[Tensor, Tensor]:
    return torch.stack([weight for weight, _ in layers]), torch.stack(
        [bias for _, bias in layers]
    ) + more


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Train the heads for questions.", "model", "forms")
    add_data_options(parser)
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
