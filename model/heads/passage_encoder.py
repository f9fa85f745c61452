"""The passage encoder: a small encoder that makes one vector of a passage, and one of a question.

A passage is read once, by itself, before any question; a question is near the passages that answer it, in whatever
words (Karpukhin et al. 2020, "Dense Passage Retrieval", arXiv 2004.04906; Reimers and Gurevych 2019, "Sentence-BERT",
arXiv 1908.10084, whose mean over the tokens it is). It knows the reader's word pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.native import packed_is_faster
from docqa.model.checkpoints.weights import file_digest, head_metadata, head_tensors
from docqa.model.errors import WeightsMismatch
from docqa.model.heads.cross_encoder import lay_out
from docqa.model.heads.encoder import Encoder
from docqa.model.heads.encoder_shape import EncoderShape, described, shape_of
from docqa.model.heads.reader_files import fill, stored_form
from docqa.model.heads.reader_text import (
    LONGEST_PASSAGE,
    PASSAGE_ENCODER_FILE,
    PASSAGES_TOGETHER,
    READER_TOKENIZER,
    ReaderTokenizer,
    of_like_length,
)

POSITIONS = LONGEST_PASSAGE + 2


class PassageEncoder(nn.Module):
    """An encoder, and the mean of what it makes of the tokens of a text. `identity`: a sum of the file it came from."""

    def __init__(self, shape: EncoderShape, tokenizer: ReaderTokenizer) -> None:
        super().__init__()
        self.encoder, self.tokenizer, self.identity = Encoder(shape), tokenizer, ""

    @property
    def dim(self) -> int:
        return self.encoder.shape.hidden

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts, float32 [texts, dim]; the product of two is their likeness, -1 to 1."""
        ids = [self.tokenizer.encode(" ".join(text.split()))[:LONGEST_PASSAGE] for text in texts]
        found = np.empty((len(texts), self.dim), np.float32)
        with torch.inference_mode():
            for group in of_like_length([len(text) for text in ids], PASSAGES_TOGETHER):
                found[group] = self.read([ids[number] for number in group]).numpy()
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
    encoder.identity = file_digest(path).hex()
    return encoder.requires_grad_(False).eval()


def save_passage_encoder(encoder: PassageEncoder, folder: Path) -> None:
    """Write a passage encoder as it ships, with its matrices packed."""
    from safetensors.torch import save_file

    path = folder / PASSAGE_ENCODER_FILE
    fresh = path.with_name(path.name + ".new")
    save_file(stored_form(dict(encoder.named_parameters())), fresh, metadata=described(encoder.encoder.shape))
    fresh.replace(path)
