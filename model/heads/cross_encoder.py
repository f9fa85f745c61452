"""The reader: reads a question and an excerpt together, both ways, and points at the answer.

The span head sees passages that were read before the question was known. The reader reads again the few excerpts that
the cheaper heads leave over, with the question in mind: slower, and much better at telling an answer from words that
only look like one. It is an encoder of its own beside the trunk (MODEL_CARD.md says where its weights come from).

Start and end of the answer are two logits a token (Devlin et al. 2019, arXiv 1810.04805, section 4.2). Those of several
excerpts and of "no answer" share one softmax (Clark and Gardner 2018, arXiv 1710.10723, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from docqa.kernels.matmul import PackedMatrix, packed_is_faster
from docqa.model.checkpoints.formats.grouped import PARTS, quantize_matrix
from docqa.model.checkpoints.weights import head_metadata, head_tensors
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.encoder import BiasedLinear, Encoder, EncoderShape
from docqa.model.heads.span import SpanReading, span_reading
from docqa.model.linear import Embedding, Linear

READER_FILE = "reader.safetensors"
READER_TOKENIZER = "reader_tokenizer.json"
LONGEST_EXCERPT, LONGEST_ASKED = 160, 64  # tokens; a longer question loses its beginning
EMBEDDING_BITS, MATRIX_BITS = 4, 8


class ReaderTokenizer:
    """The encoder's own word pieces, by the `tokenizers` library."""

    def __init__(self, path: Path) -> None:
        """Raises WeightsMismatch: there is no such file, or it is no tokenizer."""
        from tokenizers import Tokenizer

        try:
            self._pieces = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises plain Exception
            raise WeightsMismatch(f"{path}: not the reader's tokenizer ({error}); fetch the folder again") from error
        self._pieces.no_padding()
        self._pieces.no_truncation()
        begin, between = (self._pieces.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        if begin is None or between is None:
            raise WeightsMismatch(f"{path}: the reader's tokenizer has no [CLS] or no [SEP]; fetch the folder again")
        self.begin, self.between = begin, between

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without marks around it."""
        return self._pieces.encode(text, add_special_tokens=False).ids  # type: ignore[no-any-return]

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids, and the characters (start, end) of each."""
        found = self._pieces.encode(text, add_special_tokens=False)
        return found.ids, found.offsets

    def asked(self, question: str) -> list[int]:
        """What stands before an excerpt."""
        return [self.begin, *self.encode(" ".join(question.split()))[-LONGEST_ASKED:], self.between]


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


class ReaderHead(nn.Module):
    """States [batch, seq, hidden] to start and end logits; what the first token's state says of the whole is added."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.ends = BiasedLinear(hidden, 2)
        self.relevance = nn.Sequential(BiasedLinear(hidden, hidden), nn.Tanh(), BiasedLinear(hidden, 1))
        self.none = nn.Parameter(torch.zeros(2))  # start and end of "no answer"

    def forward(self, states: Tensor, excerpt: Tensor) -> tuple[Tensor, Tensor]:
        """Start and end logits [batch, seq], -inf outside the excerpt."""
        start, end = (self.ends(states) + self.relevance(states[:, :1])).masked_fill(
            ~excerpt[..., None], float("-inf")
        ).unbind(-1)  # fmt: skip
        return start, end


class CrossEncoder(nn.Module):
    """The encoder and its head."""

    def __init__(self, shape: EncoderShape, tokenizer: ReaderTokenizer) -> None:
        super().__init__()
        self.encoder, self.head, self.tokenizer = Encoder(shape), ReaderHead(shape.hidden), tokenizer

    def forward(self, batch: Excerpts) -> tuple[Tensor, Tensor]:
        """Start and end logits [batch, seq], float32."""
        states = self.encoder(batch.ids, batch.mask, batch.excerpt)
        return self.head(states.float(), batch.excerpt)

    @classmethod
    def load(cls, folder: Path) -> CrossEncoder | None:
        """The reader beside a checkpoint's weights, ready to use, or None where a checkpoint has none.

        Matrices stay packed where that is faster.

        Raises:
            WeightsMismatch: the file or its tokenizer is damaged or missing; the file is named.
        """
        path = folder / READER_FILE
        stored = head_tensors(path)
        if stored is None:
            return None
        tokenizer = ReaderTokenizer(folder / READER_TOKENIZER)
        try:
            shape = shape_of(head_metadata(path))
            with torch.device("meta"):
                reader = cls(shape, tokenizer)
            packed, dense = stored_parts(stored)
            attach_packed(reader, packed, keep=packed_is_faster())
            missing, unknown = reader.load_state_dict(dense, strict=False, assign=True)
            lacking = [name for name in missing if name not in {f"{n}.weight" for n in packed}]
            if lacking or unknown:
                raise KeyError(min([*lacking, *unknown]))
        except (KeyError, RuntimeError, ValueError, AttributeError) as error:
            raise WeightsMismatch(f"{path}: this is not a reader ({error}); fetch {folder} again") from error
        return reader.requires_grad_(False).eval()


def shape_of(about: Mapping[str, str]) -> EncoderShape:
    """The shape in a file's metadata. Raises KeyError or ValueError."""
    whole = {name: int(about[name]) for name in ("vocabulary", "hidden", "layers", "heads", "inner", "positions")}
    return EncoderShape(**whole, eps=float(about["eps"]))


def described(shape: EncoderShape) -> dict[str, str]:
    """What `shape_of` reads."""
    return {name: str(value) for name, value in asdict(shape).items()}


def stored_form(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A reader's tensors as its file holds them: the encoder's matrices packed, the rest in float16."""
    stored: dict[str, Tensor] = {}
    for name, part in tensors.items():
        if name.startswith("encoder.layers.") and part.ndim == 2 or name == "encoder.words.weight":
            bits = EMBEDDING_BITS if name == "encoder.words.weight" else MATRIX_BITS
            pieces = zip(PARTS, quantize_matrix(part, bits), strict=True)
            stored |= {name.removesuffix(".weight") + suffix: piece.contiguous() for suffix, piece in pieces}
        else:
            stored[name] = part.half().contiguous()
    return stored


def stored_parts(stored: Mapping[str, Tensor]) -> tuple[dict[str, PackedMatrix], dict[str, Tensor]]:
    """What `stored_form` was made of, but for its rounding: packed matrices by module, other tensors in float32.

    Raises:
        KeyError: a part of a packed matrix is missing.
    """
    names = [name.removesuffix(".q") for name in stored if name.endswith(".q")]
    packed = {name: PackedMatrix.of(*(stored[name + suffix] for suffix in PARTS)) for name in names}
    return packed, {name: part.float() for name, part in stored.items() if not name.endswith(PARTS)}


def attach_packed(reader: CrossEncoder, packed: Mapping[str, PackedMatrix], *, keep: bool) -> None:
    """Give modules their matrices, packed or (without `keep`) dense. Raises AttributeError for an unknown module."""
    for name, matrix in packed.items():
        module: Any = reader.get_submodule(name)
        if not isinstance(module, Linear | Embedding) or tuple(module.weight.shape) != matrix.shape:
            raise ValueError(f"{name} is {matrix.shape}")
        if keep:
            module.packed = matrix
        else:
            module.weight = nn.Parameter(matrix.dense())


def read_excerpts(
    reader: CrossEncoder, question: str, excerpts: Sequence[str], *, longest: int = 64, each: int = 2
) -> tuple[SpanReading, list[list[tuple[int, int]]]]:
    """Spans of `excerpts` that answer the question, and the characters (start, end) of each excerpt's tokens.

    `each` of every excerpt, of at most `longest` tokens; a span's `passage` is the number of its excerpt.
    """
    asked = reader.tokenizer.asked(question)
    pieces = [reader.tokenizer.encode_with_offsets(text) for text in excerpts]
    pieces = [(ids[:LONGEST_EXCERPT], offsets[:LONGEST_EXCERPT]) for ids, offsets in pieces]
    with torch.inference_mode():
        start, end = reader(lay_out([(asked, ids) for ids, _ in pieces], reader.tokenizer.between))
        found = span_reading(start, end, reader.head.none, longest=longest, each=each, first=len(asked))
        return found, [places for _, places in pieces]
