"""Train the evidence head: late interaction between questions and passages, on the features of a frozen trunk.

The features are those of `features.py`, read with the folder that ships: the head learns from the states that it will
see. Passages of the same document are the negatives (InfoNCE, van den Oord et al. 2018).

python -m docqa.model.training.heads.evidence --features FOLDER --out FOLDER [--validation FOLDER] [--steps N]
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.heads.evidence import EVIDENCE_FILE, EvidenceHead
from docqa.model.training.data.features import DocumentFeatures
from docqa.model.training.loop import make_optimizer, parameter_group, save_tensors, stage_parser

DIM = 64
PASSAGES_A_STEP, QUESTIONS_A_STEP = 56, 20


def standardised(hidden: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Hidden states [.., hidden] with mean 0 and deviation 1, float32, clamped as EvidenceHead does."""
    return ((hidden.float() - mean) * scale).clamp(-8, 8)


@dataclass
class ReadDocument:
    """Rows [tokens, hidden], float16, of one document's passages and answered questions, and who answers whom."""

    passages: list[Tensor]
    questions: list[Tensor]
    right: Tensor  # [questions, passages] bool


def read_documents(folder: Path) -> list[ReadDocument]:
    """The documents of a folder of features that have at least six passages, sets mixed in a fixed order."""
    found = []
    for path in sorted(folder.glob("*.safetensors"), key=lambda path: (path.stem.rsplit("-", 1)[1], path.stem)):
        document = DocumentFeatures.load(path)
        asked = sorted({int(question) for question in document.golds[:, 0]})
        if len(document.passages) < 6 or not asked:
            continue
        right = torch.zeros(len(document.questions), len(document.passages), dtype=torch.bool)
        right[document.golds[:, 0].long(), document.golds[:, 1].long()] = True
        passages = [document.rows[a:b] for a, b in document.passages.tolist()]
        questions = [document.rows[a:b] for a, b in document.questions[asked].tolist()]
        found.append(ReadDocument(passages, questions, right[asked]))
    return found


class TrainedHead(nn.Module):
    """The head in training; `finished` gives the EvidenceHead that the runtime loads."""

    def __init__(self, sample: Tensor) -> None:
        super().__init__()
        self.mean = sample.mean(0)
        self.scale = 1 / (sample.std(0) + 1e-6)
        standard = standardised(sample, self.mean, self.scale)
        # Principal directions: both projections start as one, so that a cosine already means likeness.
        basis = torch.pca_lowrank(standard, q=DIM, center=False)[2].T.contiguous()
        self.token = nn.Parameter(basis.clone())
        self.question = nn.Parameter(basis.clone())
        self.weight = nn.Parameter(torch.zeros(sample.shape[1]))
        self.bias = nn.Parameter(torch.zeros(()))
        self.temperature = nn.Parameter(torch.tensor(3.0))  # logits are cosines times its exponential

    def forward(self, questions: list[Tensor], passages: list[Tensor]) -> Tensor:
        """Scores [questions, passages]."""
        longest = max(len(p) for p in passages)
        padded = nn.utils.rnn.pad_sequence(passages, batch_first=True)
        mask = torch.arange(longest)[None] < torch.tensor([len(p) for p in passages])[:, None]
        tokens = functional.normalize(standardised(padded, self.mean, self.scale) @ self.token.T, dim=-1)
        states = standardised(torch.cat(questions), self.mean, self.scale)
        asked = functional.normalize(states @ self.question.T, dim=-1)
        similar = (asked @ tokens.flatten(0, 1).T).view(-1, *mask.shape).masked_fill(~mask, -1.0).amax(-1)
        weights = functional.softplus(states @ self.weight + self.bias) + 1e-4
        rows = torch.repeat_interleave(torch.arange(len(questions)), torch.tensor([len(q) for q in questions]))
        total = torch.zeros(len(questions)).index_add(0, rows, weights)
        summed = torch.zeros(len(questions), len(passages)).index_add(0, rows, similar * weights[:, None])
        return summed / total[:, None]

    def finished(self) -> EvidenceHead:
        names = (field.name for field in fields(EvidenceHead))
        return EvidenceHead(**{name: getattr(self, name).detach().clone().numpy() for name in names})


def train_head(documents: list[ReadDocument], steps: int, seed: int) -> TrainedHead:
    """InfoNCE over passages of one document and a few of another, questions sampled."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    sample = torch.cat(
        [d.passages[0].float() for d in documents] + [q.float() for d in documents for q in d.questions[:2]]
    )
    head = TrainedHead(sample)
    matrices = [head.token, head.question, head.weight]
    optimizer = make_optimizer(
        [parameter_group(matrices, 5e-4, 0.01), parameter_group([head.bias, head.temperature], 1e-2, 0.01)], 0.98
    )
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
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(1.0, (step + 1) / 20) * (1 - step / steps)
        optimizer.step()
    return head


@torch.no_grad()
def hit_at_1(head: TrainedHead, documents: list[ReadDocument]) -> float:
    """Share of the questions whose best passage of their document is a right one."""
    hits = [d.right.gather(1, head(d.questions, d.passages).argmax(1, keepdim=True)).float() for d in documents]
    return float(torch.cat(hits).mean())


def run(options: argparse.Namespace) -> None:
    """Train a head, print its figure on the validation features, write it beside the weights."""
    torch.set_flush_denormal(True)
    head = train_head(read_documents(options.features), options.steps, options.seed)
    if options.validation:
        print(json.dumps({"hit_at_1": round(hit_at_1(head, read_documents(options.validation)), 4)}), flush=True)
    tensors = {name: torch.as_tensor(part) for name, part in vars(head.finished()).items()}
    save_tensors(options.out / EVIDENCE_FILE, tensors)


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Train the evidence head on features of a frozen trunk.", "features", "out")
    parser.add_argument("--validation", type=Path, help="features of the documents kept for validation")
    parser.add_argument("--steps", type=int, default=1_500)
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
