"""The reader's first weights: an encoder in the layout of `transformers`' MPNetModel, a folder as
it is published.

config.json, model.safetensors and tokenizer.json are read; its pooler is not.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from docqa.model.errors import ConfigUnsupported
from docqa.model.heads.reader_text import (
    LONGEST_ASKED,
    LONGEST_EXCERPT,
    LONGEST_HEADING,
    READER_TOKENIZER,
    ReaderTokenizer,
)
from docqa.model.native.encoder import EncoderShape

from .cross_encoder import TrainableCrossEncoder

POSITIONS = 416  # the longest sequence: a question, a heading, an excerpt and marks
assert LONGEST_ASKED + LONGEST_HEADING + LONGEST_EXCERPT + 5 <= POSITIONS
FIRST_PLACE = 2  # MPNet's first token is at place 2, after its padding
TokenizerJson = dict[str, Any]  # a tokenizer.json
MPNET_NAMES = (
    (r"embeddings\.word_embeddings\.", "words."),
    (r"embeddings\.position_embeddings\.", "places."),
    (r"embeddings\.LayerNorm\.", "norm."),
    (r"encoder\.relative_attention_bias\.", "near."),
    (r"encoder\.layer\.", "layers."),
    (r"attention\.attn\.q\.", "query."),
    (r"attention\.attn\.k\.", "key."),
    (r"attention\.attn\.v\.", "value."),
    (r"attention\.attn\.o\.", "attended."),
    (r"attention\.LayerNorm\.", "attended_norm."),
    (r"intermediate\.dense\.", "inner."),
    (r"output\.dense\.", "outer."),
    (r"output\.LayerNorm\.", "outer_norm."),
)
LINEAR = re.compile(r"\.(query|key|value|attended|inner|outer)\.bias$")


def encoder_shape(config: dict[str, Any]) -> EncoderShape:
    """The shape of an MPNet config. Raises ConfigUnsupported for another architecture."""
    for key, value in {"model_type": "mpnet", "hidden_act": "gelu"}.items():
        if config.get(key, value) != value:
            raise ConfigUnsupported(
                f"the reader starts from MPNet's architecture; here {key} is {config[key]!r}"
            )
    return EncoderShape(
        config["vocab_size"],
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["max_position_embeddings"],
        config["relative_attention_num_buckets"],
        config["layer_norm_eps"],
    )


def plain_names(
    tensors: dict[str, Tensor], names: Sequence[tuple[str, str]] = MPNET_NAMES
) -> dict[str, Tensor]:
    """A published encoder's tensors under the names of `Encoder`; `names`: its patterns, and
    ours.
    """
    found = {}
    for name, part in tensors.items():
        if "pooler" in name or name.endswith("position_ids"):
            continue
        plain = name.removeprefix("mpnet.").removeprefix("bert.")
        for pattern, ours in names:
            plain = re.sub(pattern, ours, plain)
        found[LINEAR.sub(r".\1.shift", plain)] = part
    return found


def fewer_pieces(spec: TokenizerJson) -> tuple[TokenizerJson, list[int]]:
    """A tokenizer.json of word pieces without those that English does not use, and the old ids of
    those kept.

    Left out are the unused ones and those with letters of other scripts than Latin and Greek.
    """
    old: dict[str, int] = spec["model"]["vocab"]
    kept = [
        piece
        for piece in sorted(old, key=lambda piece: old[piece])
        if _in_use(piece.removeprefix("##"))
    ]
    ids = {piece: number for number, piece in enumerate(kept)}
    added = [
        {**token, "id": ids[token["content"]]}
        for token in spec["added_tokens"]
        if token["content"] in ids
    ]
    # Marks around a text are set by ReaderTokenizer, by name.
    fresh = spec | {
        "added_tokens": added,
        "post_processor": None,
        "padding": None,
        "truncation": None,
    }
    fresh["model"] = spec["model"] | {"vocab": ids}
    return fresh, [old[piece] for piece in kept]


def _in_use(piece: str) -> bool:
    latin = all(
        ord(letter) < 0x250 or 0x370 <= ord(letter) < 0x400 or 0x2000 <= ord(letter) < 0x2200
        for letter in piece
    )
    return latin and not piece.startswith("[unused")


def start_reader(folder: Path, out: Path) -> TrainableCrossEncoder:
    """A reader with the encoder of `folder` and a fresh head, in float32; its tokenizer is written
    to `out`.
    """
    from safetensors.torch import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    spec, kept = fewer_pieces(json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")))
    (out / READER_TOKENIZER).write_text(
        json.dumps(spec, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    shape = replace(encoder_shape(config), vocabulary=len(kept), positions=POSITIONS)
    weights = plain_names(load_file(folder / "model.safetensors"))
    weights["words.weight"] = weights["words.weight"][kept]
    weights["places.weight"] = weights["places.weight"][FIRST_PLACE : FIRST_PLACE + POSITIONS]
    reader = TrainableCrossEncoder(shape, ReaderTokenizer(out / READER_TOKENIZER))
    reader.encoder.load_state_dict(weights)
    return reader
