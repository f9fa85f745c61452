"""Calibrate a model folder on validation documents: weights of the evidence, of the reader, and of the refusal.

python -m docqa.app.lab.calibrate --model FOLDER --data FOLDER/qa/train [--questions N] [--synonyms DIR]

Documents are those of the training sets that training left out. A question with an answer is asked of the whole
document, and every second one also of the document without the passages that answer it, where there is no answer;
questions that their set calls unanswerable are asked as they are, and a third of the others once more with a word
exchanged. With `--synonyms` half of the questions are put in other words, as people ask who have not the text before
them; else signals of words count for more than they should. What is found goes into the folder's calibration.json; the
figures of the search are printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from docqa.app.answerers.loading import load_model
from docqa.app.evidence.ranking import Ranked, fuse, rank
from docqa.app.lab.evaluate import AskedQuestion, EvalDocument, read_eval_file
from docqa.app.lab.fitting import conditional_logit, logistic
from docqa.app.lab.scoring import TextMap
from docqa.app.options import Options
from docqa.app.reading import answerability as refusal
from docqa.app.reading.candidates import Candidate, Candidates, candidate_score
from docqa.app.reading.copying import DEFAULT_READER
from docqa.app.reading.spans import DEFAULT_SPAN_READER, UNLIKELY
from docqa.app.session.session import Session
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.model.training.data.sets import is_validation

SETS = (
    "squad_train_articles",
    "cuad",
    "squad_dev_articles",
    "contractnli",
    "squadshifts_new_wiki",
    "covidqa",
    "tatqa",
    "policyqa",
)
REWORDED = 0.5  # share of the questions that are put in other words with --synonyms
CHARACTERS = 40_000  # of each document: reading is most of the time
BM25_WEIGHTS = (0.0, 0.5, 1.0)
VECTOR_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
RANK_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.7, 1.0)
AGAIN_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.5)
LENGTH_WEIGHTS = (0.0, 0.5, 1.0)
EVIDENCE_FACTORS = (1.0, 2.0, 4.0, 16.0)


@dataclass
class Trial:
    """One question over one read document: its signals, and the passages that answer it (none: unanswerable)."""

    session: Session
    question: str
    bm25: np.ndarray
    vector: np.ndarray | None
    right: set[int]
    golds: list[tuple[int, int]]


@dataclass
class QuestionReading:
    """What the reader made of one trial; `answerable` False where nothing answers, or what does was taken away."""

    trial: Trial
    ranked: list[Ranked]
    ordered: list[Ranked]
    reading: Candidates
    answerable: bool


def documents(folder: Path, wanted: int, seed: int) -> Iterator[EvalDocument]:
    """Validation documents with at most `wanted` questions each, a third unanswerable ones, sets in turn."""
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
                rng.shuffle(document.questions)
                asked = [q for q in document.questions if q.spans][:wanted]
                none = [q for q in document.questions if q.unanswerable][: max(1, len(asked) // 2)]
                document.questions = [*asked, *none]
                if asked:
                    yield document


def trials(document: EvalDocument, options: Options, model: Any, put: Callable[[str], str]) -> Iterator[Trial]:
    """Read the document once and take the signals of each of its questions, said as `put` says it."""
    parsed = read(ReadRequest(f"{document.name}.txt", document.text[:CHARACTERS].encode("utf-8"), media_type="txt"))
    parsed = replace(parsed, title=document.title)
    places = TextMap(document.text[:CHARACTERS], parsed.pages[0].text)
    session = Session([parsed], options, model=model)
    for _ in session.read():
        pass
    asked: list[tuple[str, set[int], list[tuple[int, int]]]] = []
    for question in document.questions:
        golds = _golds(question, places, CHARACTERS)
        right = {
            number
            for number, placed in enumerate(session.context.passages)
            if any(placed.passage.start < end and start < placed.passage.end for start, end in golds)
        }
        if right or question.unanswerable:
            asked.append((question.text, right, golds))
    for text in near_misses(session, asked):
        asked.append((text, set(), []))
    for text, right, golds in asked:
        text = put(text)
        yield Trial(session, text, session.index.scores(text), session.local.vector_scores(text), right, golds)


def in_other_words(wordnet: Path | None, seed: int) -> Callable[[str], str]:
    """What puts every second question, by chance, in other words; without a WordNet folder they stay as they are."""
    if wordnet is None:
        return lambda question: question
    from docqa.model.training.data.synonyms import Synonyms

    synonyms, rng = Synonyms(wordnet), random.Random(seed)
    return lambda question: synonyms.reworded(question, rng) if rng.random() < REWORDED else question


def near_misses(session: Session, asked: list[tuple[str, set[int], list[tuple[int, int]]]]) -> list[str]:
    """A third of the answered questions with one word exchanged, so that the passage does not answer them.

    Words and vectors say nothing against them; without them the fit trusts those signals alone, and refuses whatever is
    asked in other words than the document's.
    """
    from docqa.model.training.data.features import altered_questions
    from docqa.model.training.data.sequences import Question, SourceText

    passages = session.context.passages
    sources = [
        SourceText("", session.context.text_of(passages[min(right)]), (), (Question(text, ((0, 1),)),))
        for text, right, _ in asked
        if right
    ]
    return altered_questions(sources, random.Random(len(asked)))


def _golds(question: AskedQuestion, places: TextMap, limit: int) -> list[tuple[int, int]]:
    spans = (places.span(start, end) for start, end in question.spans if end <= limit)
    return [span for span in spans if span]


def told(**figures: Any) -> None:
    """Print one line of the search."""
    print(json.dumps(figures), flush=True)


def search_evidence(found: list[Trial]) -> dict[str, float]:
    """Weights with the best hit@1 plus half of hit@3; prints what each signal does alone and together."""
    asked = [trial for trial in found if trial.right]
    best: tuple[float, dict[str, float]] | None = None
    seen: set[str] = set()
    for bm25, vector in itertools.product(BM25_WEIGHTS, VECTOR_WEIGHTS):
        weights = {"bm25": bm25, "vector": vector}
        if not any(weights.values()):
            continue
        orders = [np.argsort(-fuse(t.bm25, t.vector, weights), kind="stable") for t in asked]
        first, third = hits(orders, [t.right for t in asked])
        alone = [name for name, value in weights.items() if value]
        if len(alone) == 1 and alone[0] not in seen:
            seen.add(alone[0])
            told(evidence=alone[0], hit_at_1=first, hit_at_3=third)
        if bm25 and (best is None or first + third / 2 > best[0]):
            best = first + third / 2, weights
    assert best is not None
    orders = [np.argsort(-fuse(t.bm25, t.vector, best[1]), kind="stable") for t in asked]
    first, third = hits(orders, [t.right for t in asked])
    told(evidence=best[1], hit_at_1=first, hit_at_3=third)
    return best[1]


def hits(orders: list[Any], right: list[set[int]]) -> tuple[float, float]:
    """Shares of the questions with a right passage first, and among the first three."""
    pairs = list(zip(orders, right, strict=True))
    first = np.mean([order[0] in answers for order, answers in pairs])
    third = np.mean([bool(answers & {int(i) for i in order[:3]}) for order, answers in pairs])
    return round(float(first), 4), round(float(third), 4)


def readings(found: list[Trial], weights: dict[str, float]) -> list[QuestionReading]:
    """The reader's view of every trial, with the right passages, and of every second one without them."""
    done = []
    for number, trial in enumerate(found):
        ranked = rank(trial.question, trial.session.index, vector=trial.vector, weights=weights)
        without = [item for item in ranked if item.index not in trial.right]
        for answerable, kept in ((True, ranked), (False, without)):
            if (answerable and not trial.right) or (not answerable and trial.right and number % 2):
                continue
            ordered, reading = trial.session.local.find(trial.question, kept)
            if reading is not None:
                done.append(QuestionReading(trial, kept, ordered, reading, answerable))
    return done


