"""The reader: reads a question and then an excerpt through some layers of the trunk, and points at the answer.

The span head sees passages that were read before the question was known. The reader reads again, the question first, so
that every token of the excerpt knows what is asked: slower, and much better at telling an answer from words that only
look like one. It is for the few excerpts that the cheaper heads leave over, and it starts from what the span head says
of them: training leaves it to find what that one overlooked.

The trunk's own matrices stay as they are; low-rank adapters are added to those of layers `first` to `last` (Hu et al.
2021, arXiv 2106.09685). Two blocks that look both ways give each token its right-hand context, which a causal trunk
lacks. Scores of several excerpts and of "no answer" share one softmax (Clark and Gardner 2018, arXiv 1710.10723,
section 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.products import PackedMatrix, adapted_product
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch
from docqa.model.hybrid import Hybrid, Linear
from docqa.model.prompt import PREAMBLE, TextTokenizer, question_text
from docqa.model.span_head import SelfMixing, SpanHead, SpanReading, best_spans
from docqa.model.weights import head_metadata, head_tensors

READER_FILE = "reader.safetensors"
QUESTION_FIRST, EXCERPT_NEXT = "Question: ", "\nText: "
INT8, INT8_SCALE = ".int8", ".int8_scale"
LONGEST_EXCERPT, LONGEST_ASKED = 128, 64  # tokens; a longer question loses its beginning


def reader_question(question: str) -> str:
    """What stands before the excerpt."""
    return QUESTION_FIRST + " ".join(question.split()) + EXCERPT_NEXT


def asked_ids(tokenizer: TextTokenizer, question: str) -> tuple[list[int], list[int], list[int]]:
    """A question before an excerpt; the same as the span head reads it, alone; and what stands before its passages."""
    before = list(tokenizer.encode(reader_question(question)))[-LONGEST_ASKED:]
    return before, list(tokenizer.encode(question_text(question)))[:LONGEST_ASKED], list(tokenizer.encode(PREAMBLE))


class AdaptedLinear(nn.Module):
    """A matrix of the trunk and a low-rank addition: W x + up(down x); `up` starts at zero.

    `turned`, where training set it, stands for the transpose of a packed matrix, and `dtype` is that of the addition.
    """

    turned: PackedMatrix | None = None
    dtype = torch.float32

    def __init__(self, base: Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) * base.in_features**-0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    @property
    def packed(self) -> PackedMatrix | None:
        return self.base.packed

    def forward(self, x: Tensor) -> Tensor:
        if self.turned is not None and self.packed is not None and torch.is_grad_enabled():
            return adapted_product(x, self.packed, self.turned, self.down, self.up, dtype=self.dtype)
        added = functional.linear(functional.linear(x, self.down.to(x.dtype)), self.up.to(x.dtype))
        return self.base(x) + added


@dataclass(frozen=True)
class Excerpts:
    """Sequences of question and excerpt, filled on the right: `ids`, `mask` and `excerpt` [batch, seq].

    `mask` is True on tokens, `excerpt` on those of the excerpt, which starts at `first` of each sequence.
    """

    ids: Tensor
    mask: Tensor
    excerpt: Tensor
    first: list[int]

    def to(self, device: torch.device) -> Excerpts:
        return Excerpts(self.ids.to(device), self.mask.to(device), self.excerpt.to(device), self.first)


@dataclass(frozen=True)
class Pointed:
    """The span head's view of `Excerpts`: `features` [batch, seq, width], `start` and `end` [batch, seq].

    All are 0 outside the excerpt.
    """

    features: Tensor
    start: Tensor
    end: Tensor


class ReaderHead(nn.Module):
    """States of the last layer [batch, seq, hidden] to start and end logits of the excerpt's tokens.

    They are the span head's, and what is added to them: nothing at first.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, hidden: int, pointed: int, width: int = 128, blocks: int = 2, dropout: float = 0.0) -> None:
        """`pointed` is the width of the span head's features."""
        super().__init__()
        self.dropout = dropout
        self.register_buffer("mean", torch.zeros(hidden))
        self.register_buffer("scale", torch.ones(hidden))
        self.enter = nn.Linear(hidden, width)
        self.enter_pointed = nn.Linear(pointed, width)
        self.part = nn.Parameter(torch.zeros(2, width))  # added to the question's tokens, to the excerpt's
        self.blocks = nn.ModuleList([SelfMixing(width, 7) for _ in range(blocks)])
        self.pool = nn.Linear(width, 1)
        last = nn.Linear(width, 1)
        self.relevance = nn.Sequential(nn.Linear(3 * width, width), nn.ReLU(), last)
        self.ends_of_spans = nn.Linear(width, 2)
        self.trust = nn.Parameter(torch.ones(2))  # how much the span head's logits count
        self.none = nn.Parameter(torch.zeros(2))
        for zero in (self.ends_of_spans, last):  # nothing is added at first
            nn.init.zeros_(zero.weight)
            nn.init.zeros_(zero.bias)

    def forward(self, states: Tensor, batch: Excerpts, pointed: Pointed) -> tuple[Tensor, Tensor]:
        """Start and end logits [batch, seq], -inf outside the excerpt."""
        mask, excerpt = batch.mask, batch.excerpt
        standard = ((states.float() - self.mean) * self.scale).clamp(-8, 8)
        x = self.enter(standard) + self.part[excerpt.long()] + self.enter_pointed(pointed.features)
        for block in self.blocks:
            x = block(x, mask, self.dropout)
        shares = self.pool(x).squeeze(-1).masked_fill(~excerpt, -1e4).softmax(-1)
        pooled = (shares[:, None] @ x).squeeze(1)
        asked = (x * (mask & ~excerpt)[..., None]).sum(1) / (mask & ~excerpt).sum(1, keepdim=True).clamp(min=1)
        best = x.masked_fill(~excerpt[..., None], -1e4).amax(1)
        relevant = self.relevance(torch.cat([pooled, best, asked], -1))
        start, end = self.ends_of_spans(x).unbind(-1)
        start = start + relevant + self.trust[0] * pointed.start
        end = end + relevant + self.trust[1] * pointed.end
        return start.masked_fill(~excerpt, float("-inf")), end.masked_fill(~excerpt, float("-inf"))


