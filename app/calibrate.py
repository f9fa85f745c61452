"""Calibrate a model folder on validation documents: weights of the evidence, of the reader, and of the refusal.

python -m docqa.app.calibrate --model FOLDER --data FOLDER/qa/train [--questions N] [--seed S]

Documents are those of the training sets that training left out. Every question is asked twice: of the whole document,
and of the document without the passages that answer it, where the right answer is that there is none. What is found
goes into the folder's calibration.json; the figures of the search are printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from docqa.app import refusal
from docqa.app.engine import Options, load_model
from docqa.app.evaluate import AskedQuestion, EvalDocument, read_eval_file
from docqa.app.evidence import Ranked, fuse, rank
from docqa.app.focus import DEFAULT_READER, Candidate, FocusReading, candidate_score
from docqa.app.scoring import TextMap
from docqa.app.session import Session
from docqa.ingest.read import read
from docqa.model.validation_split import is_validation

SETS = (
    "squad_train_articles",
    "squadshifts_new_wiki",
    "cuad",
    "contractnli",
    "covidqa",
    "tatqa",
    "squad_dev_articles",
    "policyqa",
)
CHARACTERS = 30_000  # of each document: reading is most of the time
VECTOR_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
ATTENTION_WEIGHTS = (0.0, 0.15, 0.3, 0.6)
LENGTH_WEIGHTS = (0.0, 0.5, 1.0)
FEATURES = (
    "bm25_top",
    "idf_coverage_passage",
    "idf_coverage_sentence",
    "vector_top",
    "vector_margin",
    "reader_logprob",
    "reader_refusal_margin",
    "missing_names",
)


@dataclass
class Trial:
    """One question over one read document: its signals, and the passages that answer it."""

    session: Session
    question: str
    bm25: np.ndarray
    vector: np.ndarray | None
    attention: np.ndarray | None
    right: set[int]
    golds: list[tuple[int, int]]


@dataclass
class Reading:
    """What the reader made of one trial; `answerable` False where the right passages were taken away."""

    trial: Trial
    ranked: list[Ranked]
    reading: FocusReading
    answerable: bool


def documents(folder: Path, wanted: int, seed: int) -> Iterator[EvalDocument]:
    """Validation documents with at most `wanted` questions each, a set after the other in turn."""
    rng = random.Random(seed)
    queues = []
    for name in SETS:
        path = folder / f"{name}.jsonl.gz"
        known = read_eval_file(str(path)) if path.exists() else []
        found = [document for document in known if is_validation(document.name) and len(document.text) > 6_000]
        rng.shuffle(found)
        queues.append(found)
    for row in itertools.zip_longest(*queues):
        for document in row:
            if document is not None:
                asked = [q for q in document.questions if q.spans]
                rng.shuffle(asked)
                document.questions = asked[:wanted]
                if asked:
                    yield document


def trials(document: EvalDocument, options: Options, model: Any) -> Iterator[Trial]:
    """Read the document once and take the signals of each of its questions."""
    parsed = read(f"{document.name}.txt", data=document.text[:CHARACTERS].encode("utf-8"), media_type="txt")
    parsed = replace(parsed, title=document.title)
    places = TextMap(document.text[:CHARACTERS], parsed.pages[0].text)
    session = Session([parsed], options, model=model)
    for _ in session.read():
        pass
    for question in document.questions:
        golds = _golds(question, places, CHARACTERS)
        right = {
            number
            for number, placed in enumerate(session.context.passages)
            if any(placed.passage.start < end and start < placed.passage.end for start, end in golds)
        }
        if right:
            vector, attention = session.signals(question.text, {"vector": 1.0, "attention": 1.0})
            yield Trial(session, question.text, session.index.scores(question.text), vector, attention, right, golds)


def _golds(question: AskedQuestion, places: TextMap, limit: int) -> list[tuple[int, int]]:
    spans = (places.span(start, end) for start, end in question.spans if end <= limit)
    return [span for span in spans if span]


def search_evidence(found: list[Trial]) -> dict[str, float]:
    """Weights with the best hit@1 (hit@3 breaks ties); prints what each signal does alone and together."""
    best: tuple[float, float, dict[str, float]] | None = None
    for bm25, vector, attention in itertools.product((0.0, 1.0), VECTOR_WEIGHTS, ATTENTION_WEIGHTS):
        weights = {"bm25": bm25, "vector": vector, "attention": attention}
        if not any(weights.values()):
            continue
        orders = [np.argsort(-fuse(t.bm25, t.vector, t.attention, weights), kind="stable") for t in found]
        first = float(np.mean([order[0] in t.right for order, t in zip(orders, found, strict=True)]))
        third = float(
            np.mean([bool(t.right & set(order[:3].tolist())) for order, t in zip(orders, found, strict=True)])
        )
        if sum(value > 0 for value in weights.values()) == 1 and max(weights.values()) in (1.0, 0.6):
            print(
                json.dumps({"evidence": weights, "hit_at_1": round(first, 4), "hit_at_3": round(third, 4)}), flush=True
            )
        if bm25 and (best is None or (first, third) > best[:2]):
            best = first, third, weights
    assert best is not None
    print(json.dumps({"evidence": best[2], "hit_at_1": round(best[0], 4), "hit_at_3": round(best[1], 4)}), flush=True)
    return best[2]


def readings(found: list[Trial], weights: dict[str, float]) -> list[Reading]:
    """Focus and copy for every trial, with the right passages and without them."""
    done = []
    for trial in found:
        ranked = rank(
            trial.question, trial.session.index, vector=trial.vector, attention=trial.attention, weights=weights
        )
        without = [item for item in ranked if item.index not in trial.right]
        for answerable, kept in ((True, ranked), (False, without)):
            reading = trial.session.focus(trial.question, kept)
            if reading is not None:
                done.append(Reading(trial, kept, reading, answerable))
    return done


def _order(reading: Reading, reader: dict[str, float]) -> list[Candidate]:
    return sorted(reading.reading.candidates, key=lambda c: -candidate_score(c, reader))


def _right(reading: Reading, candidate: Candidate) -> bool:
    return any(candidate.start < end and start < candidate.end for start, end in reading.trial.golds)


def search_reader(done: list[Reading]) -> dict[str, float]:
    """Weights of what orders candidates: a conditional logit of "overlaps a gold answer", for each length weight."""
    asked = [r for r in done if r.answerable and any(_right(r, c) for c in r.reading.candidates)]
    best: tuple[float, dict[str, float]] | None = None
    for length in LENGTH_WEIGHTS:
        groups = []
        for item in asked:
            x = np.array(
                [
                    [c.logprob / c.token_count**length, c.coverage, c.similarity, c.behind]
                    for c in item.reading.candidates
                ]
            )
            groups.append((x, np.array([_right(item, c) for c in item.reading.candidates])))
        weights = _conditional_logit(groups)
        names = ("reader_weight", "sentence_weight", "vector_weight", "evidence_weight")
        found = {**dict(zip(names, np.round(weights, 4).tolist(), strict=True)), "length_weight": length}
        share = float(np.mean([right[np.argmax(x @ weights)] for x, right in groups]))
        print(
            json.dumps({"reader": found, "right_where_possible": round(share, 4), "possible": len(groups)}), flush=True
        )
        if best is None or share > best[0]:
            best = share, found
    assert best is not None
    return best[1]


def _conditional_logit(groups: list[tuple[np.ndarray, np.ndarray]], rounds: int = 400, rate: float = 0.3) -> np.ndarray:
    """Weights that give the right rows of each group [rows, features] the largest share of its softmax."""
    spread = np.concatenate([x for x, _ in groups]).std(0) + 1e-9
    w = np.zeros(len(spread))
    for _ in range(rounds):
        gradient = -0.01 * w
        for x, right in groups:
            z = x / spread @ w
            p = np.exp(z - z.max())
            p /= p.sum()
            target = p * right / max(float((p * right).sum()), 1e-12)
            gradient += (target - p) @ (x / spread) / len(groups)
        w = w + rate * gradient
    return w / spread


def fit_refusal(done: list[Reading], reader: dict[str, float]) -> dict[str, Any]:
    """Logistic regression of "there is an answer" on the signals, and the threshold of the best balance."""
    rows, labels, right = [], [], []
    for reading in done:
        ordered = tuple(_order(reading, reader))
        seen = replace(reading.reading, candidates=ordered)
        session = reading.trial.session
        values = refusal.features(reading.trial.question, session.context, session.index, reading.ranked, seen)
        rows.append([values[name] for name in FEATURES])
        labels.append(reading.answerable)
        right.append(reading.answerable and bool(ordered) and _right(reading, ordered[0]))
    x, y = np.array(rows), np.array(labels, dtype=float)
    mean, std = x.mean(0), x.std(0) + 1e-9
    weights, bias = _logistic((x - mean) / std, y)
    weights = weights / std
    bias -= float(weights @ mean)
    chance = 1 / (1 + np.exp(-(x @ weights + bias)))
    answered = y > 0
    hits = np.array(right)

    def worth(threshold: float) -> float:
        kept = chance >= threshold
        # Half for questions with an answer: given, and twice where given rightly; half for those without: refused.
        given = 0.5 * kept[answered].mean() + 0.5 * (kept & hits)[answered].sum() / max(1, hits[answered].sum())
        return float(given + (~kept)[~answered].mean()) / 2

    threshold = max(np.linspace(0.05, 0.95, 91), key=worth)
    print(
        json.dumps(
            {
                "refusal": dict(zip(FEATURES, np.round(weights, 3).tolist(), strict=True)),
                "threshold": round(float(threshold), 3),
                "answered": round(float((chance >= threshold)[answered].mean()), 3),
                "refused_unanswerable": round(float((chance < threshold)[~answered].mean()), 3),
            }
        ),
        flush=True,
    )
    return {
        "features": list(FEATURES),
        "weights": np.round(weights, 5).tolist(),
        "bias": round(bias, 5),
        "threshold": round(float(threshold), 3),
    }


def _logistic(x: np.ndarray, y: np.ndarray, strength: float = 1e-2, rounds: int = 60) -> tuple[np.ndarray, float]:
    """Ridge logistic regression by Newton's method on standardised x [n, features]; returns weights and bias."""
    full = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([strength * len(x)] * x.shape[1] + [0.0])
    w = np.zeros(full.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-full @ w))
        gradient = full.T @ (p - y) + penalty @ w
        hessian = (full * (p * (1 - p))[:, None]).T @ full + penalty + 1e-9 * np.eye(len(w))
        w = w - np.linalg.solve(hessian, gradient)
    return w[:-1], float(w[-1])


def run(options: argparse.Namespace) -> None:
    """Search on the validation documents and write calibration.json."""
    chosen = Options(model=str(options.model), store=False, preview=False)
    model = load_model(chosen)
    found: list[Trial] = []
    for document in documents(options.data, options.each, options.seed):
        found += trials(document, chosen, model)
        if len(found) >= options.questions:
            break
    print(json.dumps({"questions": len(found)}), flush=True)
    path = options.model / "calibration.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known["evidence_weights"] = search_evidence(found)
    done = readings(found[: options.readings], known["evidence_weights"])
    known["reader"] = {**DEFAULT_READER, **search_reader(done)}
    known["refusal"] = fit_refusal(done, known["reader"])
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate a model folder on validation documents.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--readings", type=int, default=150)
    parser.add_argument("--each", type=int, default=12, help="questions of each document, at most")
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