def search_rank(done: list[QuestionReading]) -> dict[str, float]:
    """How much the log-probabilities of a passage count in the ranking, the span head's ("rank_weight") and the
    reader's ("again_weight", 0 without one): best hit@1 plus half of hit@3."""
    asked = [r for r in done if r.answerable]
    has_reader = any(item.again is not None for r in asked for item in r.ordered)
    right = [item.trial.right for item in asked]
    best: tuple[float, dict[str, float]] | None = None
    for first_weight, again_weight in itertools.product(RANK_WEIGHTS, AGAIN_WEIGHTS if has_reader else (0.0,)):
        orders = []
        for item in asked:
            pulled = {r.index: first_weight * _likely(r.reader) + again_weight * _likely(r.again) for r in item.ordered}
            orders.append([r.index for r in sorted(item.ranked, key=lambda r: -(r.score + pulled[r.index]))])
        first, third = hits(orders, right)
        weights = {"rank_weight": first_weight, "again_weight": again_weight}
        told(**weights, hit_at_1=first, hit_at_3=third)
        if best is None or first + third / 2 > best[0]:
            best = first + third / 2, weights
    assert best is not None
    return best[1]


def _likely(value: float | None) -> float:
    return UNLIKELY if value is None else max(value, UNLIKELY)


def _order(reading: QuestionReading, reader: dict[str, float]) -> list[Candidate]:
    return sorted(reading.reading.candidates, key=lambda c: -candidate_score(c, reader))


