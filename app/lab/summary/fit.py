"""Fits what a sentence's signals weigh in `salience.WEIGHTS`, and prints it.

    python -m docqa.app.lab.summary.fit --data DATA

The target of a sentence is how much of it is in the author's own summary (and of the summary in it), in single
words and in pairs; ridge regression, every document with the same weight whatever its length.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from docqa.app.lab.summary.examples import Example, abstracts, papers, proposals
from docqa.app.summary.salience import WEIGHTS, Scorer
from docqa.app.summary.selection import Pool
from docqa.app.summary.sentences.candidates import find_candidates
from docqa.app.summary.signals import signals

PENALTY = 0.01
_Gram = TypeVar("_Gram")
_FEWEST = 3
_SUMMARY_SENTENCES = 3


class Fitting:
    """Collects the sentences of examples, in groups that count alike. Mutable; `weights` solves for them."""

    def __init__(self) -> None:
        self._groups: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    def add(self, group: str, scorer: Scorer, gold: str) -> None:
        """Take the candidates of one document whose author's summary is `gold`."""
        candidates = scorer.pool.candidates
        if len(candidates) < _FEWEST:
            return
        found = signals(scorer.document, candidates)
        design = np.stack([found[name] for name in WEIGHTS], 1)
        target = overlap(gold, [candidate.text for candidate in candidates])
        target = (target - target.mean()) / (target.std() + 1e-9)
        self._groups.setdefault(group, []).append(
            ((design - design.mean(0)) / len(target) ** 0.5, target / len(target) ** 0.5)
        )

    def weights(self, penalty: float = PENALTY) -> dict[str, float]:
        """The weight of each signal by its name; `penalty` pulls towards zero, where a group counts as one."""
        left, right = np.zeros((len(WEIGHTS), len(WEIGHTS))), np.zeros(len(WEIGHTS))
        for documents in self._groups.values():
            for design, target in documents:
                left = left + design.T @ design / len(documents)
                right = right + design.T @ target / len(documents)
        solved = np.linalg.solve(left + penalty * np.eye(len(WEIGHTS)), right)
        return {name: round(float(value), 3) for name, value in zip(WEIGHTS, solved, strict=True)}


def overlap(gold: str, texts: list[str]) -> np.ndarray:
    """How much each text has in common with `gold`, [texts]: precision and recall of words, plus those of pairs."""
    from rouge_score.tokenizers import DefaultTokenizer

    tokenize = DefaultTokenizer(use_stemmer=True).tokenize
    target = _grams(tokenize(gold))
    counted = [_grams(tokenize(text)) for text in texts]
    weight = _precision_weight(target[0].total(), [words.total() for words, _ in counted])

    def shared(want: Counter[_Gram], have: Counter[_Gram]) -> float:
        common = (want & have).total()
        precision, recall = common / max(have.total(), 1), common / max(want.total(), 1)
        return float(precision**weight * recall ** (1 - weight))

    return np.array([shared(target[0], words) + shared(target[1], pairs) for words, pairs in counted])


def _precision_weight(gold_words: int, words: list[int]) -> float:
    """The exponent of precision, the rest is recall's: where three sentences are longer than the author's summary, what
    is said needlessly costs more than what is left out."""
    ratio = gold_words / max(_SUMMARY_SENTENCES * sum(words) / max(len(words), 1), 1.0)
    return float(np.clip(0.75 - 0.15 * np.log2(max(ratio, 0.5)), 0.55, 0.9))


def _grams(tokens: list[str]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    return Counter(tokens), Counter(zip(tokens, tokens[1:], strict=False))


def scorer_of(example: Example) -> Scorer:
    """The sentences of the example."""
    document = example.document()
    pool = Pool.of(find_candidates(document))
    return Scorer(document, pool, np.zeros(len(pool.candidates)))


def main(arguments: list[str] | None = None) -> int:
    """Fit on the training examples and print the weights; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that data/README.md describes")
    parser.add_argument("--abstracts", type=int, default=600, metavar="N")
    parser.add_argument("--papers", type=int, metavar="N", help="only the first N of the training half")
    parser.add_argument("--proposals", type=int, default=60, metavar="N")
    chosen = parser.parse_args(arguments)
    fitting = Fitting()
    for number, (group, example) in enumerate(_training(chosen), 1):
        fitting.add(group, scorer_of(example), example.gold)
        print(f"{number} {group} {example.name}", file=sys.stderr)
    for name, weight in fitting.weights().items():
        print(f'    "{name}": {weight},')
    return 0


def _training(chosen: argparse.Namespace) -> Iterator[tuple[str, Example]]:
    groups = {
        "abstracts": islice(abstracts(chosen.data, "train"), chosen.abstracts),
        "papers": islice(papers(chosen.data, held_out=False), chosen.papers),
        "proposals": islice(proposals(chosen.data), chosen.proposals),
    }
    return ((group, example) for group, examples in groups.items() for example in examples)


if __name__ == "__main__":
    sys.exit(main())
