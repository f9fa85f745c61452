"""The reader: reads a question and an excerpt together, both ways, and points at the answer.

The span head sees passages that were read before the question was known. The reader reads again the few excerpts that
the cheaper heads leave over, with the question in mind: slower, and much better at telling an answer from words that
only look like one. It is an encoder of its own beside the trunk (MODEL_CARD.md says where its weights come from).

Start and end of the answer are two logits a token (Devlin et al. 2019, arXiv 1810.04805, section 4.2). Those of several
excerpts and of "no answer" share one softmax (Clark and Gardner 2018, arXiv 1710.10723, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.errors import WeightsMismatch
from docqa.model.heads.encoder import BiasedLinear, Encoder, EncoderShape

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST_EXCERPT, LONGEST_ASKED, LONGEST_HEADING = 320, 64, 24  # tokens; a longer question loses its beginning
FORMS = ("fact", "list", "yes_no", "two_parts")
VERDICTS = ("yes", "no")
SUPPORT = ("supported", "partly", "contradicted", "unsupported")


@lru_cache(maxsize=2)
def _word_pieces(content: str) -> Tokenizer:
    """The tokenizer of a file's content, parsed once for the reader and the passage encoder, which share it."""
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_str(content)
    pieces.no_padding()
    pieces.no_truncation()
    return pieces


class ReaderTokenizer:
    """The encoder's own word pieces, by the `tokenizers` library."""

    def __init__(self, path: Path) -> None:
        """Raises WeightsMismatch: there is no such file, or it is no tokenizer."""
        try:
            self._pieces = _word_pieces(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises plain Exception
            raise WeightsMismatch(f"{path}: not the reader's tokenizer ({error}); fetch the folder again") from error
        begin, between = (self._pieces.token_to_id(mark) for mark in ("<s>", "</s>"))
        if begin is None or between is None:
            raise WeightsMismatch(f"{path}: the reader's tokenizer has no <s> or no </s>; fetch the folder again")
        self.begin, self.between = begin, between

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without marks around it."""
        return self._pieces.encode(text, add_special_tokens=False).ids  # type: ignore[no-any-return]

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids, and the characters (start, end) of each."""
        found = self._pieces.encode(text, add_special_tokens=False)
        return found.ids, found.offsets

    def asked(self, question: str) -> list[int]:
        """What stands before a heading and an excerpt."""
        return [self.begin, *self.encode(" ".join(question.split()))[-LONGEST_ASKED:], self.between, self.between]

    def heading(self, heading: str) -> list[int]:
        """What stands between a question and an excerpt: the headings above the excerpt, the last ones of many."""
        ids = self.encode(" ".join(heading.split()))[-LONGEST_HEADING:]
        return [*ids, self.between] if ids else []


@dataclass(frozen=True)
class Excerpts:
    """Sequences of question, excerpt and end, filled on the right: `ids`, `mask` and `excerpt` [batch, seq].

    `mask` is True on tokens, `excerpt` on those of the excerpt, which starts at `first` of each sequence.
    """

    ids: Tensor
    mask: Tensor
    excerpt: Tensor
    first: list[int]

    def to(self, device: torch.device) -> Excerpts:
        """The same on a device."""
        return Excerpts(self.ids.to(device), self.mask.to(device), self.excerpt.to(device), self.first)


def lay_out(pairs: Sequence[tuple[list[int], list[int]]], end: int) -> Excerpts:
    """Sequences of (question ids, excerpt ids), each closed by the id `end`."""
    rows = [[*question, *text, end] for question, text in pairs]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    first = torch.tensor([[len(question)] for question, _ in pairs])
    size = torch.tensor([[len(row)] for row in rows])
    place = torch.arange(longest)[None]
    return Excerpts(ids, place < size, (place >= first) & (place < size - 1), first.flatten().tolist())


@dataclass(frozen=True)
class HeadLogits:
    """`start`, `end`, `begins` and `inside` (of items) [batch, seq], -inf outside of excerpts; `form`, `verdict`
    [batch, names]; `answers` [batch]."""

    start: Tensor
    end: Tensor
    begins: Tensor
    inside: Tensor
    form: Tensor
    verdict: Tensor
    answers: Tensor


def first_token_reading(hidden: int, outputs: int) -> nn.Sequential:
    """Two layers on the state of the first token."""
    return nn.Sequential(BiasedLinear(hidden, hidden), nn.Tanh(), BiasedLinear(hidden, outputs))


class UnitReading(nn.Sequential):
    """Layers on states that are brought to a root mean square of 1 first: as they come they are near 0.1, too small to
    learn from at the rate of a head."""

    def forward(self, states: Tensor) -> Tensor:
        found: Tensor = super().forward(functional.rms_norm(states, states.shape[-1:]))
        return found


class ReaderHead(nn.Module):
    """What the states [batch, seq, hidden] of questions and excerpts say.

    Start and end logits to which the first token's state adds what it says of the whole; which tokens begin an item of
    a list or are inside of one; and, from the first token alone, the form of the question, the verdict on a yes/no
    question, whether the excerpt answers, and how far a quote supports a statement.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.ends = BiasedLinear(hidden, 2)
        self.relevance = first_token_reading(hidden, 1)
        self.items = BiasedLinear(hidden, 2)
        self.question = UnitReading(*first_token_reading(hidden, len(FORMS) + len(VERDICTS) + 1))
        self.support = UnitReading(*first_token_reading(hidden, len(SUPPORT)))
        self.none = nn.Parameter(torch.zeros(2))  # start and end of "no answer"

    def forward(self, states: Tensor, excerpt: Tensor) -> HeadLogits:
        """`excerpt` [batch, seq] is True on the tokens of excerpts."""
        first, outside = states[:, :1], ~excerpt[..., None]
        ends = (self.ends(states) + self.relevance(first)).masked_fill(outside, float("-inf"))
        items = self.items(states).masked_fill(outside, float("-inf"))
        form, verdict, answers = self.question(first[:, 0]).split([len(FORMS), len(VERDICTS), 1], -1)
        return HeadLogits(ends[..., 0], ends[..., 1], items[..., 0], items[..., 1], form, verdict, answers[..., 0])


class CrossEncoder(nn.Module):
    """The encoder and its head."""

    def __init__(self, shape: EncoderShape, tokenizer: ReaderTokenizer) -> None:
        super().__init__()
        self.encoder, self.head, self.tokenizer = Encoder(shape), ReaderHead(shape.hidden), tokenizer

    def forward(self, batch: Excerpts) -> HeadLogits:
        """The head's logits, float32."""
        states = self.encoder(batch.ids, batch.mask)
        return self.head(states.float(), batch.excerpt)  # type: ignore[no-any-return]
