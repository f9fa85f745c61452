"""The span head: a small reader on top of one lower layer of the trunk, which points at the answer in a passage.

While a document is read, the output of that layer is projected to a row of int8 a token and kept beside the state. A
question then costs no second reading of the text: the rows of the best passages and of the question are encoded both
ways, each passage attends to the question, and every token gets a score for starting and for ending the answer.
Scores of several passages are comparable, with those of "no answer" too, because training normalises over all of them.

Sources: attention flow and trilinear similarity, Seo et al. 2017 (arXiv 1611.01603); convolution and self-attention
instead of recurrence, Yu et al. 2018 (arXiv 1804.09541, section 2.2); one softmax over several passages and "no
answer", Clark and Gardner 2018 (arXiv 1710.10723, section 3).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.checkpoints.weights import head_tensors
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.reader_text import SPAN_FILE
from docqa.model.heads.spans import SpanReading, span_reading

ROW_LIMIT = 4.0  # rows have a root mean square of 1; what lies further out is cut before it is stored as int8


def standardised(hidden: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Hidden states [.., hidden] with mean 0 and deviation 1, float32, clamped as EvidenceHead does."""
    return ((hidden.float() - mean) * scale).clamp(-8, 8)


def dropped(x: Tensor, share: float, training: bool) -> Tensor:
    """Dropout of whole features along the text: [batch, seq, width] with one mask [batch, 1, width].

    Drawing a mask for every token took a third of the forward pass on a processor.
    """
    if not training or not share:
        return x
    kept = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= share
    return x * (kept / (1 - share))


