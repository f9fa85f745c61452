"""Fits what a sentence's signals weigh in `salience.WEIGHTS`, and prints it.

    python -m docqa.app.lab.summary.fit --data DATA

The target of a sentence is how much of it stands in the author's own summary (and of the summary in it), in single
words and in pairs; ridge regression, every document with the same weight whatever its length.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from docqa.app.lab.summary.examples import Example, abstracts, papers, proposals
from docqa.app.summary.candidates import find_candidates
from docqa.app.summary.salience import Scorer, standardised
from docqa.app.summary.selection import Pool
from docqa.app.summary.signals import NAMES, signals

PENALTY = 0.01
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
        design = standardised(signals(scorer.document, candidates, scorer.pool.vectors))
        target = overlap(gold, [candidate.text for candidate in candidates])
        target = (target - target.mean()) / (target.std() + 1e-9)
        self._groups.setdefault(group, []).append(
            ((design - design.mean(0)) / len(target) ** 0.5, target / len(target) ** 0.5)
        )

    def weights(self, penalty: float = PENALTY) -> dict[str, float]:
        """The weight of each signal by its name; `penalty` pulls towards zero, where a group counts as one."""
        left: Any = 0.0
        right: Any = 0.0
        for documents in self._groups.values():
            for design, target in documents:
                left = left + design.T @ design / len(documents)
                right = right + design.T @ target / len(documents)
        solved = np.linalg.solve(left + penalty * np.eye(len(NAMES)), right)
        return {name: round(float(value), 3) for name, value in zip(NAMES, solved, strict=True)}


def overlap(gold: str, texts: list[str]) -> np.ndarray:
    """How much each text has in common with `gold`, [texts]: precision and recall of words, plus those of pairs."""
    from rouge_score.tokenizers import DefaultTokenizer

    tokenize = DefaultTokenizer(use_stemmer=True).tokenize
    wanted = _grams(tokenize(gold))
    counted = [_grams(tokenize(text)) for text in texts]
    weight = _precision_weight(wanted[0].total(), [words.total() for words, _ in counted])
    values = []
    for grams in counted:
        value = 0.0
        for want, have in zip(wanted, grams, strict=True):
            common = (want & have).total()
            precision, recall = common / max(have.total(), 1), common / max(want.total(), 1)
            value += precision**weight * recall ** (1 - weight)
        values.append(value)
    return np.array(values)


def _precision_weight(gold_words: int, words: list[int]) -> float:
    """The exponent of precision, the rest is recall's: where three sentences are longer than the author's summary, what
    is said needlessly costs more than what is left out."""
    ratio = gold_words / max(_SUMMARY_SENTENCES * sum(words) / max(len(words), 1), 1.0)
    return float(np.clip(0.75 - 0.15 * np.log2(max(ratio, 0.5)), 0.55, 0.9))


def _grams(tokens: list[str]) -> tuple[Counter[Any], Counter[Any]]:
    return Counter(tokens), Counter(zip(tokens, tokens[1:], strict=False))


def scorer_of(example: Example, model: Any) -> Scorer:
    """The example read by the model, its states kept like any other."""
    from docqa.app.options import Options
    from docqa.app.session.engine import open_store
    from docqa.app.session.session import Session

    document = example.document()
    options = Options(preview=False)
    with Session([document], options, store=open_store(options), model=model) as session:
        for _ in session.read():
            pass
        rows = session.local.token_rows()
        pool = Pool.of(find_candidates(document, session.context), rows)
    return Scorer(document, pool)


def main(arguments: list[str] | None = None) -> int:
    """Fit on the training examples and print the weights; returns the exit status."""
    from docqa.app.answerers.loading import load_model
    from docqa.app.options import Options

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that data/README.md describes")
    parser.add_argument("--model", type=Path, help="checkpoint folder (default: the bundled one)")
    parser.add_argument("--abstracts", type=int, default=600, metavar="N")
    parser.add_argument("--papers", type=int, metavar="N", help="only the first N of the training half")
    parser.add_argument("--proposals", type=int, default=60, metavar="N")
    chosen = parser.parse_args(arguments)
    model = load_model(Options(model=str(chosen.model) if chosen.model else None))
    fitting = Fitting()
    for number, (group, example) in enumerate(_training(chosen), 1):
        fitting.add(group, scorer_of(example, model), example.gold)
        print(f"{number} {group} {example.name}", file=sys.stderr)
    for name, weight in fitting.weights().items():
        print(f'    "{name}": {weight},')
    return 0


def _training(chosen: argparse.Namespace) -> Iterator[tuple[str, Example]]:
    def named(group: str, examples: Iterable[Example]) -> Iterator[tuple[str, Example]]:
        return ((group, example) for example in examples)

    return chain(
        named("abstracts", islice(abstracts(chosen.data, "train"), chosen.abstracts)),
        named("papers", islice(papers(chosen.data, held_out=False), chosen.papers)),
        named("proposals", islice(proposals(chosen.data), chosen.proposals)),
    )


if __name__ == "__main__":
    sys.exit(main())
