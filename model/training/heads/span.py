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
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.heads.reader_text import SPAN_FILE
from docqa.model.heads.span import SpanHead
from docqa.model.heads.spans import best_spans
from docqa.model.training import loop
from docqa.model.training.data.features import DocumentFeatures
from docqa.model.training.data.sets import SHARES

QUESTIONS_A_STEP = 14
DROPPED = 0.2  # share of the answerable questions that are put to the wrong passages only
AVERAGED = 0.998  # of the average is kept at each step
RARE = 0.01  # share of a set that SHARES does not name
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
    """Features of many documents, by training set; a draw weighs the sets by SHARES and by what was read of each."""

    def __init__(self, folder: Path) -> None:
        self.by_set: dict[str, list[DocumentFeatures]] = {}
        for path in sorted(folder.glob("*.safetensors")):
            name = path.stem.split("-", 1)[0]
            document = DocumentFeatures.load(path)
            if len(document.passages) > 2:
                self.by_set.setdefault(name, []).append(document)
        self.sets = list(self.by_set)
        # A set of which little was read is not repeated more than its share of the questions allows.
        asked = {name: sum(len(d.questions) for d in self.by_set[name]) for name in self.sets}
        self.weights = [(SHARES.get(name, RARE) * asked[name]) ** 0.5 for name in self.sets]
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


def golds_of(document: DocumentFeatures) -> dict[int, list[tuple[int, int, int]]]:
    """(passage, first token, last token) of the answers to each answered question of a document."""
    golds: dict[int, list[tuple[int, int, int]]] = {}
    for question, passage, first, last in document.golds.tolist():
        golds.setdefault(question, []).append((passage, first, last))
    return golds


def draw_pairs(head: SpanHead, documents: Documents, document: DocumentFeatures, rng: random.Random) -> Pairs:
    """Questions of one document with the passages that each is put to."""
    golds = golds_of(document)
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


def span_loss(
    start: Tensor, end: Tensor, none: Tensor, question: Tensor, golds: list[tuple[int, int, int]], count: int
) -> Tensor:
    """`shared_loss` of start and of end; `golds` are (pair, first token, last token), `none` [2]."""
    first = shared_loss(start, none[0], question, [(pair, a) for pair, a, _ in golds], count)
    return first + shared_loss(end, none[1], question, [(pair, b) for pair, _, b in golds], count)


@torch.no_grad()
def evaluate(head: SpanHead, documents: Documents, most: int, seed: int = 5) -> loop.Figures:
    """Figures on documents kept for validation.

    span_f1: token F1 of the best span in a right passage. passage_right: the passage of the best span, out of the five
    most like the question (a right one among them), is a right one. refusal: mean of answered and refused, by the
    score of the best span against "no answer".
    """
    head.eval()
    rng = random.Random(seed)
    judged = [
        found
        for name in documents.sets
        for document in documents.by_set[name][:most]
        for found in _judged(head, document, rng)
    ]
    head.train()
    answerable = [found for found in judged if found.f1 is not None]
    yes, no = [j.margin > 0 for j in answerable], [j.margin <= 0 for j in judged if j.f1 is None]
    figures = {
        "span_f1": sum(j.f1 or 0.0 for j in answerable) / len(answerable),
        "passage_right": sum(j.passage_right for j in answerable) / len(answerable),
    }
    if no:
        figures |= {"refusal": (sum(yes) / len(yes) + sum(no) / len(no)) / 2, "answered": sum(yes) / len(yes)}
    return figures


@dataclass(frozen=True)
class Judged:
    """One question: how far its best span is above "no answer"; its F1, None where nothing answers it."""

    margin: float
    passage_right: bool = False
    f1: float | None = None


