"""A reader of random weights over a few word pieces, as the files of a checkpoint folder."""

import json
from pathlib import Path

import torch

from docqa.model.heads.passage_encoder import PassageEncoder
from docqa.model.heads.reader_text import READER_TOKENIZER, ReaderTokenizer
from docqa.model.native.encoder import EncoderShape
from docqa.model.training.heads.passage_start import POSITIONS, save_passage_encoder
from docqa.model.training.reader.cross_encoder import CrossEncoder
from docqa.model.training.reader.encoder import Encoder
from docqa.model.training.reader.reader_files import save_reader

WIDTH = 64  # of states; a matrix is packed in groups of 64


def write_pieces(path: Path) -> int:
    """Write a tokenizer of single characters (the same ones again behind the first of a word); their number."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    plain = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    names = ["<s>", "<pad>", "</s>", "[UNK]", *plain, *(f"##{c}" for c in plain)]
    pieces = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    pieces.normalizer = normalizers.BertNormalizer(lowercase=True)
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    path.write_text(json.dumps(json.loads(pieces.to_str())))
    return len(names)


def random_reader(folder: Path, seed: int = 3) -> CrossEncoder:
    """A fresh reader of random weights, in torch; its tokenizer is written to `folder`."""
    size = write_pieces(folder / READER_TOKENIZER)
    torch.manual_seed(seed)
    shape = EncoderShape(size, WIDTH, 2, 2, 2 * WIDTH, 420, 32)
    reader = CrossEncoder(shape, ReaderTokenizer(folder / READER_TOKENIZER))
    for parameter in reader.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, 0.2)
    return reader.requires_grad_(False).eval()


def write_reader(folder: Path, seed: int = 3) -> CrossEncoder:
    """`random_reader`, its weights written to `folder` too."""
    reader = random_reader(folder, seed)
    save_reader(reader, folder)
    return reader


def random_passage_encoder(folder: Path, seed: int = 4) -> PassageEncoder:
    """A passage encoder of random weights, as it is loaded from `folder`, where its file and tokenizer are written."""
    size = write_pieces(folder / READER_TOKENIZER)
    torch.manual_seed(seed)
    encoder = Encoder(EncoderShape(size, WIDTH, 2, 2, 2 * WIDTH, POSITIONS, 0))
    for parameter in encoder.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, 0.2)
    save_passage_encoder(encoder, folder)
    return PassageEncoder(folder)