def _share(reading: QuestionReading, candidate: Candidate) -> float:
    """F1 of the candidate's characters against the best gold answer."""
    best = 0.0
    for start, end in reading.trial.golds:
        shared = min(end, candidate.end) - max(start, candidate.start)
        if shared > 0:
            best = max(best, 2 * shared / (end - start + candidate.end - candidate.start))
    return best


def _passage(reading: QuestionReading, candidate: Candidate) -> int | None:
    """The passage of the context that a candidate stands in."""
    for number, placed in enumerate(reading.trial.session.context.passages):
        if placed.passage.start <= candidate.start < placed.passage.end:
            return number
    return None


def search_reader(done: list[QuestionReading]) -> dict[str, float]:
    """Weights of what orders candidates: a conditional logit of "half of it is a gold answer", by length weight.

    Then how much more the place of the passage in the ranking should count, for the best F1 over all questions.
    """
    every = [r for r in done if r.answerable and r.reading.candidates]
    possible = [r for r in every if any(_share(r, c) > 0 for c in r.reading.candidates)]
    names = ("reader_weight", "sentence_weight", "vector_weight", "evidence_weight", "pointed_weight")
    best: tuple[float, dict[str, float]] | None = None
    for length in LENGTH_WEIGHTS:
        groups = [(_signals(item, length), _rightly(item)) for item in possible]
        weights = conditional_logit(groups)
        for factor in EVIDENCE_FACTORS:
            pulled = np.round(weights * np.array([1, 1, 1, factor, 1]), 4)
            found = {**dict(zip(names, pulled.tolist(), strict=True)), "length_weight": length}
            chosen = [item.reading.candidates[int(np.argmax(_signals(item, length) @ pulled))] for item in every]
            f1 = float(np.mean([_share(item, c) for item, c in zip(every, chosen, strict=True)]))
            right = float(np.mean([_passage(i, c) in i.trial.right for i, c in zip(every, chosen, strict=True)]))
            told(reader=found, character_f1=round(f1, 4), right_passage=round(right, 4), questions=len(every))
            if best is None or f1 + right > best[0]:
                best = f1 + right, found
    assert best is not None
    return best[1]


def _signals(reading: QuestionReading, length: float) -> np.ndarray:
    """[candidates, 5]: what `candidate_score` weighs."""
    return np.array(
        [
            [c.logprob / c.token_count**length, c.coverage, c.similarity, c.behind, c.pointed]
            for c in reading.reading.candidates
        ]
    )


def _rightly(reading: QuestionReading) -> np.ndarray:
    """[candidates]: whether half of each is a gold answer, or as much as the best of them."""
    shares = np.array([_share(reading, candidate) for candidate in reading.reading.candidates])
    return shares >= min(0.5, shares.max())


