"""Train the evidence head: late interaction between questions and passages, on the hidden states of a frozen trunk.

Train it on the folder that ships, quantized or not: the head learns from the states that it will see. Documents are
read window by window; the output of one layer at every token is kept, and questions are read alone.
Passages of the same document are the negatives (InfoNCE, van den Oord et al. 2018). The layer is chosen on documents
held out of the head's training.

python -m docqa.model.training.evidence --student FOLDER --data FOLDER [--tokens N] [--layers 3,6,9]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.config import HybridConfig
from docqa.model.evidence import EVIDENCE_FILE, EvidenceHead
from docqa.model.hybrid import Hybrid
from docqa.model.load import load_network
from docqa.model.prompt import PREAMBLE, question_text
from docqa.model.training.data import QA_WEIGHTS, FileTokenizer, Question, SourceText, read_qa
from docqa.model.training.loop import best_dtype

DIM = 64
WINDOW = 2048
PASSAGES_A_STEP, QUESTIONS_A_STEP = 56, 20


@dataclass
class ReadDocument:
    """Hidden states [tokens, hidden], float16, of one document's passages and questions, and who answers whom."""

    passages: list[Tensor]
    questions: list[Tensor]
    right: Tensor  # [questions, passages] bool


def grouped_sources(data: Path, seed: int) -> Iterator[list[SourceText]]:
    """Documents of every training set in turn, shuffled; single passages are put together by fifteen."""
    rng = random.Random(seed)
    queues: list[list[list[SourceText]]] = []
    for name in QA_WEIGHTS:
        by_doc: dict[str, list[SourceText]] = {}
        for source in read_qa(data / "qa" / "train" / f"{name}.jsonl.gz"):
            by_doc.setdefault(source.doc, []).append(source)
        long = [d for d in by_doc.values() if sum(len(s.passages) for s in d) >= 6]
        short = [s for d in by_doc.values() if sum(len(s.passages) for s in d) < 6 for s in d]
        rng.shuffle(short)
        queues.append(long)
        queues.append([short[i : i + 15] for i in range(0, len(short) - 14, 15)])
    queues.append(_sentences(data, rng))
    for queue in queues:
        rng.shuffle(queue)
    while any(queues):
        for queue in queues:
            if queue:
                yield queue.pop()


