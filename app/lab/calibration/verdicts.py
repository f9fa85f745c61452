"""Fit how yes or no is told from a question and its clause, and say how often it is right on documents left out.

    python -m docqa.app.lab.calibration.verdicts --data FILE_OR_FOLDER [--test FILE_OR_FOLDER] [--weights FILE]

`--data` has questions with a `verdict` and the clause that answers marked (`natural.jsonl.gz`). Documents are left out
by tenths; each clause is fitted as it is marked, as the sentence it is in, and cut, since a reader points at more or
less than people do. `--weights` is where the weights are written, by default those that answers are made with;
`--test` measures the weights on other documents, and fits nothing. Every line printed is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docqa.app.eval.questions import lines
from docqa.app.lab.calibration.fitting import Line, logistic
from docqa.app.reading.wording import verdicts
from docqa.app.storage.atomic import write_whole

PARTS, PULL, SHORTEST_CUT = 10, 5.0, 0.4
FORMS = ("clause", "sentence", "cut")


@dataclass(frozen=True)
class Judged:
    """A yes/no question with its verdict, and each of FORMS of what answers it."""

    document: str
    question: str
    yes: bool
    texts: tuple[str, ...]


def judged(source: Path) -> list[Judged]:
    """The questions with a verdict of a file, or of all `*.jsonl.gz` below a folder."""
    found = []
    for path in sorted(source.rglob("*.jsonl.gz")) if source.is_dir() else [source]:
        for line in lines(path):
            record = json.loads(line)
            for qa in record["qas"]:
                if qa.get("verdict") in ("yes", "no") and qa["answers"]:
                    clause = qa["answers"][0]["text"]
                    sentence = next(iter(qa.get("evidence") or [clause]))
                    name = record.get("document") or record["doc"]
                    texts = (clause, sentence, _cut(clause, qa["id"]))
                    found.append(Judged(name, qa["question"], qa["verdict"] == "yes", texts))
    return found


def _cut(clause: str, seed: str) -> str:
    """A run of words of `clause`, at least SHORTEST_CUT of them."""
    drawn = random.Random(seed)
    words = clause.split()
    kept = max(round(len(words) * drawn.uniform(SHORTEST_CUT, 1.0)), min(3, len(words)))
    start = drawn.randint(0, len(words) - kept)
    return " ".join(words[start : start + kept])


def design(questions: Sequence[Judged], names: Sequence[str] | None = None) -> tuple[np.ndarray, list[str]]:
    """Features [forms, questions, names] and their names: by default all that any question has."""
    found = [[verdicts.features(item.question, item.texts[form]) for item in questions] for form in range(len(FORMS))]
    known = sorted({name for rows in found for row in rows for name in row}) if names is None else list(names)
    return np.array([[[row.get(name, 0.0) for name in known] for row in rows] for rows in found]), known


def fitted(x: np.ndarray, yes: np.ndarray) -> Line:
    """The weights of features [forms, questions, names], all forms together."""
    return logistic(x.reshape(-1, x.shape[-1]), np.tile(yes, len(x)), pull=PULL)


def left_out(x: np.ndarray, yes: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Log-odds [forms, questions], each by weights fitted on the documents of the other parts."""
    odds = np.zeros(x.shape[:2])
    for part in range(PARTS):
        inside = parts == part
        line = fitted(x[:, ~inside], yes[~inside])
        odds[:, inside] = x[:, inside] @ line.weights + line.bias
    return odds


def rates(odds: np.ndarray, yes: np.ndarray) -> dict[str, float]:
    """How often the verdict is right, by form, and from the mean of a cut's odds and its sentence's."""
    right = ((odds > 0) == yes).mean(axis=1)
    both = ((odds[1] + odds[2] > 0) == yes).mean()
    loss = np.logaddexp(0.0, np.where(yes, -odds[0], odds[0])).mean()
    named = {**dict(zip(FORMS, right, strict=True)), "sentence and cut": both, "loss": loss}
    return {name: round(float(value), 4) for name, value in named.items()}


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--weights", type=Path, default=Path(verdicts.__file__).with_name(verdicts.WEIGHTS))
    options = parser.parse_args(arguments)
    if options.test is not None:
        questions = judged(options.test)
        known = json.loads(options.weights.read_text(encoding="utf-8"))
        x, names = design(questions, [name for name in known if name != "bias"])
        odds = x @ np.array([known[name] for name in names]) + known["bias"]
        print(json.dumps({"questions": len(questions), **rates(odds, np.array([item.yes for item in questions]))}))
        return
    questions = judged(options.data)
    x, names = design(questions)
    yes = np.array([item.yes for item in questions])
    parts = np.array([zlib.crc32(item.document.encode()) % PARTS for item in questions])
    print(json.dumps({"questions": len(questions), "left out": rates(left_out(x, yes, parts), yes)}), flush=True)
    line = fitted(x, yes)
    weights = {"bias": line.bias, **dict(zip(names, line.weights, strict=True))}
    rounded = {name: round(float(value), 3) for name, value in weights.items()}
    write_whole(options.weights, (json.dumps(rounded, indent=1) + "\n").encode())
    print(json.dumps({"weights": len(rounded), "file": str(options.weights)}))


if __name__ == "__main__":
    main()
