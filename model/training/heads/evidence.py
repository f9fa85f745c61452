"""Train the evidence path by contrast: the head, and adapters on the layers below it that it alone
uses.

A step reads some windows of one document through these layers and its questions by themselves; the
passages of the windows that do not answer are the negatives (InfoNCE, van den Oord et al. 2018,
arXiv 1807.03748). The trunk is frozen: its adapters (Hu et al. 2021, arXiv 2106.09685) are shipped
beside it in a lower rank.

python -m docqa.model.training.heads.evidence --model FOLDER --data FOLDER --out FOLDER [--minutes
N]
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.folder import load_calibration
from docqa.model.heads.evidence import ADAPTERS, EVIDENCE_FILE, EvidenceHead, load_evidence_adapters
from docqa.model.linear import Linear
from docqa.model.network import Network
from docqa.model.prompts.prompt import PREAMBLE, question_text
from docqa.model.training.data.documents import groups
from docqa.model.training.data.sequences import FileTokenizer, SourceText, pad
from docqa.model.training.data.sets import add_data_options, parse_with_sets
from docqa.model.training.loop import (
    Precision,
    make_optimizer,
    parameter_group,
    save_tensors,
    stage_parser,
)

# tokens read together; of a document, and questions, in one step
WINDOW = 1024
WINDOWS = 3
QUESTIONS = 24
LONGEST_PASSAGE = 400
LONGEST_QUESTION = 80
RANK = 32
SHIPPED_RANK = 12
FEWEST_PASSAGES = 6
TEMPERATURE = 3.0  # its exponential times cosines are logits


@dataclass(frozen=True)
class Windows:
    """`ids` of some windows of a document; `spans` (window, first token, after the last) of their
    passages; questions, and the numbers of the passages that answer each."""

    ids: list[list[int]]
    spans: list[tuple[int, int, int]]
    questions: list[list[int]]
    right: list[list[int]]


class WindowReader:
    """Cuts documents into windows of passages, from before one that answers something on."""

    def __init__(self, tokenizer: FileTokenizer) -> None:
        self._tokenizer = tokenizer
        self._preamble = tokenizer.encode(PREAMBLE)

    def windows(self, sources: list[SourceText], rng: random.Random) -> Windows | None:
        """None where nothing is asked of it, or the passages are too few."""
        places = [(source, place) for source in sources for place in source.passages]
        answering = [
            n
            for n, at in enumerate(places)
            if any(self._answers(at, q.spans) for q in at[0].questions)
        ]
        if not answering:
            return None
        ids = [list(self._preamble)]
        number_of = dict[int, int]()
        spans: list[tuple[int, int, int]] = []
        for number in range(max(rng.choice(answering) - rng.randrange(16), 0), len(places)):
            source, (start, end) = places[number]
            passage = self._tokenizer.encode(source.text[start:end] + "\n")[:LONGEST_PASSAGE]
            if len(ids[-1]) + len(passage) > WINDOW:
                if len(ids) == WINDOWS:
                    break
                ids.append(list(self._preamble))
            number_of[number] = len(spans)
            spans.append((len(ids) - 1, len(ids[-1]), len(ids[-1]) + len(passage)))
            ids[-1] += passage
        questions = []
        right = []
        for source in {id(places[number][0]): places[number][0] for number in number_of}.values():
            for question in source.questions:
                inside = [n for number, n in number_of.items() if places[number][0] is source]
                golds = [
                    n for n in inside if self._answers(places[list(number_of)[n]], question.spans)
                ]
                if golds:
                    questions.append(
                        self._tokenizer.encode(question_text(question.text))[:LONGEST_QUESTION]
                    )
                    right.append(golds)
        if not questions or len(spans) < FEWEST_PASSAGES:
            return None
        kept = rng.sample(range(len(questions)), min(QUESTIONS, len(questions)))
        return Windows(ids, spans, [questions[n] for n in kept], [right[n] for n in kept])

    @staticmethod
    def _answers(
        place: tuple[SourceText, tuple[int, int]], spans: tuple[tuple[int, int], ...]
    ) -> bool:
        return any(start < place[1][1] and place[1][0] < end for start, end in spans)


class EvidencePath(nn.Module):
    """The layers below the head with adapters beside all their packed matrices, and the head: those
    of `folder`, with fresh ranks beside the shipped ones."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.layers = int(load_calibration(folder)["evidence_layer"]) + 1
        config = HybridConfig.from_folder(folder)
        self.trunk: Network = load_network(folder, config, torch.float32, self.layers)
        self.adapters = nn.ParameterDict()
        known = load_evidence_adapters(folder)
        for name, module in self.trunk.named_modules():
            if isinstance(module, Linear) and not name.endswith(("in_proj_a", "in_proj_b")):
                down = nn.Parameter(
                    torch.randn(RANK, module.in_features) / math.sqrt(module.in_features)
                )
                up = nn.Parameter(torch.zeros(module.out_features, RANK))
                if name in known:
                    ours = map(torch.from_numpy, known[name])
                    down.data[:SHIPPED_RANK], up.data[:, :SHIPPED_RANK] = ours
                module.adapter = (down, up)
                for part, matrix in (("down", down), ("up", up)):
                    self.adapters[f"{name}.{part}".replace(".", "/")] = matrix
        head = EvidenceHead.load(folder)
        assert head is not None, f"{folder} has no {EVIDENCE_FILE} to begin with"
        self.head = {name: torch.tensor(part) for name, part in vars(head).items()}
        self.trained = nn.ParameterDict(
            {name: self.head[name] for name in ("token", "question", "weight", "bias")}
        )
        self.temperature = nn.Parameter(torch.tensor(TEMPERATURE))

    def forward(self, read: Windows) -> Tensor:
        """Logits [questions, passages], float32."""
        with Precision.best().autocast():
            rows = self.trunk(pad(read.ids, 0), layers=self.layers)
            asked = self.trunk(pad(read.questions, 0), layers=self.layers)
        tokens = functional.normalize(self._standard(rows) @ self.trained["token"].T, dim=-1)
        states = self._standard(asked)
        vectors = functional.normalize(states @ self.trained["question"].T, dim=-1)
        lengths = torch.tensor([len(ids) for ids in read.questions])
        weights = functional.softplus(states @ self.trained["weight"] + self.trained["bias"]) + 1e-4
        weights = weights * (torch.arange(states.shape[1]) < lengths[:, None])
        passages = [tokens[window, start:end] for window, start, end in read.spans]
        best = torch.stack(
            [torch.einsum("qtd,ld->qtl", vectors, each).amax(-1) for each in passages], -1
        )
        scores = torch.einsum("qtp,qt->qp", best, weights / weights.sum(1, keepdim=True))
        return scores * self.temperature.exp()

    def _standard(self, states: Tensor) -> Tensor:
        return ((states.float() - self.head["mean"]) * self.head["scale"]).clamp(-8, 8)

    def finished(self) -> dict[str, Tensor]:
        """The tensors of EVIDENCE_FILE: the head, and the adapters in the rank that ships."""
        trained = {name: part.detach() for name, part in self.trained.items()}
        whole = {name: trained.get(name, part) for name, part in self.head.items()}
        found = {name: part.half() if part.ndim > 1 else part for name, part in whole.items()}
        for name in sorted({name.rpartition("/")[0] for name in self.adapters}):
            down = self.adapters[f"{name}/down"].detach()
            up = self.adapters[f"{name}/up"].detach()
            left, values, right = torch.linalg.svd(up @ down, full_matrices=False)
            root = values[:SHIPPED_RANK].sqrt()
            module = f"{ADAPTERS}{name.replace('/', '.')}"
            found |= {f"{module}.down": (right[:SHIPPED_RANK] * root[:, None]).half()}
            found |= {f"{module}.up": (left[:, :SHIPPED_RANK] * root).half()}
        return found