def _sentences(data: Path, rng: random.Random) -> list[list[SourceText]]:
    """Questions with the sentence that holds their answer, forty sentences to a document."""
    with gzip.open(data / "qa" / "train" / "squad_evidence_sentences.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    rng.shuffle(pairs)
    sources = [
        SourceText(
            p["id"], p["sentence"], ((0, len(p["sentence"])),), (Question(p["question"], ((0, len(p["sentence"])),)),)
        )
        for p in pairs
    ]
    return [sources[i : i + 40] for i in range(0, len(sources) - 39, 40)]


@torch.no_grad()
def hidden_states(
    student: Hybrid, rows: list[list[int]], layers: list[int], dtype: torch.dtype
) -> dict[int, list[Tensor]]:
    """Output of each of `layers` for sequences filled on the right: layer -> [tokens, hidden] of every row, float16.

    Layers above the last one that is asked for are not run.
    """
    longest = max(map(len, rows))
    filled = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    found: dict[int, list[Tensor]] = {}
    with torch.autocast("cpu", dtype=dtype):
        x = student.embed_tokens(filled)
        rotation = student.rotation(torch.arange(longest))
        for number in range(max(layers) + 1):
            x = student.layers[number](x, rotation)
            if number in layers:
                found[number] = [x[i, : len(row)].half().clone() for i, row in enumerate(rows)]
    return found


def read_document(
    student: Hybrid,
    tokenizer: FileTokenizer,
    sources: list[SourceText],
    layers: list[int],
    dtype: torch.dtype,
    most_questions: int,
    most_passages: int,
) -> dict[int, ReadDocument] | None:
    """Read one document and a sample of its questions; None where nothing is asked that its passages answer."""
    places = [(s, p) for s in sources for p in s.passages][:most_passages]
    asked = [(s, q) for s in sources for q in s.questions if q.spans]
    random.Random(len(places)).shuffle(asked)
    rows: list[list[int]] = []
    right: list[list[bool]] = []
    for source, question in asked:
        hits = [s is source and any(a < p[1] and p[0] < b for a, b in question.spans) for s, p in places]
        if any(hits) and len(rows) < most_questions:
            rows.append(tokenizer.encode(question_text(question.text))[:64])
            right.append(hits)
    if not rows or len(places) < 6:
        return None
    passages: dict[int, list[Tensor]] = {n: [] for n in layers}
    window = list(tokenizer.encode(PREAMBLE))
    spans: list[tuple[int, int]] = []
    for number, (source, (start, end)) in enumerate(places):
        piece = tokenizer.encode(source.text[start:end] + "\n")[: WINDOW // 2]
        if len(window) + len(piece) > WINDOW:
            _cut(student, window, spans, layers, dtype, passages)
            window, spans = [], []
        spans.append((len(window), len(window) + len(piece)))
        window = window + piece
        if number == len(places) - 1:
            _cut(student, window, spans, layers, dtype, passages)
    questions: dict[int, list[Tensor]] = {n: [] for n in layers}
    for begin in range(0, len(rows), 16):
        for n, states in hidden_states(student, rows[begin : begin + 16], layers, dtype).items():
            questions[n] += states
    return {n: ReadDocument(passages[n], questions[n], torch.tensor(right)) for n in layers}


def _cut(
    student: Hybrid,
    window: list[int],
    spans: list[tuple[int, int]],
    layers: list[int],
    dtype: torch.dtype,
    into: dict[int, list[Tensor]],
) -> None:
    for n, states in hidden_states(student, [window], layers, dtype).items():
        into[n] += [states[0][a:b].clone() for a, b in spans]


class TrainedHead(nn.Module):
    """The head in training; `finished` gives the EvidenceHead that the runtime loads."""

    def __init__(self, sample: Tensor) -> None:
        super().__init__()
        self.mean = sample.mean(0)
        self.scale = 1 / (sample.std(0) + 1e-6)
        standard = ((sample - self.mean) * self.scale).clamp(-8, 8)
        # Principal directions: both projections start as one, so that a cosine already means likeness.
        basis = torch.pca_lowrank(standard, q=DIM, center=False)[2].T.contiguous()
        self.token = nn.Parameter(basis.clone())
        self.question = nn.Parameter(basis.clone())
        self.weight = nn.Parameter(torch.zeros(sample.shape[1]))
        self.bias = nn.Parameter(torch.zeros(()))
        self.temperature = nn.Parameter(torch.tensor(3.0))  # logits are cosines times its exponential

    def _standard(self, hidden: Tensor) -> Tensor:
        return ((hidden.float() - self.mean) * self.scale).clamp(-8, 8)

    def forward(self, questions: list[Tensor], passages: list[Tensor]) -> Tensor:
        """Scores [questions, passages]."""
        longest = max(len(p) for p in passages)
        padded = nn.utils.rnn.pad_sequence(passages, batch_first=True)
        mask = torch.arange(longest)[None] < torch.tensor([len(p) for p in passages])[:, None]
        tokens = functional.normalize(self._standard(padded) @ self.token.T, dim=-1)
        states = self._standard(torch.cat(questions))
        asked = functional.normalize(states @ self.question.T, dim=-1)
        similar = (asked @ tokens.flatten(0, 1).T).view(-1, *mask.shape).masked_fill(~mask, -1.0).amax(-1)
        weights = functional.softplus(states @ self.weight + self.bias) + 1e-4
        rows = torch.repeat_interleave(torch.arange(len(questions)), torch.tensor([len(q) for q in questions]))
        total = torch.zeros(len(questions)).index_add(0, rows, weights)
        summed = torch.zeros(len(questions), len(passages)).index_add(0, rows, similar * weights[:, None])
        return summed / total[:, None]

    def finished(self) -> EvidenceHead:
        with torch.no_grad():
            return EvidenceHead(
                **{
                    n: getattr(self, n).detach().clone()
                    for n in ("mean", "scale", "token", "question", "weight", "bias")
                }
            )


def train_head(documents: list[ReadDocument], steps: int, seed: int) -> TrainedHead:
    """InfoNCE over passages of one document and a few of another, questions sampled."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    sample = torch.cat(
        [d.passages[0].float() for d in documents] + [q.float() for d in documents for q in d.questions[:2]]
    )
    head = TrainedHead(sample)
    matrices = [head.token, head.question, head.weight]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "lr": 5e-4}, {"params": [head.bias, head.temperature], "lr": 1e-2}],
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    for step in range(steps):
        document, other = rng.choice(documents), rng.choice(documents)
        chosen = rng.sample(range(len(document.questions)), min(QUESTIONS_A_STEP, len(document.questions)))
        needed = document.right[chosen].any(0).nonzero().flatten().tolist()
        rest = [i for i in range(len(document.passages)) if i not in set(needed)]
        kept = needed + rng.sample(rest, min(len(rest), max(0, PASSAGES_A_STEP - len(needed))))
        strange = rng.sample(other.passages, min(8, len(other.passages))) if other is not document else []
        scores = head([document.questions[i] for i in chosen], [document.passages[i] for i in kept] + strange)
        right = functional.pad(document.right[chosen][:, kept], (0, len(strange)))
        logits = scores * head.temperature.exp()
        loss = (logits.logsumexp(-1) - logits.masked_fill(~right, float("-inf")).logsumexp(-1)).mean()
        optimizer.zero_grad()
        loss.backward()
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * min(1.0, (step + 1) / 20) * (1 - step / steps)
        optimizer.step()
    return head


@torch.no_grad()
def hit_at_1(head: TrainedHead, documents: list[ReadDocument]) -> float:
    """Share of the questions whose best passage of their document is a right one."""
    hits = [d.right.gather(1, head(d.questions, d.passages).argmax(1, keepdim=True)).float() for d in documents]
    return float(torch.cat(hits).mean())


def run(options: argparse.Namespace) -> None:
    """Read documents, train a head for each layer, keep the layer that is best on held-out documents, write it."""
    from safetensors.torch import save_file

    torch.set_flush_denormal(True)
    student = load_network(options.student, HybridConfig.from_folder(options.student), torch.float32)
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    layers = [int(n) for n in options.layers.split(",")]
    read: dict[int, list[ReadDocument]] = {n: [] for n in layers}
    tokens, dtype = 0, best_dtype(torch.device("cpu"))
    for sources in grouped_sources(options.data, options.seed):
        document = read_document(student, tokenizer, sources, layers, dtype, options.questions, options.passages)
        if document:
            tokens += sum(len(t) for t in document[layers[0]].passages + document[layers[0]].questions)
            for n in layers:
                read[n].append(document[n])
        if tokens >= options.tokens:
            break
    held = {n: documents[::6] for n, documents in read.items()}
    scores = {}
    for n in layers:
        head = train_head([d for i, d in enumerate(read[n]) if i % 6], options.steps, options.seed)
        scores[n] = hit_at_1(head, held[n])
        print(
            json.dumps({"layer": n, "documents": len(read[n]), "tokens": tokens, "held_hit_at_1": round(scores[n], 4)}),
            flush=True,
        )
    best = max(layers, key=lambda n: scores[n])
    final = train_head(read[best], int(options.steps * 1.5), options.seed).finished()
    save_file({n: t.contiguous() for n, t in vars(final).items()}, options.student / EVIDENCE_FILE)
    calibration = options.student / "calibration.json"
    known = json.loads(calibration.read_text(encoding="utf-8")) if calibration.exists() else {}
    calibration.write_text(json.dumps({**known, "evidence_layer": best}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the evidence head on a frozen trunk.")
    parser.add_argument("--student", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=600_000)
    parser.add_argument("--layers", default="3,6,9")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--questions", type=int, default=24, help="of each document, at most")
    parser.add_argument("--passages", type=int, default=48, help="of each document, at most")
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
