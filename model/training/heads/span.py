"""Train the span head on the features of a frozen trunk: which tokens of which passage answer a question, or none.

A step takes some questions of one document; each is put to a passage that answers it and to the passages of the same
document that look most like it, or to the latter alone, where "no answer" is right.

python -m docqa.model.training.heads.span --features FOLDER --out FOLDER [--validation FOLDER] [--minutes M] [--steps N]
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.heads.span import SPAN_FILE, SpanHead, best_spans
from docqa.model.training.data.features import DocumentFeatures
from docqa.model.training.data.sequences import QA_WEIGHTS
from docqa.model.training.loop import Average, Log, Progress, add_gradients, learning_rate, worker_pool

QUESTIONS_A_STEP = 14
DROPPED = 0.2  # share of the answerable questions that are put to the wrong passages only
EMA = 0.998
LONGEST_SPAN = 64


@dataclass(frozen=True)
class Pairs:
    """Questions put to passages: `question` and `passage` [pairs] count within the step.

    `golds` are (pair, first token, last token); a question without golds has none of its passages answering.
    """

    questions: list[int]
    passages: list[int]
    question: Tensor
    passage: Tensor
    golds: list[tuple[int, int, int]]


class Documents:
    """Features of many documents, by training set; a draw weighs the sets as QA_WEIGHTS says."""

    def __init__(self, folder: Path) -> None:
        self.by_set: dict[str, list[DocumentFeatures]] = {}
        for path in sorted(folder.glob("*.safetensors")):
            name = path.stem.split("-", 1)[0]
            document = DocumentFeatures.load(path)
            if len(document.passages) > 2:
                self.by_set.setdefault(name, []).append(document)
        self.sets = [name for name in QA_WEIGHTS if name in self.by_set]
        # A set of which little was read is not repeated more than its share of the questions allows.
        asked = {name: sum(len(d.questions) for d in self.by_set[name]) for name in self.sets}
        self.weights = [(QA_WEIGHTS[name] * asked[name]) ** 0.5 for name in self.sets]
        self._likeness: dict[int, dict[int, Tensor]] = {}

    def draw(self, rng: random.Random) -> DocumentFeatures:
        documents = self.by_set[rng.choices(self.sets, self.weights)[0]]
        return rng.choices(documents, [len(d.questions) for d in documents])[0]

    def likeness(self, head: SpanHead, document: DocumentFeatures, questions: list[int]) -> Tensor:
        """As `likeness`; what was asked before is answered as then, by the head of that time: a tenth of the cost."""
        known = self._likeness.setdefault(id(document), {})
        fresh = [question for question in questions if question not in known]
        if fresh:
            known.update(zip(fresh, likeness(head, document, fresh), strict=True))
        return torch.stack([known[question] for question in questions])

    def sample(self) -> Tensor:
        """Rows of some tokens of every document, [n, hidden]."""
        return torch.cat([d.rows[:: max(1, len(d.rows) // 60)].float() for each in self.by_set.values() for d in each])


def padded(rows: Tensor, bounds: Tensor) -> tuple[Tensor, Tensor]:
    """Ranges of `rows` [tokens, hidden] as ([n, longest, hidden] float32, mask [n, longest])."""
    parts = [rows[start:end].float() for start, end in bounds.tolist()]
    sizes = torch.tensor([len(part) for part in parts])
    filled = nn.utils.rnn.pad_sequence(parts, batch_first=True)
    return filled, torch.arange(filled.shape[1])[None] < sizes[:, None]


@torch.no_grad()
def likeness(head: SpanHead, document: DocumentFeatures, questions: list[int]) -> Tensor:
    """How like each passage is to each question, [questions, passages]: mean over its tokens of the best cosine."""
    unit = functional.normalize(head.rows(document.rows), dim=-1)
    words = [unit[a:b] for a, b in document.questions[questions].tolist()]
    asked = torch.cat(words)
    best = torch.stack([(asked @ unit[a:b].T).amax(1) for a, b in document.passages.tolist()], 1)
    return torch.stack([part.mean(0) for part in best.split([len(w) for w in words])])


def draw_pairs(head: SpanHead, documents: Documents, document: DocumentFeatures, rng: random.Random) -> Pairs:
    """Questions of one document with the passages that each is put to."""
    golds: dict[int, list[tuple[int, int, int]]] = {}
    for question, passage, first, last in document.golds.tolist():
        golds.setdefault(question, []).append((passage, first, last))
    answerable = list(golds)
    others = [q for q in range(len(document.questions)) if q not in golds]
    rng.shuffle(answerable)
    rng.shuffle(others)
    none = min(len(others), QUESTIONS_A_STEP // 3)
    questions = answerable[: QUESTIONS_A_STEP - none] + others[:none]
    like = documents.likeness(head, document, questions)
    passages: list[int] = []
    rows: list[tuple[int, int]] = []
    found: list[tuple[int, int, int]] = []

    def put(number: int, passage: int) -> int:
        if passage not in passages:
            passages.append(passage)
        rows.append((number, passages.index(passage)))
        return len(rows) - 1

    for number, question in enumerate(questions):
        right = {p for p, _, _ in golds.get(question, [])}
        wrong = [p for p in like[number].argsort(descending=True).tolist() if p not in right]
        hard, rest = wrong[:3], wrong[3:]
        chosen = rng.sample(hard, min(len(hard), 1))
        if right and rng.random() > DROPPED:
            passage = rng.choice(sorted(right))
            pair = put(number, passage)
            found += [(pair, a, b) for p, a, b in golds[question] if p == passage]
            if rest and rng.random() < 0.3:
                chosen.append(rng.choice(rest))
        else:
            chosen = wrong[:1] + rng.sample(wrong[1:4], min(len(wrong) - 1, 1))
        for passage in chosen:
            put(number, passage)
    question_of, passage_of = torch.tensor(rows).T
    return Pairs(questions, passages, question_of, passage_of, found)


def pair_logits(head: SpanHead, document: DocumentFeatures, pairs: Pairs) -> tuple[Tensor, Tensor]:
    """Start and end logits [pairs, seq].

    The shorter and the longer half of the passages are scored apart: filling took three tenths of the work.
    """
    q_rows, q_mask = padded(document.rows, document.questions[pairs.questions])
    q_rows = head.rows(q_rows)
    q = head.encode(q_rows, q_mask)
    bounds = document.passages[pairs.passages]
    by_length = (bounds[:, 1] - bounds[:, 0]).argsort()
    rank = torch.empty_like(by_length).scatter_(0, by_length, torch.arange(len(by_length)))
    places, starts, ends = [], [], []
    for half in by_length.chunk(2):
        chosen = torch.isin(pairs.passage, half).nonzero().squeeze(1)
        if not len(chosen):
            continue
        p_rows, p_mask = padded(document.rows, bounds[half])
        p_rows = head.rows(p_rows)
        p = head.encode(p_rows, p_mask)
        a, b = rank[pairs.passage[chosen]] - int(rank[half[0]]), pairs.question[chosen]
        start, end = head.score((p_rows[a], p[a], p_mask[a]), (q_rows[b], q[b], q_mask[b]))
        places.append(chosen)
        starts.append(start)
        ends.append(end)
    order = torch.cat(places).argsort()
    return _joined(starts)[order], _joined(ends)[order]


def _joined(logits: list[Tensor]) -> Tensor:
    """Logits [pairs, seq] of several lengths as one, filled with -inf."""
    longest = max(part.shape[1] for part in logits)
    return torch.cat([functional.pad(part, (0, longest - part.shape[1]), value=float("-inf")) for part in logits])


def shared_loss(logits: Tensor, none: Tensor, question: Tensor, places: list[tuple[int, int]], count: int) -> Tensor:
    """Cross entropy over all tokens of a question's passages and "no answer"; `places` are (pair, token) of golds."""
    by_pair = logits.logsumexp(-1)
    table = torch.full((count, len(by_pair) + 1), float("-inf"))
    table[question, torch.arange(len(by_pair))] = by_pair
    table[:, -1] = none
    total = table.logsumexp(-1)
    pair, token = torch.tensor(places).T if places else torch.zeros(2, 0, dtype=torch.long)
    right = torch.full((count, len(places) + 1), float("-inf"))
    right[question[pair], torch.arange(len(places))] = logits[pair, token]
    answerable = torch.zeros(count, dtype=torch.bool).index_fill(0, question[pair], True)
    right[:, -1] = torch.where(answerable, torch.tensor(float("-inf")), none)
    return (total - right.logsumexp(-1)).mean()


