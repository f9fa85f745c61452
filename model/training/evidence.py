"""Train the evidence head: passages and questions as vectors, read off the hidden states of a frozen trunk.

A passage's features are the mean of its tokens' hidden states after one layer and the state at its last token; they are
there after reading, at no cost. A question's are the same over `question_text`. Two linear maps, trained with a
contrastive loss (InfoNCE, van den Oord et al. 2018) against all passages of the same document and of its batch.

python -m docqa.model.training.evidence --student FOLDER --data FOLDER [--tokens N] [--layers 14,18,22,26]
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.hybrid import Hybrid
from docqa.model.prompt import PREAMBLE, question_text
from docqa.model.training.data import QA_WEIGHTS, FileTokenizer, SourceText, read_qa
from docqa.model.training.loop import best_dtype, open_student

VECTOR_DIM = 256
WINDOW = 2048
TEMPERATURE = 0.05


@dataclass
class Features:
    """Features of one document: passages [n, 2 hidden], questions [m, 2 hidden], and which passages answer which."""

    passages: Tensor
    questions: Tensor
    right: Tensor  # [m, n] bool


def pooled(hidden: Tensor, start: int, end: int) -> Tensor:
    """Mean of hidden[start:end] and its last row, side by side: [2 * hidden]."""
    return torch.cat([hidden[start:end].mean(0), hidden[end - 1]])


@torch.no_grad()
def read_layers(student: Hybrid, ids: list[list[int]], layers: list[int], dtype: torch.dtype) -> dict[int, Tensor]:
    """Outputs of `layers` for a batch of sequences filled on the right: layer -> [batch, seq, hidden], float32."""
    longest = max(map(len, ids))
    filled = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
    tap: dict[int, Tensor | None] = dict.fromkeys(layers)
    with torch.autocast("cpu", dtype=dtype):
        student(filled, tap=tap)
    return {number: tap[number].float() for number in layers}


def document_features(student: Hybrid, tokenizer: FileTokenizer, sources: list[SourceText], layers: list[int],
                      dtype: torch.dtype, questions_limit: int = 60) -> dict[int, Features] | None:
    """Read one document window by window as `ask` does, and its questions alone; features for every layer."""
    ids: list[int] = list(tokenizer.encode(PREAMBLE))
    windows: list[tuple[list[int], list[tuple[int, int]]]] = []
    spans: list[tuple[int, int]] = []
    owners: list[tuple[SourceText, tuple[int, int]]] = []
    for source in sources:
        for start, end in source.passages:
            piece = tokenizer.encode(source.text[start:end] + "\n")
            if len(ids) + len(piece) > WINDOW and spans:
                windows.append((ids, spans))
                ids, spans = [], []
            spans.append((len(ids), len(ids) + len(piece)))
            ids = ids + piece
            owners.append((source, (start, end)))
    windows.append((ids, spans))
    asked = [(s, q) for s in sources for q in s.questions if q.spans]
    random.Random(0).shuffle(asked)
    asked = asked[:questions_limit]
    if not asked or len(owners) < 4:
        return None
    right = torch.tensor([[s is o and any(a < p[1] and p[0] < b for a, b in q.spans) for o, p in owners] for s, q in asked])
    passages: dict[int, list[Tensor]] = {layer: [] for layer in layers}
    for window, places in windows:
        for layer, hidden in read_layers(student, [window[:WINDOW]], layers, dtype).items():
            passages[layer] += [pooled(hidden[0], a, min(b, WINDOW)) for a, b in places if a < WINDOW - 1]
    count = len(passages[layers[0]])
    questions: dict[int, list[Tensor]] = {layer: [] for layer in layers}
    rows = [tokenizer.encode(question_text(q.text)) for _, q in asked]
    for begin in range(0, len(rows), 16):
        group = rows[begin : begin + 16]
        for layer, hidden in read_layers(student, group, layers, dtype).items():
            questions[layer] += [pooled(hidden[i], 0, len(row)) for i, row in enumerate(group)]
    keep = right[:, :count].any(1)
    if count != len(owners) or not keep.any():
        return None
    return {n: Features(torch.stack(passages[n]), torch.stack(questions[n])[keep], right[keep]) for n in layers}


class EvidenceHead(nn.Module):
    """Two affine maps to unit vectors of VECTOR_DIM."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.passage = nn.Linear(features, VECTOR_DIM)
        self.query = nn.Linear(features, VECTOR_DIM)

    def scores(self, document: Features) -> Tensor:
        """Cosine of every question with every passage: [questions, passages]."""
        passages = functional.normalize(self.passage(document.passages), dim=-1)
        return functional.normalize(self.query(document.questions), dim=-1) @ passages.T