class SelfMixing(nn.Module):
    """Two convolutions along the text, self-attention over all of it, and a feed-forward layer, each residual."""

    def __init__(self, width: int, reach: int, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.near = nn.ModuleList([nn.Conv1d(width, width, reach, padding=reach // 2, groups=width) for _ in range(2)])
        self.mix = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.wide = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(4)])

    def forward(self, x: Tensor, mask: Tensor, dropout: float) -> Tensor:
        """[batch, seq, width] to the same; `mask` [batch, seq] is True on tokens."""
        shut = mask[..., None].to(x.dtype)
        for number in range(2):
            inner = (self.norms[number](x) * shut).transpose(1, 2)
            inner = self.mix[number](functional.relu(self.near[number](inner).transpose(1, 2)))
            x = x + dropped(inner, dropout, self.training)
        q, k, v = self.qkv(self.norms[2](x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = x + dropped(self.out(attended.transpose(1, 2).flatten(2)), dropout, self.training)
        inner = self.narrow(functional.relu(self.wide(self.norms[3](x))))
        return x + dropped(inner, dropout, self.training)


class SpanHead(nn.Module):
    """Rows of a passage and of a question to start and end logits of the passage's tokens."""

    mean: Tensor
    scale: Tensor

    def __init__(self, hidden: int, row: int = 128, width: int = 96, blocks: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.register_buffer("mean", torch.zeros(hidden))
        self.register_buffer("scale", torch.ones(hidden))
        self.project = nn.Linear(hidden, row, bias=False)
        self.enter = nn.Linear(row, width)
        self.encoder = SelfMixing(width, 5)
        self.of_passage, self.of_question = nn.Linear(width, 1, bias=False), nn.Linear(width, 1, bias=False)
        self.of_both = nn.Parameter(torch.full((width,), width**-0.5))
        self.weight = nn.Linear(width, 1)
        self.fuse = nn.Linear(4 * width + 2, width)
        self.blocks = nn.ModuleList([SelfMixing(width, 7) for _ in range(blocks)])
        self.pool = nn.Linear(width, 1)
        self.relevance = nn.Sequential(nn.Linear(3 * width, width), nn.ReLU(), nn.Linear(width, 1))
        self.starts, self.ends = nn.Linear(width, 1), nn.Linear(width, 1)
        self.to_end = SelfMixing(width, 7)
        self.none = nn.Parameter(torch.zeros(2))  # start and end logit of "no answer"

    @classmethod
    def load(cls, folder: Path) -> SpanHead | None:
        """The head beside a checkpoint's weights, ready to use, or None where a checkpoint has none.

        Raises:
            WeightsMismatch: the file is damaged or is no span head.
        """
        path = folder / SPAN_FILE
        stored = head_tensors(path)
        if stored is None:
            return None
        try:
            tensors = {name: tensor.float() for name, tensor in stored.items()}
            (row, hidden), width = tensors["project.weight"].shape, tensors["enter.weight"].shape[0]
            blocks = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
            head = cls(hidden, row, width, blocks)
            head.load_state_dict(tensors)
        except (KeyError, RuntimeError, ValueError) as error:
            raise WeightsMismatch(f"{path}: this is not a span head ({error}); fetch the folder again") from error
        return head.requires_grad_(False).eval()

    @property
    def width(self) -> int:
        return self.enter.out_features

    @property
    def row(self) -> int:
        return self.project.out_features

    def rows(self, hidden: Tensor) -> Tensor:
        """Layer output [..., hidden] to rows [..., row], each with a root mean square of 1."""
        return functional.rms_norm(self.project(standardised(hidden, self.mean, self.scale)), (self.row,), eps=1e-6)

    def packed_rows(self, hidden: Tensor) -> Tensor:
        """`rows` as int8; `unpacked` gives them back."""
        return (self.rows(hidden).clamp(-ROW_LIMIT, ROW_LIMIT) * (127 / ROW_LIMIT)).round().to(torch.int8)

    @staticmethod
    def unpacked(rows: Tensor) -> Tensor:
        return rows.float() * (ROW_LIMIT / 127)

    def encode(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Rows [batch, seq, row] to encodings [batch, seq, width]; `mask` [batch, seq] is True on tokens."""
        entered = self.enter(dropped(rows, self.dropout, self.training))
        return self.encoder(entered, mask, self.dropout)

    def score(
        self, passage: tuple[Tensor, Tensor, Tensor], question: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Start and end logits [pairs, seq] (-inf on filling) of pairs of (rows, encodings, mask)."""
        rows, p, p_mask = passage
        asked, q, q_mask = question
        similar = (p * self.of_both) @ q.transpose(1, 2) + self.of_passage(p) + self.of_question(q).transpose(1, 2)
        by_question = similar.masked_fill(~q_mask[:, None], -1e4).softmax(-1)
        by_passage = similar.masked_fill(~p_mask[..., None], -1e4).softmax(1)
        answered = by_question @ q
        echoed = by_question @ (by_passage.transpose(1, 2) @ p)
        # Literal likeness: the best cosine of each token with the question's, plain and weighted by what it asks for.
        cosine = (functional.normalize(rows, dim=-1) @ functional.normalize(asked, dim=-1).transpose(1, 2)).masked_fill(
            ~q_mask[:, None], 0.0
        )
        weight = self.weight(q).sigmoid().transpose(1, 2)
        literal = torch.stack([cosine.amax(-1), (cosine * weight).amax(-1)], -1)
        joined = torch.cat([p, answered, p * answered, p * echoed, literal], -1)
        x = self.fuse(dropped(joined, self.dropout, self.training))
        for block in self.blocks:
            x = block(x, p_mask, self.dropout)
        shares = self.pool(x).squeeze(-1).masked_fill(~p_mask, -1e4).softmax(-1)
        pooled = (shares[:, None] @ x).squeeze(1)
        question_mean = (q * q_mask[..., None]).sum(1) / q_mask.sum(1, keepdim=True)
        best = x.masked_fill(~p_mask[..., None], -1e4).amax(1)
        relevant = self.relevance(torch.cat([pooled, best, question_mean], -1))
        y = self.to_end(x, p_mask, self.dropout)
        start, end = (self.starts(x).squeeze(-1) + relevant, self.ends(y).squeeze(-1) + relevant)
        return start.masked_fill(~p_mask, float("-inf")), end.masked_fill(~p_mask, float("-inf"))


def read_spans(
    head: SpanHead, asked: Tensor, passages: list[Tensor], *, longest: int = 64, each: int = 3
) -> SpanReading:
    """Spans of `passages` (rows [tokens, row], float) that answer the question with rows `asked` [tokens, row].

    `each` of every passage, of at most `longest` tokens.
    """
    with torch.inference_mode():
        sizes = torch.tensor([len(rows) for rows in passages])
        rows = nn.utils.rnn.pad_sequence(passages, batch_first=True)
        mask = torch.arange(rows.shape[1])[None] < sizes[:, None]
        asked, asked_mask = asked[None], torch.ones(1, len(asked), dtype=torch.bool)
        q = head.encode(asked, asked_mask)
        many = [part.expand(len(passages), *part.shape[1:]) for part in (asked, q, asked_mask)]
        start, end = head.score((rows, head.encode(rows, mask), mask), (many[0], many[1], many[2]))
        return span_reading(start.numpy(), end.numpy(), head.none.numpy(), longest=longest, each=each)