def loss_of(logits: Tensor, right: list[list[int]]) -> Tensor:
    """How unlikely a right passage is for each question, on average."""
    target = torch.zeros(logits.shape, dtype=torch.bool)
    target[[row for row, golds in enumerate(right) for _ in golds], sum(right, [])] = True
    return (logits.logsumexp(-1) - logits.masked_fill(~target, float("-inf")).logsumexp(-1)).mean()


def run(options: argparse.Namespace) -> None:
    """Train for so many minutes, the rate falling over the second half, and write the file."""
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)  # before the time is spent
    path = EvidencePath(options.model)
    reader = WindowReader(FileTokenizer(options.model / "tokenizer.json"))
    documents = [sources for _, sources in groups(options.sets, options.seed)]
    quick = path.adapters.values()
    head = [path.trained[name] for name in ("token", "question", "weight")]
    rates = ((quick, 1e-3), (head, 5e-4), ([path.trained["bias"], path.temperature], 5e-3))
    optimizer = make_optimizer([parameter_group(some, rate, 0.01) for some, rate in rates], 0.98)
    for step, fraction in _steps(options.minutes):
        rng = random.Random(f"{options.seed} {step}")
        read = reader.windows(rng.choice(documents), rng)
        if read is None:
            continue
        loss = loss_of(path(read), read.right)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(path.adapters.values(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = (
                group["peak"] * min(1.0, (step + 1) / 60) * min(1.0, max(0.02, 2 * (1 - fraction)))
            )
        optimizer.step()
        if step % 100 == 0:
            print(json.dumps({"step": step, "loss": round(float(loss.detach()), 3)}), flush=True)
    save_tensors(options.out / EVIDENCE_FILE, path.finished())


def _steps(minutes: float) -> Iterator[tuple[int, float]]:
    """Steps and the share of the time that is over, until it is."""
    started = time.monotonic()
    step = 0
    while (fraction := (time.monotonic() - started) / (60 * minutes)) < 1:
        yield step, fraction
        step += 1


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Train the evidence path by contrast.", "model", "out")
    add_data_options(parser)
    parser.add_argument("--minutes", type=float, default=120.0)
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
