"""Readers of random weights over a few word pieces: as the files of a checkpoint folder, and models
of others.
"""

import json
from pathlib import Path
from typing import Any

import torch

from docqa.model.heads.passage_encoder import PassageEncoder
from docqa.model.heads.reader_text import READER_TOKENIZER, ReaderTokenizer
from docqa.model.native.encoder import EncoderShape
from docqa.model.training.heads.passage_start import POSITIONS, save_passage_encoder
from docqa.model.training.reader.cross_encoder import TrainableCrossEncoder
from docqa.model.training.reader.encoder import Encoder
from docqa.model.training.reader.reader_files import save_reader

WIDTH = 64  # of states; a matrix is packed in groups of 64


def write_pieces(path: Path) -> int:
    """Write a tokenizer of single characters (the same ones again after the first of a word);
    their number.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    plain = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    names = ["<s>", "<pad>", "</s>", "[UNK]", *plain, *(f"##{c}" for c in plain)]
    pieces = Tokenizer(
        models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]")
    )
    pieces.normalizer = normalizers.BertNormalizer(lowercase=True)
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    path.write_text(json.dumps(json.loads(pieces.to_str())))
    return len(names)


def random_reader(folder: Path, seed: int = 3) -> TrainableCrossEncoder:
    """A fresh reader of random weights, in torch; its tokenizer is written to `folder`."""
    size = write_pieces(folder / READER_TOKENIZER)
    torch.manual_seed(seed)
    shape = EncoderShape(size, WIDTH, 2, 2, 2 * WIDTH, 420, 32)
    reader = TrainableCrossEncoder(shape, ReaderTokenizer(folder / READER_TOKENIZER))
    for parameter in reader.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, 0.2)
    return reader.requires_grad_(False).eval()


def write_reader(folder: Path, seed: int = 3) -> TrainableCrossEncoder:
    """`random_reader`, its weights written to `folder` too."""
    reader = random_reader(folder, seed)
    save_reader(reader, folder)
    return reader


def random_passage_encoder(folder: Path, seed: int = 4) -> PassageEncoder:
    """A passage encoder of random weights, as it is loaded from `folder`, where its file and
    tokenizer are written.
    """
    size = write_pieces(folder / READER_TOKENIZER)
    torch.manual_seed(seed)
    encoder = Encoder(EncoderShape(size, WIDTH, 2, 2, 2 * WIDTH, POSITIONS, 0))
    for parameter in encoder.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, 0.2)
    save_passage_encoder(encoder, folder)
    return PassageEncoder(folder)


MARKS = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "[UNK]"}
KINDS: dict[str, dict[str, Any]] = {
    "Bert": {},
    "Roberta": {},
    "MPNet": {},
    "ModernBert": {},
    "DebertaV2": {
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_biased_input": False,
    },
}


def write_pair_tokenizer(pieces: Path, folder: Path) -> None:
    """Write the tokenizer of the file `pieces` for transformers: "<s> question </s></s> text
    </s>".
    """
    from tokenizers import Tokenizer, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer.from_file(str(pieces))
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False
    )
    names = ["input_ids", "attention_mask"]
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=names, **MARKS
    ).save_pretrained(folder)


def write_foreign(folder: Path, kind: str, task: str, **more: Any) -> Any:
    """Write a tiny model in the form of transformers, with random weights; the model."""
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    size = write_pieces(folder / "tokenizer.json")
    write_pair_tokenizer(folder / "tokenizer.json", folder)
    sizes = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
    }
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=size, pad_token_id=1, **(sizes | KINDS[kind] | more)
    )
    torch.manual_seed(1)
    network = getattr(transformers, f"{kind}{task}")(config).requires_grad_(False).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    network.save_pretrained(folder)
    return network


def write_modules(folder: Path, pooling: dict[str, Any], **about: Any) -> None:
    """Write what makes an encoder of sentence-transformers of a model in `folder`."""
    kinds = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense")
    files: dict[str, Any] = {
        "modules.json": [
            {"path": path, "type": f"sentence_transformers.models.{kind}"} for kind, path in kinds
        ],
        "sentence_bert_config.json": {"max_seq_length": 30, "do_lower_case": True},
        "config_sentence_transformers.json": about,
        "1_Pooling/config.json": pooling,
        "2_Dense/config.json": {"activation_function": "torch.nn.modules.activation.Tanh"},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