def lay_out(pairs: list[tuple[list[int], list[int]]]) -> Excerpts:
    """Sequences of (question ids, excerpt ids)."""
    longest = max(len(question) + len(text) for question, text in pairs)
    sizes = torch.tensor([[len(question), len(question) + len(text)] for question, text in pairs])
    ids = torch.tensor([question + text + [0] * (longest - len(question) - len(text)) for question, text in pairs])
    place = torch.arange(longest)[None]
    mask = place < sizes[:, 1:]
    return Excerpts(ids, mask, mask & (place >= sizes[:, :1]), sizes[:, 0].tolist())


class Reader(nn.Module):
    """Adapted layers of a trunk and the head on top of them, beside the span head that they start from."""

    def __init__(self, network: Hybrid, first: int, rank: int, head: ReaderHead, span: SpanHead) -> None:
        """`network` has the layers to run, all of them; from layer `first` on its matrices get adapters, in place.

        The span head looks at the output of the layer below `first`.
        """
        super().__init__()
        self.network, self.first, self.rank, self.head, self.span = network, first, rank, head, span
        for layer in network.layers[first:]:
            for module in [*layer.modules()]:
                for name, child in [*module.named_children()]:
                    if isinstance(child, Linear) and min(child.in_features, child.out_features) > rank:
                        setattr(module, name, AdaptedLinear(child, rank))

    def lower_states(self, ids: Tensor) -> Tensor:
        """Output of the layer below `first`, [batch, seq, hidden], without gradients."""
        rotation = self.network.rotation(torch.arange(ids.shape[1], device=ids.device))
        with torch.no_grad():
            x = self.network.embed_tokens(ids)
            for layer in self.network.layers[: self.first]:
                x = layer(x, rotation)
        return x

    def states(self, ids: Tensor) -> Tensor:
        """Output of the last layer, [batch, seq, hidden]."""
        rotation = self.network.rotation(torch.arange(ids.shape[1], device=ids.device))
        x = self.lower_states(ids)
        for layer in self.network.layers[self.first :]:
            x = layer(x, rotation)
        return x

    @torch.no_grad()
    def pointed(self, batch: Excerpts, preamble: list[int], questions: list[list[int]]) -> Pointed:
        """The span head over the excerpts, each read behind the `preamble`, and `questions` read alone, one each."""
        texts = [row[begin : begin + n] for row, begin, n in zip(
            batch.ids.tolist(), batch.first, batch.excerpt.sum(1).tolist(), strict=True)]  # fmt: skip
        passages, p_mask = self._rows([preamble + text for text in texts], len(preamble), batch.ids.device)
        asked, q_mask = self._rows(questions, 0, batch.ids.device)
        with torch.autocast(batch.ids.device.type, enabled=False):  # training reads the trunk in bf16
            p, q = self.span.encode(passages, p_mask), self.span.encode(asked, q_mask)
            x, start, end = self.span.features((passages, p, p_mask), (asked, q, q_mask))
        shape = batch.ids.shape
        found = Pointed(x.new_zeros(*shape, x.shape[-1]), x.new_zeros(shape), x.new_zeros(shape))
        for row, (begin, text) in enumerate(zip(batch.first, texts, strict=True)):
            inside = slice(begin, begin + len(text))
            found.features[row, inside] = x[row, : len(text)]
            found.start[row, inside], found.end[row, inside] = start[row, : len(text)], end[row, : len(text)]
        return found

    def _rows(self, sequences: list[list[int]], skipped: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """The span head's rows [batch, seq, row] as they would be kept, without the first of each; and a mask."""
        sizes = torch.tensor([len(ids) - skipped for ids in sequences], device=device)
        filled = [torch.tensor(ids, device=device) for ids in sequences]
        states = self.lower_states(nn.utils.rnn.pad_sequence(filled, batch_first=True))[:, skipped:].float()
        with torch.autocast(states.device.type, enabled=False):
            rows = SpanHead.unpacked(self.span.packed_rows(states))
        return rows, torch.arange(rows.shape[1], device=device)[None] < sizes[:, None]

    def forward(self, batch: Excerpts, pointed: Pointed) -> tuple[Tensor, Tensor]:
        """Start and end logits [batch, seq], float32."""
        return self.head(self.states(batch.ids), batch, pointed)

    @classmethod
    def load(
        cls, folder: Path, network_of: Callable[[int], Hybrid], config: HybridConfig, span: SpanHead | None
    ) -> Reader | None:
        """The reader beside a checkpoint's weights, ready to use, or None where a checkpoint has none.

        `network_of` gives a network with so many of the first layers, whose modules the reader may change.

        Raises:
            WeightsMismatch: the file is damaged, is no reader of this checkpoint, or no span head is beside it.
        """
        path = folder / READER_FILE
        stored = head_tensors(path)
        if stored is None:
            return None
        if span is None:
            raise WeightsMismatch(f"{path}: a reader needs a span head beside it; fetch {folder} again")
        try:
            about = head_metadata(path)
            layers, first, rank = (int(about[name]) for name in ("layers", "first", "rank"))
            head = ReaderHead(config.hidden_size, span.width, *_head_shape(stored))
            reader = cls(network_of(layers), first, rank, head, span)
            own = own_form(stored)
            unknown = own.keys() ^ reader.own_tensors().keys()
            if unknown:
                raise KeyError(min(unknown))
            reader.load_state_dict(own, strict=False)
        except (KeyError, RuntimeError, ValueError) as error:
            raise WeightsMismatch(f"{path}: this is no reader of {folder} ({error}); fetch the folder again") from error
        return reader.requires_grad_(False).eval()

    def own_tensors(self) -> dict[str, Tensor]:
        """What training changes, by name: adapters and head."""
        return {name: part for name, part in self.state_dict().items() if _is_own(name)}

    def own_parameters(self) -> list[nn.Parameter]:
        return [part for name, part in self.named_parameters() if _is_own(name)]


def stored_form(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A reader's tensors as its file holds them: adapters as int8, a scale a row; the head's matrices in float16."""
    stored: dict[str, Tensor] = {}
    for name, part in tensors.items():
        if name.startswith("head."):
            # The head's scale divides by spreads that may be tiny: too large for float16.
            stored[name] = (part.half() if part.ndim > 1 else part.float()).contiguous()
            continue
        scale = (part.abs().amax(1, keepdim=True).float() / 127).clamp(min=1e-12)
        stored[name + INT8] = (part.float() / scale).round().to(torch.int8).contiguous()
        stored[name + INT8_SCALE] = scale
    return stored


def own_form(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `stored_form` was made of, float32, but for its rounding. Raises KeyError where a scale is missing."""
    whole = {name: part.float() for name, part in stored.items() if not name.endswith((INT8, INT8_SCALE))}
    rounded = [name.removesuffix(INT8) for name in stored if name.endswith(INT8)]
    return whole | {name: stored[name + INT8].float() * stored[name + INT8_SCALE] for name in rounded}


def _head_shape(tensors: dict[str, Tensor]) -> tuple[int, int]:
    """(width, blocks) of a stored head."""
    blocks = {name.split(".")[2] for name in tensors if name.startswith("head.blocks.")}
    return tensors["head.enter.weight"].shape[0], len(blocks)


def read_excerpts(
    reader: Reader, tokenizer: TextTokenizer, question: str, excerpts: list[str], *, longest: int = 64, each: int = 2
) -> tuple[SpanReading, list[list[tuple[int, int]]]]:
    """Spans of `excerpts` that answer the question, and the characters (start, end) of each excerpt's tokens.

    `each` of every excerpt, of at most `longest` tokens; a span's `passage` is the number of its excerpt.
    """
    asked, alone, preamble = asked_ids(tokenizer, question)
    pieces = [tokenizer.encode_with_offsets(text) for text in excerpts]
    pieces = [(list(ids)[:LONGEST_EXCERPT], list(offsets)[:LONGEST_EXCERPT]) for ids, offsets in pieces]
    with torch.inference_mode():
        batch = lay_out([(asked, ids) for ids, _ in pieces])
        start, end = reader(batch, reader.pointed(batch, preamble, [alone] * len(pieces)))
        none = reader.head.none
        start_all = torch.cat([start.flatten(), none[:1]]).logsumexp(0)
        end_all = torch.cat([end.flatten(), none[1:]]).logsumexp(0)
        start, end = start[:, len(asked) :] - start_all, end[:, len(asked) :] - end_all
        likely = (start.logsumexp(1) + end.logsumexp(1)) / 2
        spans = tuple(best_spans(start, end, longest, each))
        return SpanReading(spans, likely, float(none.sum() - start_all - end_all)), [places for _, places in pieces]


def _is_own(name: str) -> bool:
    return name.startswith("head.") or name.endswith((".down", ".up"))