@torch.no_grad()
def evaluate(head: SpanHead, documents: Documents, most: int, seed: int = 5) -> dict[str, float]:
    """Figures on documents kept for validation.

    span_f1: token F1 of the best span in a right passage. passage_right: the passage of the best span, out of the five
    most like the question (a right one among them), is a right one. refusal: mean of answered and refused, by the
    score of the best span against "no answer".
    """
    head.eval()
    rng = random.Random(seed)
    f1, passage_right, margins = [], [], []
    for name in documents.sets:
        for document in documents.by_set[name][:most]:
            golds: dict[int, list[tuple[int, int, int]]] = {}
            for question, passage, first, last in document.golds.tolist():
                golds.setdefault(question, []).append((passage, first, last))
            asked = rng.sample(range(len(document.questions)), min(10, len(document.questions)))
            like = likeness(head, document, asked)
            for number, question in enumerate(asked):
                right = {p for p, _, _ in golds.get(question, [])}
                order = like[number].argsort(descending=True).tolist()[:5]
                if right and not right & set(order):
                    order = [*order[:4], min(right)]
                pairs = Pairs(
                    [question], order, torch.zeros(len(order), dtype=torch.long), torch.arange(len(order)), []
                )
                start, end = pair_logits(head, document, pairs)
                best = best_spans(start, end, LONGEST_SPAN, 1)[0]
                margins.append((best.score - float(head.none.sum()), bool(right)))
                if right:
                    passage_right.append(float(order[best.passage] in right))
                    here = [i for i, p in enumerate(order) if p in right][:1]
                    inner = best_spans(start[here], end[here], LONGEST_SPAN, 1)[0]
                    f1.append(
                        max(
                            overlap(inner.first, inner.last, a, b) for p, a, b in golds[question] if p == order[here[0]]
                        )
                    )
    head.train()
    yes = [m for m, answered in margins if answered]
    no = [m for m, answered in margins if not answered]
    figures = {"span_f1": sum(f1) / len(f1), "passage_right": sum(passage_right) / len(passage_right)}
    if no:
        figures["refusal"] = (sum(m > 0 for m in yes) / len(yes) + sum(m <= 0 for m in no) / len(no)) / 2
        figures["answered"] = sum(m > 0 for m in yes) / len(yes)
    return figures


