"""The passage encoder: a small encoder that makes one vector of a passage, and one of a question.

A passage is read once, by itself, before any question; a question is near the passages that answer it, in whatever
words (Karpukhin et al. 2020, "Dense Passage Retrieval", arXiv 2004.04906; Reimers and Gurevych 2019, "Sentence-BERT",
arXiv 1908.10084, whose mean over the tokens it is). It knows the reader's word pieces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.matmul import packed_is_faster
from docqa.model.checkpoints.weights import head_metadata, head_tensors
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.cross_encoder import ReaderTokenizer, lay_out
from docqa.model.heads.encoder import Encoder, EncoderShape
from docqa.model.heads.reader_files import READER_TOKENIZER, described, fill, shape_of, stored_form

PASSAGE_ENCODER_FILE = "passage_encoder.safetensors"
LONGEST_PASSAGE = 318  # tokens; what is behind them does not count
POSITIONS = LONGEST_PASSAGE + 2
TOGETHER = 8  # passages of like length, read at once


class PassageEncoder(nn.Module):
    """An encoder, and the mean of what it makes of the tokens of a text. `identity`: a sum of the file it came from."""

    def __init__(self, shape: EncoderShape, tokenizer: ReaderTokenizer) -> None:
        super().__init__()
        self.encoder, self.tokenizer, self.identity = Encoder(shape), tokenizer, ""

    @property
    def dim(self) -> int:
        return self.encoder.shape.hidden

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors of texts, float32 [texts, dim]; the product of two is their likeness, -1 to 1."""
        ids = [self.tokenizer.encode(" ".join(text.split()))[:LONGEST_PASSAGE] for text in texts]
        order = sorted(range(len(texts)), key=lambda number: len(ids[number]))
        found = torch.empty(len(texts), self.dim)
        with torch.inference_mode():
            for at in range(0, len(order), TOGETHER):
                group = order[at : at + TOGETHER]
                found[group] = self.read([ids[number] for number in group])
        return found

    def read(self, ids: Sequence[list[int]]) -> Tensor:
        """Unit vectors [texts, dim] of texts as token ids without marks."""
        batch = lay_out([([self.tokenizer.begin], text) for text in ids], self.tokenizer.between)
        states = self.encoder(batch.ids, batch.mask).float()
        kept = batch.mask[..., None]
        return functional.normalize((states * kept).sum(1) / kept.sum(1), dim=-1)


def load_passage_encoder(folder: Path) -> PassageEncoder | None:
    """The passage encoder beside a checkpoint's weights, ready to use, or None where a checkpoint has none.

    Raises:
        WeightsMismatch: its file or the reader's tokenizer is damaged or missing; it is named.
    """
    path = folder / PASSAGE_ENCODER_FILE
    stored = head_tensors(path)
    if stored is None:
        return None
    try:
        with torch.device("meta"):
            encoder = PassageEncoder(shape_of(head_metadata(path)), ReaderTokenizer(folder / READER_TOKENIZER))
        fill(encoder, stored, keep=packed_is_faster())
    except (KeyError, RuntimeError, ValueError, AttributeError) as error:
        raise WeightsMismatch(f"{path}: this is not a passage encoder ({error}); fetch {folder} again") from error
    with path.open("rb") as file:
        encoder.identity = hashlib.file_digest(file, "sha256").hexdigest()
    return encoder.requires_grad_(False).eval()


def save_passage_encoder(encoder: PassageEncoder, folder: Path) -> None:
    """Write a passage encoder as it ships, with its matrices packed."""
    from safetensors.torch import save_file

    path = folder / PASSAGE_ENCODER_FILE
    fresh = path.with_name(path.name + ".new")
    save_file(stored_form(dict(encoder.named_parameters())), fresh, metadata=described(encoder.encoder.shape))
    fresh.replace(path)