def normaliser(documents: list[Features]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mean and standard deviation of passage and question features, folded into the maps when they are written."""
    p = torch.cat([d.passages for d in documents])
    q = torch.cat([d.questions for d in documents])
    return p.mean(0), p.std(0) + 1e-6, q.mean(0), q.std(0) + 1e-6


def train_head(documents: list[Features], steps: int, seed: int) -> EvidenceHead:
    """Train on standardised features; the head that is returned takes raw features."""
    torch.manual_seed(seed)
    mean_p, std_p, mean_q, std_q = normaliser(documents)
    scaled = [Features((d.passages - mean_p) / std_p, (d.questions - mean_q) / std_q, d.right) for d in documents]
    size = scaled[0].passages.shape[1]
    head = EvidenceHead(size)
    shared = torch.randn(VECTOR_DIM, size) * size**-0.5  # the same start for both maps: near a plain cosine
    with torch.no_grad():
        head.passage.weight.copy_(shared)
        head.query.weight.copy_(shared)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.05)
    rng = random.Random(seed)
    for step in range(steps):
        group = rng.sample(scaled, min(6, len(scaled)))
        noisy = [Features(functional.dropout(d.passages, 0.1), functional.dropout(d.questions, 0.1), d.right) for d in group]
        passages = functional.normalize(head.passage(torch.cat([d.passages for d in noisy])), dim=-1)
        questions = functional.normalize(head.query(torch.cat([d.questions for d in noisy])), dim=-1)
        right = torch.block_diag(*[d.right.float() for d in noisy]).bool()
        logits = questions @ passages.T / TEMPERATURE
        positive = logits.masked_fill(~right, float("-inf")).logsumexp(-1)
        loss = (logits.logsumexp(-1) - positive).mean()
        optimizer.param_groups[0]["lr"] = 1e-3 * (1 - step / steps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for layer, mean, std in ((head.passage, mean_p, std_p), (head.query, mean_q, std_q)):
            layer.weight.div_(std)
            layer.bias.sub_(layer.weight @ mean)
    return head


@torch.no_grad()
def hit_at_1(head: EvidenceHead, documents: list[Features]) -> float:
    """Share of the questions whose best passage of their document is a right one."""
    hits = [d.right.gather(1, head.scores(d).argmax(1, keepdim=True)).float() for d in documents]
    return float(torch.cat(hits).mean())


def run(options: argparse.Namespace) -> None:
    """Read documents, train a head for each layer, keep the best on documents held out of it, write it to the folder."""
    from safetensors.torch import save_file

    torch.set_flush_denormal(True)
    student, _, _ = open_student(options.student, options.student)
    student.eval()
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    layers = [int(n) for n in options.layers.split(",")]
    rng = random.Random(options.seed)
    queues = []
    for name in QA_WEIGHTS:
        by_doc: dict[str, list[SourceText]] = {}
        for source in read_qa(options.data / "qa" / "train" / f"{name}.jsonl.gz"):
            by_doc.setdefault(source.doc, []).append(source)
        documents = [d for d in by_doc.values() if sum(len(s.passages) for s in d) >= 4]
        rng.shuffle(documents)
        if documents:
            queues.append(documents)
    read: dict[int, list[Features]] = {layer: [] for layer in layers}
    tokens = 0
    while tokens < options.tokens and any(queues):
        for queue in queues:
            if queue:
                document = queue.pop()
                while document and sum(len(s.text) for s in document) > 80_000:
                    document = document[:-1]
                features = document_features(student, tokenizer, document, layers, best_dtype(torch.device("cpu"))) if document else None
                if features:
                    tokens += sum(len(s.text) for s in document) // 4
                    for layer in layers:
                        read[layer].append(features[layer])
    best: tuple[float, int, EvidenceHead] | None = None
    for layer in layers:
        held = read[layer][::6]
        rest = [d for i, d in enumerate(read[layer]) if i % 6]
        head = train_head(rest, options.steps, options.seed)
        score = hit_at_1(head, held)
        print(json.dumps({"layer": layer, "documents": len(rest), "held_hit_at_1": round(score, 4)}), flush=True)
        if best is None or score > best[0]:
            best = score, layer, head
    assert best is not None
    final = train_head(read[best[1]], options.steps, options.seed)
    save_file({f"{n}": t.detach().contiguous() for n, t in final.state_dict().items()}, options.student / "evidence.safetensors")
    (options.student / "evidence.json").write_text(json.dumps({"evidence_layer": best[1]}) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the evidence head on a frozen trunk.")
    parser.add_argument("--student", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=400_000)
    parser.add_argument("--layers", default="12,16,20,24")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
