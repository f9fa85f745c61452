"""The reader of model/heads/excerpt_reading.py in torch, with gradients: what is trained.

Start and end of the answer are two logits a token (Devlin et al. 2019, arXiv 1810.04805, section
4.2). Those of several excerpts and of "no answer" share one softmax (Clark and Gardner 2018, arXiv
1710.10723, section 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.heads.reader_text import FORMS, SUPPORT, VERDICTS, ReaderTokenizer
from docqa.model.native.encoder import EncoderShape

from .encoder import BiasedLinear, Encoder


@dataclass(frozen=True)
class Excerpts:
    """Sequences of question, excerpt and end, filled on the right: `ids`, `mask` and `excerpt`
    [batch, seq].

    `mask` is True on tokens, `excerpt` on those of the excerpt.
    """

    ids: Tensor
    mask: Tensor
    excerpt: Tensor

    def to(self, device: torch.device) -> "Excerpts":
        """The same on a device."""
        return Excerpts(self.ids.to(device), self.mask.to(device), self.excerpt.to(device))


def lay_out(pairs: Sequence[tuple[list[int], list[int]]], end: int) -> Excerpts:
    """Sequences of (question ids, excerpt ids), each closed by the id `end`."""
    rows = [[*question, *text, end] for question, text in pairs]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    first = torch.tensor([[len(question)] for question, _ in pairs])
    size = torch.tensor([[len(row)] for row in rows])
    place = torch.arange(longest)[None]
    return Excerpts(ids, place < size, (place >= first) & (place < size - 1))


@dataclass(frozen=True)
class HeadLogits:
    """`start`, `end`, `begins` and `inside` (of items) [batch, seq], -inf outside of excerpts;
    `form` and `verdict` [batch, names]; `answers` [batch]."""

    start: Tensor
    end: Tensor
    begins: Tensor
    inside: Tensor
    form: Tensor
    verdict: Tensor
    answers: Tensor


def first_token_reading(hidden: int, outputs: int, inputs: int | None = None) -> nn.Sequential:
    """Two layers on the state of the first token, or on `inputs` numbers."""
    return nn.Sequential(
        BiasedLinear(inputs or hidden, hidden), nn.Tanh(), BiasedLinear(hidden, outputs)
    )


class UnitReading(nn.Sequential):
    """Layers on states that are brought to a root mean square of 1 first: as they come they are
    near 0.1, too small to learn from at the rate of a head."""

    def forward(self, states: Tensor) -> Tensor:
        found: Tensor = super().forward(functional.rms_norm(states, states.shape[-1:]))
        return found


class ReaderHead(nn.Module):
    """What the states [batch, seq, hidden] of questions and excerpts say.

    Start and end logits to which the first token's state adds what it says of the whole; which
    tokens begin an item of a list or are inside of one; from the first token alone, the form of the
    question, whether the excerpt answers, and how far a quote supports a statement; and, from the
    first token and the words that likely answer, the verdict on a yes/no question.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.ends = BiasedLinear(hidden, 2)
        self.relevance = first_token_reading(hidden, 1)
        self.items = BiasedLinear(hidden, 2)
        self.question = UnitReading(*first_token_reading(hidden, len(FORMS) + len(VERDICTS) + 1))
        self.support = UnitReading(*first_token_reading(hidden, len(SUPPORT)))
        self.verdict = first_token_reading(hidden, len(VERDICTS), 2 * hidden)
        self.none = nn.Parameter(torch.zeros(2))  # start and end of "no answer"

    def forward(self, states: Tensor, excerpt: Tensor) -> HeadLogits:
        """`excerpt` [batch, seq] is True on the tokens of excerpts."""
        first = states[:, :1]
        outside = ~excerpt[..., None]
        ends = (self.ends(states) + self.relevance(first)).masked_fill(outside, float("-inf"))
        items = self.items(states).masked_fill(outside, float("-inf"))
        form, _, answers = self.question(first[:, 0]).split([len(FORMS), len(VERDICTS), 1], -1)
        likely = ends.detach().sum(-1).softmax(-1)[:, None] @ states
        decided = torch.cat(
            [functional.rms_norm(part[:, 0], part.shape[-1:]) for part in (first, likely)], -1
        )
        return HeadLogits(
            ends[..., 0],
            ends[..., 1],
            items[..., 0],
            items[..., 1],
            form,
            self.verdict(decided),
            answers[..., 0],
        )


class TrainableCrossEncoder(nn.Module):
    """The encoder and its head."""

    def __init__(self, shape: EncoderShape, tokenizer: ReaderTokenizer) -> None:
        super().__init__()
        self.encoder = Encoder(shape)
        self.head = ReaderHead(shape.hidden)
        self.tokenizer = tokenizer

    def forward(self, batch: Excerpts) -> HeadLogits:
        """The head's logits, float32."""
        found: HeadLogits = self.head(self.encoder(batch.ids, batch.mask).float(), batch.excerpt)
        return found
