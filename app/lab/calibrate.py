"""Calibrate a model folder on validation documents: weights of the evidence, of the reader, and of the refusal.

python -m docqa.app.lab.calibrate --model FOLDER --data FOLDER/qa/train [--questions N] [--synonyms DIR]

Documents are those of the training sets that training left out. A question with an answer is asked of the whole
document, and every second one also of the document without the passages that answer it, where there is no answer;
questions that their set calls unanswerable are asked as they are, and a third of the others once more with a word
exchanged. With `--synonyms` half of the questions are put in other words, as people ask who do not see the text;
without it signals of words count for more than they should. What is found goes into the folder's calibration.json; the
figures of the search are printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from docqa.app.answerers.loading import load_model
from docqa.app.evidence.ranking import Ranked, fuse, rank
from docqa.app.lab.evaluate import overlaps
from docqa.app.lab.fitting import conditional_logit, logistic
from docqa.app.lab.questions import EvalDocument, read_eval_file
from docqa.app.options import Options
from docqa.app.reading import answerability as refusal
from docqa.app.reading.candidates import Candidate, Candidates, candidate_score
from docqa.app.reading.copying import DEFAULT_READER
from docqa.app.reading.spans import DEFAULT_SPAN_READER, UNLIKELY
from docqa.app.session.session import Session
from docqa.model.protocol import Model, RefusalCalibration
from docqa.model.training.data.features import altered_questions
from docqa.model.training.data.sequences import Question, SourceText
from docqa.model.training.data.sets import is_validation
from docqa.model.training.data.synonyms import Synonyms

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
SIGNALS = ("reader_weight", "sentence_weight", "vector_weight", "evidence_weight", "pointed_weight")
Weights = dict[str, float]


@dataclass
class Trial:
    """One question over one read document: its signals, and the passages that answer it (none: unanswerable)."""

    session: Session
    question: str
    bm25: np.ndarray
    vector: np.ndarray | None
    right: set[int]
    golds: list[tuple[int, int]]

    def share(self, candidate: Candidate) -> float:
        """F1 of the candidate's characters against the best gold answer."""
        best = 0.0
        for start, end in self.golds:
            shared = min(end, candidate.end) - max(start, candidate.start)
            if shared > 0:
                best = max(best, 2 * shared / (end - start + candidate.end - candidate.start))
        return best

    def in_right_passage(self, candidate: Candidate) -> bool:
        passages = self.session.context.passages
        return any(passages[i].passage.start <= candidate.start < passages[i].passage.end for i in self.right)


@dataclass
class Attempt:
    """What the reader made of one trial; `answerable` False where nothing answers, or what does was taken away."""

    trial: Trial
    ranked: list[Ranked]
    ordered: list[Ranked]
    reading: Candidates
    answerable: bool