def _judged(head: SpanHead, document: DocumentFeatures, rng: random.Random) -> Iterator[Judged]:
    """Ten questions of a document, each put to the five passages most like it."""
    golds = golds_of(document)
    asked = rng.sample(range(len(document.questions)), min(10, len(document.questions)))
    for question, like in zip(asked, likeness(head, document, asked), strict=True):
        right = {p for p, _, _ in golds.get(question, [])}
        order = like.argsort(descending=True).tolist()[:5]
        if right and not right & set(order):
            order = [*order[:4], min(right)]
        pairs = Pairs([question], order, torch.zeros(len(order), dtype=torch.long), torch.arange(len(order)), [])
        start, end = pair_logits(head, document, pairs)
        best = best_spans(start.numpy(), end.numpy(), LONGEST_SPAN, 1)[0]
        margin = best.score - float(head.none.sum())
        if not right:
            yield Judged(margin)
            continue
        here = next(i for i, p in enumerate(order) if p in right)
        inner = best_spans(start[[here]].numpy(), end[[here]].numpy(), LONGEST_SPAN, 1)[0]
        f1 = max(overlap(inner.first, inner.last, a, b) for p, a, b in golds[question] if p == order[here])
        yield Judged(margin, order[best.passage] in right, f1)


def overlap(a: int, b: int, c: int, d: int) -> float:
    """Token F1 of two spans, each by its first and last token."""
    shared = min(b, d) - max(a, c) + 1
    return 2 * shared / (b - a + 1 + d - c + 1) if shared > 0 else 0.0


def one_document(head: SpanHead, documents: Documents, rng: random.Random) -> tuple[Tensor, int]:
    """Draw a document and some of its questions; the loss over them, and the padded tokens."""
    document = documents.draw(rng)
    pairs = draw_pairs(head, documents, document, rng)
    start, end = pair_logits(head, document, pairs)
    loss = span_loss(start, end, head.none, pairs.question, pairs.golds, len(pairs.questions))
    return loss, int(start.numel())


def train(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; the averaged weights are kept at every `--save-every` steps."""
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    documents = Documents(options.features)
    validation = Documents(options.validation) if options.validation else None
    sample = documents.sample()
    head = SpanHead(sample.shape[1], dropout=options.dropout)
    head.mean.copy_(sample.mean(0))
    head.scale.copy_(1 / (sample.std(0) + 1e-6))
    if (options.out / SPAN_FILE).exists():
        from safetensors.torch import load_file

        head.load_state_dict(load_file(options.out / SPAN_FILE))
    run = loop.Run(
        options, head, loop.make_optimizer([loop.parameter_group(head.parameters(), options.rate, 0.01)], 0.98),
        log=options.out / "span.jsonl", saved=options.out / "span_training.safetensors", average=AVERAGED, warmup=200,
        log_every=50,
    )  # fmt: skip
    pool = loop.worker_pool(options.documents)
    sources = [random.Random(f"{options.seed} {number} {run.step}") for number in range(options.documents)]

    def one_step() -> tuple[int, loop.Figures]:
        parts = [partial(one_document, head, documents, source) for source in sources]
        tokens, loss = loop.in_threads(pool, run.trained.values(), parts)
        return tokens, {"loss": loss}

    def keep() -> loop.Figures:
        kept = averaged(head, run.average)
        loop.save_tensors(options.out / SPAN_FILE, kept.state_dict())
        return evaluate(kept, validation, 3) if validation else {}

    run.train(one_step, keep)
    if validation:
        print(json.dumps(evaluate(averaged(head, run.average), validation, 1000)), flush=True)


def averaged(head: SpanHead, average: dict[str, Tensor]) -> SpanHead:
    """A copy of the head with the averaged weights."""
    kept = copy.deepcopy(head)
    kept.load_state_dict(average, strict=False)
    return kept


def main(arguments: list[str] | None = None) -> None:
    parser = loop.stage_parser("Train the span head on features of a frozen trunk.", "features", "out")
    loop.add_run_options(parser, rate=1e-3, minutes=60, save_every=500)
    parser.add_argument("--validation", type=Path, help="features of the documents kept for validation")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--documents", type=int, default=2, help="of a step, each on a thread of its own")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    # Products are small: two documents on a thread each are twice as fast as two threads on each product.
    torch.set_num_threads(1)
    train(options)


if __name__ == "__main__":
    main()