def fit_refusal(done: list[QuestionReading], reader: dict[str, float]) -> dict[str, Any]:
    """Logistic regression of "there is an answer" on the signals, and the threshold of the best balance.

    The figures are of a fit on the even documents, measured on the odd ones; what is returned was fitted on all.
    """
    rows, labels, right, odd = [], [], [], []
    order = {id(r.trial.session): n for n, r in enumerate({id(x.trial.session): x for x in done}.values())}
    for reading in done:
        ordered = tuple(_order(reading, reader))
        seen = replace(reading.reading, candidates=ordered)
        session = reading.trial.session
        values = refusal.features(reading.trial.question, session.context, session.index, reading.ordered, seen)
        rows.append([values[name] for name in refusal.FEATURES])
        labels.append(reading.answerable)
        right.append(reading.answerable and bool(ordered) and _share(reading, ordered[0]) > 0)
        odd.append(order[id(session)] % 2 == 1)
    x, y, hit, other = np.array(rows), np.array(labels), np.array(right), np.array(odd)
    weights, bias = _fit(x[~other], y[~other])
    threshold = _threshold(x[~other] @ weights + bias, y[~other], hit[~other])
    kept = _chance(x[other] @ weights + bias) >= threshold
    told(
        measured_on=int(other.sum()),
        first_of_answered_right=round(float(hit[other & y].mean()), 4),
        answered=round(float(kept[y[other]].mean()), 4),
        refused_unanswerable=round(float((~kept)[~y[other]].mean()), 4),
    )
    weights, bias = _fit(x, y)
    threshold = _threshold(x @ weights + bias, y, hit)
    told(refusal=dict(zip(refusal.FEATURES, np.round(weights, 3).tolist(), strict=True)), threshold=threshold)
    return {
        "features": list(refusal.FEATURES),
        "weights": np.round(weights, 5).tolist(),
        "bias": round(bias, 5),
        "threshold": threshold,
    }


def _fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    mean, std = x.mean(0), x.std(0) + 1e-9
    # Both kinds of question count the same, however many there are of each.
    balance = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    signs = np.array([-1.0 if name in refusal.AGAINST else 1.0 for name in refusal.FEATURES])
    weights, bias = logistic((x - mean) / std, y.astype(float), balance, signs=signs)
    weights = weights / std
    return weights, bias - float(weights @ mean)


def _chance(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def _threshold(logits: np.ndarray, answerable: np.ndarray, hit: np.ndarray) -> float:
    """Half for questions with an answer: given, and twice where given rightly; half for those without: refused.

    Of thresholds as good but for chance the lowest: a wrong answer is seen on its page, a refusal hides a right one.
    """

    def worth(threshold: float) -> float:
        kept = _chance(logits) >= threshold
        given = 0.5 * kept[answerable].mean() + 0.5 * (kept & hit)[answerable].sum() / max(1, hit[answerable].sum())
        return float(given + (~kept)[~answerable].mean()) / 2

    every = np.linspace(0.05, 0.95, 91)
    values = np.array([worth(float(threshold)) for threshold in every])
    # Shares of some hundred questions: a standard error of two to three in a hundred.
    return round(float(every[np.argmax(values >= values.max() - 0.02)]), 3)


def run(options: argparse.Namespace) -> None:
    """Search on the validation documents and write calibration.json."""
    chosen = Options(model=str(options.model), store=False, preview=False)
    model = load_model(chosen)
    model.calibration["evidence_weights"] = {"vector": 1.0}
    put = in_other_words(options.synonyms, options.seed)
    found: list[Trial] = []
    for document in documents(options.data, options.each, options.seed):
        found += trials(document, chosen, model, put)
        if len(found) >= options.questions:
            break
    told(questions=len(found), answerable=sum(bool(trial.right) for trial in found))
    path = options.model / "calibration.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known["evidence_weights"] = search_evidence(found)
    done = readings(found, known["evidence_weights"])
    if model.heads.span is not None:
        # How far a candidate's passage is behind depends on the order, so that comes first.
        model.calibration["span_reader"] = {**DEFAULT_SPAN_READER, **search_rank(done)}
        done = readings(found, known["evidence_weights"])
        fitted = known["span_reader"] = {**model.calibration["span_reader"], **search_reader(done)}
    else:
        fitted = known["reader"] = {**DEFAULT_READER, **search_reader(done)}
    known["refusal"] = fit_refusal(done, fitted)
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate a model folder on validation documents.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--each", type=int, default=16, help="questions with an answer of each document, at most")
    parser.add_argument("--synonyms", type=Path, help="WordNet's database: half of the questions in other words")
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