def documents(folder: Path, most: int, seed: int) -> Iterator[EvalDocument]:
    """Validation documents with at most `most` questions each, a third unanswerable ones, sets in turn."""
    rng = random.Random(seed)
    queues = []
    for path in (folder / f"{name}.jsonl.gz" for name in SETS):
        known = read_eval_file(str(path)) if path.exists() else []
        found = [document for document in known if is_validation(document.name) and len(document.text) > 6_000]
        rng.shuffle(found)
        queues.append(found)
    for document in filter(None, itertools.chain.from_iterable(itertools.zip_longest(*queues))):
        rng.shuffle(document.questions)
        asked = [q for q in document.questions if q.spans][:most]
        none = [q for q in document.questions if q.unanswerable][: max(1, len(asked) // 2)]
        document.questions = [*asked, *none]
        if asked:
            yield document


def trials(document: EvalDocument, options: Options, model: Model, reword: Callable[[str], str]) -> Iterator[Trial]:
    """Read the document once and take the signals of each of its questions, in the words that `reword` gives them."""
    parsed, places = document.parse(CHARACTERS)
    session = Session([parsed], options, model=model)
    for _ in session.read():
        pass
    asked: list[tuple[str, set[int], list[tuple[int, int]]]] = []
    for question in document.questions:
        golds = places.spans(span for span in question.spans if span[1] <= CHARACTERS)
        passages = enumerate(session.context.passages)
        right = {number for number, placed in passages if overlaps(placed.passage, golds)}
        if right or question.unanswerable:
            asked.append((question.text, right, golds))
    asked += [(text, set(), []) for text in near_misses(session, [(text, right) for text, right, _ in asked if right])]
    for text, right, golds in asked:
        text = reword(text)
        yield Trial(session, text, session.index.scores(text), session.local.vector_scores(text), right, golds)


def in_other_words(wordnet: Path | None, seed: int) -> Callable[[str], str]:
    """Puts every second question, by chance, in other words; without a WordNet folder they stay as they are."""
    if wordnet is None:
        return lambda question: question
    synonyms, rng = Synonyms(wordnet), random.Random(seed)
    return lambda question: synonyms.reworded(question, rng) if rng.random() < REWORDED else question


def near_misses(session: Session, answered: list[tuple[str, set[int]]]) -> list[str]:
    """A third of the answered questions with one word exchanged, so that the passage does not answer them.

    Words and vectors say nothing against them; without them the fit trusts those signals alone, and refuses whatever is
    asked in other words than the document's.
    """
    passages = session.context.passages
    sources = [
        SourceText("", session.context.text_of(passages[min(right)]), (), (Question(text, ((0, 1),)),))
        for text, right in answered
    ]
    return altered_questions(sources, random.Random(len(answered)))


def log(**figures: object) -> None:
    """Print one line of the search."""
    print(json.dumps(figures), flush=True)


def best_of(found: Iterable[tuple[float, Weights]]) -> Weights:
    """The weights with the highest value, the first among equals."""
    return max(found, key=lambda pair: pair[0])[1]


def search_evidence(found: list[Trial]) -> Weights:
    """Weights with the best hit@1 plus half of hit@3; prints what each signal does alone and together."""
    asked = [trial for trial in found if trial.right]

    def value(**weights: float) -> float:
        orders = [np.argsort(-fuse(t.bm25, t.vector, weights), kind="stable") for t in asked]
        first, third = hits(orders, asked)
        log(evidence=weights, hit_at_1=first, hit_at_3=third)
        return first + third / 2

    value(bm25=0.0, vector=1.0)
    pairs = itertools.product((weight for weight in BM25_WEIGHTS if weight), VECTOR_WEIGHTS)
    return best_of((value(bm25=bm25, vector=vector), {"bm25": bm25, "vector": vector}) for bm25, vector in pairs)


def hits(orders: list[np.ndarray], asked: list[Trial]) -> tuple[float, float]:
    """Shares of the questions with a right passage first, and among the first three."""
    pairs = [([int(i) for i in order[:3]], trial.right) for order, trial in zip(orders, asked, strict=True)]
    first = np.mean([order[0] in right for order, right in pairs])
    third = np.mean([bool(right & set(order)) for order, right in pairs])
    return round(float(first), 4), round(float(third), 4)


def attempts(found: list[Trial], weights: Weights) -> list[Attempt]:
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
                done.append(Attempt(trial, kept, ordered, reading, answerable))
    return done


def search_rank(done: list[Attempt]) -> Weights:
    """How much the log-probabilities of a passage count in the ranking, the span head's ("rank_weight") and the
    reader's ("again_weight", 0 without one): best hit@1 plus half of hit@3."""
    asked = [attempt for attempt in done if attempt.answerable]
    has_reader = any(item.again is not None for attempt in asked for item in attempt.ordered)

    def likely(value: float | None) -> float:
        return UNLIKELY if value is None else max(value, UNLIKELY)

    def value(rank_weight: float, again_weight: float) -> float:
        orders = []
        for attempt in asked:
            score = {r.index: r.score for r in attempt.ranked}
            for r in attempt.ordered:
                score[r.index] += rank_weight * likely(r.reader) + again_weight * likely(r.again)
            orders.append(np.array(sorted(score, key=lambda index: -score[index])))
        first, third = hits(orders, [attempt.trial for attempt in asked])
        log(rank_weight=rank_weight, again_weight=again_weight, hit_at_1=first, hit_at_3=third)
        return first + third / 2

    pairs = itertools.product(RANK_WEIGHTS, AGAIN_WEIGHTS if has_reader else (0.0,))
    return best_of((value(*pair), dict(zip(("rank_weight", "again_weight"), pair, strict=True))) for pair in pairs)


def search_reader(done: list[Attempt]) -> Weights:
    """Weights of what orders candidates: a conditional logit of "half of it is a gold answer", by length weight.

    Then how much more the place of the passage in the ranking should count, for the best F1 over all questions.
    """
    every = [attempt for attempt in done if attempt.answerable and attempt.reading.candidates]
    shares = [np.array([a.trial.share(c) for c in a.reading.candidates]) for a in every]

    def signals(attempt: Attempt, length: float) -> np.ndarray:
        """[candidates, 5]: what `candidate_score` weighs."""
        found = attempt.reading.candidates
        return np.array(
            [[c.logprob / c.token_count**length, c.coverage, c.similarity, c.behind, c.pointed] for c in found]
        )

    def results() -> Iterator[tuple[float, Weights]]:
        for length in LENGTH_WEIGHTS:
            design = [signals(attempt, length) for attempt in every]
            # Right is what has half of a gold answer, or as much as the best candidate.
            groups = [(x, s >= min(0.5, s.max())) for x, s in zip(design, shares, strict=True) if s.max() > 0]
            weights = conditional_logit(groups)
            for factor in EVIDENCE_FACTORS:
                pulled = np.round(weights * np.array([1, 1, 1, factor, 1]), 4)
                best = [int(np.argmax(x @ pulled)) for x in design]
                f1 = float(np.mean([s[i] for s, i in zip(shares, best, strict=True)]))
                chosen = [(a.trial, a.reading.candidates[i]) for a, i in zip(every, best, strict=True)]
                right = float(np.mean([trial.in_right_passage(candidate) for trial, candidate in chosen]))
                found = {**dict(zip(SIGNALS, pulled.tolist(), strict=True)), "length_weight": length}
                log(reader=found, character_f1=round(f1, 4), right_passage=round(right, 4), questions=len(every))
                yield f1 + right, found

    return best_of(results())


def fit_refusal(done: list[Attempt], reader: Weights) -> RefusalCalibration:
    """Logistic regression of "there is an answer" on the signals, and the threshold of the best balance.

    The figures are of a fit on the even documents, measured on the odd ones; what is returned was fitted on all.
    """
    rows, labels, right, odd = [], [], [], []
    order = {id(a.trial.session): n for n, a in enumerate({id(x.trial.session): x for x in done}.values())}
    for attempt in done:
        trial = attempt.trial
        ordered = tuple(sorted(attempt.reading.candidates, key=lambda c: -candidate_score(c, reader)))
        seen = replace(attempt.reading, candidates=ordered)
        values = refusal.features(trial.question, trial.session.context, trial.session.index, attempt.ordered, seen)
        rows.append([values[name] for name in refusal.FEATURES])
        labels.append(attempt.answerable)
        right.append(attempt.answerable and bool(ordered) and trial.share(ordered[0]) > 0)
        odd.append(order[id(trial.session)] % 2 == 1)
    x, y, hit, other = np.array(rows), np.array(labels), np.array(right), np.array(odd)
    weights, bias, threshold = _fit(x[~other], y[~other], hit[~other])
    kept = _chance(x[other] @ weights + bias) >= threshold
    log(
        measured_on=int(other.sum()),
        first_of_answered_right=round(float(hit[other & y].mean()), 4),
        answered=round(float(kept[y[other]].mean()), 4),
        refused_unanswerable=round(float((~kept)[~y[other]].mean()), 4),
    )
    weights, bias, threshold = _fit(x, y, hit)
    log(refusal=dict(zip(refusal.FEATURES, np.round(weights, 3).tolist(), strict=True)), threshold=threshold)
    return {
        "features": list(refusal.FEATURES),
        "weights": np.round(weights, 5).tolist(),
        "bias": round(bias, 5),
        "threshold": threshold,
    }


def _fit(x: np.ndarray, y: np.ndarray, hit: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Weights, bias and threshold."""
    mean, std = x.mean(0), x.std(0) + 1e-9
    # Both kinds of question count the same, however many there are of each.
    balance = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    signs = np.array([-1.0 if name in refusal.AGAINST else 1.0 for name in refusal.FEATURES])
    weights, bias = logistic((x - mean) / std, y.astype(float), balance, signs=signs)
    weights = weights / std
    bias -= float(weights @ mean)
    return weights, bias, _threshold(x @ weights + bias, y, hit)


def _chance(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def _threshold(logits: np.ndarray, answerable: np.ndarray, hit: np.ndarray) -> float:
    """The threshold with the best balance: half of the value is for answers, right ones twice, half for refusals.

    Of those that differ by chance only, the lowest: people see a wrong answer on its page, a refusal hides a right one.
    """

    def worth(threshold: float) -> float:
        kept = _chance(logits) >= threshold
        answered = 0.5 * kept[answerable].mean() + 0.5 * (kept & hit)[answerable].sum() / max(1, hit[answerable].sum())
        return float(answered + (~kept)[~answerable].mean()) / 2

    every = np.linspace(0.05, 0.95, 91)
    values = np.array([worth(float(threshold)) for threshold in every])
    # Shares of some hundred questions: a standard error of two to three in a hundred.
    return round(float(every[np.argmax(values >= values.max() - 0.02)]), 3)


def run(options: argparse.Namespace) -> None:
    """Search on the validation documents and write calibration.json."""
    chosen = Options(model=str(options.model), store=False, preview=False)
    model = load_model(chosen)
    model.calibration["evidence_weights"] = {"vector": 1.0}  # so that reading keeps what vectors need
    reword = in_other_words(options.synonyms, options.seed)
    found: list[Trial] = []
    for document in documents(options.data, options.each, options.seed):
        found += trials(document, chosen, model, reword)
        if len(found) >= options.questions:
            break
    log(questions=len(found), answerable=sum(bool(trial.right) for trial in found))
    path = options.model / "calibration.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known["evidence_weights"] = search_evidence(found)
    done = attempts(found, known["evidence_weights"])
    if model.heads.span is not None:
        # How far a candidate's passage is behind depends on the order, so that comes first.
        model.calibration["span_reader"] = {**DEFAULT_SPAN_READER, **search_rank(done)}
        done = attempts(found, known["evidence_weights"])
        fitted = known["span_reader"] = {**model.calibration["span_reader"], **search_reader(done)}
    else:
        fitted = known["reader"] = {**DEFAULT_READER, **search_reader(done)}
    known["refusal"] = fit_refusal(done, fitted)
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Calibrate a model folder on validation documents.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets, qa/train of the data")
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--each", type=int, default=16, help="questions with an answer of each document, at most")
    parser.add_argument("--synonyms", type=Path, help="WordNet's database: half of the questions in other words")
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