def overlap(a: int, b: int, c: int, d: int) -> float:
    """Token F1 of two spans, each by its first and last token."""
    shared = min(b, d) - max(a, c) + 1
    return 2 * shared / (b - a + 1 + d - c + 1) if shared > 0 else 0.0


@dataclass(frozen=True)
class Part:
    """One document's share of a step: its loss, its padded tokens, and the gradients of the head's parameters."""

    loss: float
    tokens: int
    gradients: tuple[Tensor, ...]


def one_document(head: SpanHead, documents: Documents, rng: random.Random) -> Part:
    """Draw a document and some of its questions; loss and gradients over them."""
    document = documents.draw(rng)
    pairs = draw_pairs(head, documents, document, rng)
    start, end = pair_logits(head, document, pairs)
    count = len(pairs.questions)
    loss = shared_loss(start, head.none[0], pairs.question, [(p, a) for p, a, _ in pairs.golds], count)
    loss = loss + shared_loss(end, head.none[1], pairs.question, [(p, b) for p, _, b in pairs.golds], count)
    gradients = torch.autograd.grad(loss, list(head.parameters()))
    return Part(float(loss.detach()), int(start.numel()), gradients)


def train(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; the averaged weights are kept at every `--save-every` steps."""
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    sources = [random.Random(options.seed * 1000 + number) for number in range(options.documents)]
    pool = worker_pool(options.documents)
    documents = Documents(options.features)
    validation = Documents(options.validation) if options.validation else None
    sample = documents.sample()
    head = SpanHead(sample.shape[1], dropout=options.dropout)
    head.mean.copy_(sample.mean(0))
    head.scale.copy_(1 / (sample.std(0) + 1e-6))
    if (options.out / SPAN_FILE).exists():
        load_head(head, options.out)
    average = Average(dict(head.named_parameters()), EMA)
    optimizer = torch.optim.AdamW(head.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    log, progress = Log(options.out / "span.jsonl"), Progress(options.steps, options.minutes)
    step, tokens, losses = 0, 0, []
    while (fraction := progress.fraction(step)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = options.rate * learning_rate(fraction, step, 200)
        for part in pool.map(lambda worker: one_document(head, documents, worker), sources):
            losses.append(part.loss)
            tokens += part.tokens
            add_gradients(head.parameters(), part.gradients, options.documents)
        nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        average.update(dict(head.named_parameters()))
        if step % 50 == 0:
            log.write(step, tokens, loss=sum(losses) / len(losses), fraction=fraction)
            losses = []
        if step % options.save_every == 0:
            kept = averaged(head, average)
            save_head(kept, options.out)
            if validation:
                log.write(step, tokens, **evaluate(kept, validation, 3))
    kept = averaged(head, average)
    save_head(kept, options.out)
    if validation:
        print(json.dumps(evaluate(kept, validation, 1000)), flush=True)


def averaged(head: SpanHead, average: Average) -> SpanHead:
    """A copy of the head with the averaged weights."""
    kept = copy.deepcopy(head)
    kept.load_state_dict(average.tensors, strict=False)
    return kept


def save_head(head: SpanHead, folder: Path) -> None:
    from safetensors.torch import save_file

    fresh = folder / (SPAN_FILE + ".new")
    save_file({name: part.contiguous() for name, part in head.state_dict().items()}, fresh)
    fresh.replace(folder / SPAN_FILE)


def load_head(head: SpanHead, folder: Path) -> None:
    from safetensors.torch import load_file

    head.load_state_dict(load_file(folder / SPAN_FILE))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the span head on features of a frozen trunk.")
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--documents", type=int, default=2, help="of a step, each on a thread of its own")
    parser.add_argument("--save-every", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    # Products are small: two documents on a thread each are twice as fast as two threads on each product.
    torch.set_num_threads(1)
    train(options)


if __name__ == "__main__":
    main()
