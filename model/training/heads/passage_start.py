"""The passage encoder's weights: a sentence encoder in the layout of `transformers`' BertModel, as
it is published.

    python -m docqa.model.training.heads.passage_start --start FOLDER --out FOLDER

config.json, model.safetensors and tokenizer.json of `--start` are read; its pooler is not. `--out`
has the reader's tokenizer, whose pieces it keeps.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from docqa.model.errors import ConfigUnsupported
from docqa.model.heads.reader_text import LONGEST_PASSAGE, PASSAGE_ENCODER_FILE, READER_TOKENIZER
from docqa.model.native.encoder import EncoderShape
from docqa.model.training.loop import stage_parser
from docqa.model.training.reader.encoder import Encoder
from docqa.model.training.reader.encoder_start import plain_names
from docqa.model.training.reader.reader_files import stored_form, write_whole

POSITIONS = LONGEST_PASSAGE + 2
NAMES = (
    (r"embeddings\.word_embeddings\.", "words."),
    (r"embeddings\.position_embeddings\.", "places."),
    (r"embeddings\.LayerNorm\.", "norm."),
    (r"encoder\.layer\.", "layers."),
    (r"attention\.self\.", ""),
    (r"attention\.output\.dense\.", "attended."),
    (r"attention\.output\.LayerNorm\.", "attended_norm."),
    (r"intermediate\.dense\.", "inner."),
    (r"output\.dense\.", "outer."),
    (r"output\.LayerNorm\.", "outer_norm."),
)
KIND = "embeddings.token_type_embeddings.weight"
MARKS = {"<s>": "[CLS]", "</s>": "[SEP]", "<pad>": "[PAD]", "<unk>": "[UNK]", "<mask>": "[MASK]"}


def passage_shape(config: dict[str, Any]) -> EncoderShape:
    """The shape of a BERT config. Raises ConfigUnsupported for another architecture."""
    for key, value in {"model_type": "bert", "hidden_act": "gelu"}.items():
        if config.get(key, value) != value:
            raise ConfigUnsupported(
                f"the passage encoder has BERT's architecture; here {key} is {config[key]!r}"
            )
    return EncoderShape(
        config["vocab_size"],
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        POSITIONS,
        0,
        config["layer_norm_eps"],
    )


def same_pieces(wanted: Path, known: Path) -> list[int]:
    """For every piece of the tokenizer.json `wanted`, its id in the tokenizer.json `known`.

    Raises KeyError for a piece that is not there.
    """
    ours, theirs = (
        json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"] for path in (wanted, known)
    )
    return [
        theirs[piece if piece in theirs else MARKS[piece]]
        for piece in sorted(ours, key=lambda piece: ours[piece])
    ]


def start_passage_encoder(folder: Path, out: Path) -> Encoder:
    """The encoder of `folder` with the word pieces of the reader in `out`, in float32."""
    from safetensors.torch import load_file

    shape = passage_shape(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    kept = same_pieces(out / READER_TOKENIZER, folder / "tokenizer.json")
    stored: dict[str, Tensor] = load_file(folder / "model.safetensors")
    kind = stored.pop(next(name for name in stored if name.endswith(KIND)))[
        0
    ]  # the same for every token
    weights = plain_names(stored, NAMES)
    weights["words.weight"] = weights["words.weight"][kept]
    weights["places.weight"] = weights["places.weight"][:POSITIONS] + kind
    encoder = Encoder(replace(shape, vocabulary=len(kept)))
    encoder.load_state_dict(weights)
    return encoder


def save_passage_encoder(encoder: Encoder, folder: Path) -> None:
    """Write a passage encoder as it ships, with its matrices packed."""
    named = {f"encoder.{name}": part for name, part in encoder.named_parameters()}
    write_whole(stored_form(named), folder / PASSAGE_ENCODER_FILE, encoder.shape)


def main(arguments: list[str] | None = None) -> None:
    options = stage_parser(
        "Make the passage encoder of a published one.", "start", "out"
    ).parse_args(arguments)
    save_passage_encoder(start_passage_encoder(options.start, options.out), options.out)


if __name__ == "__main__":
    main()
