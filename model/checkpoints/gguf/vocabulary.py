"""The vocabulary of a tokenizer.json as a GGUF file holds it: tokens and their kinds, merges, the pre-tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.model.checkpoints.gguf.file import is_gguf, opened_gguf
from docqa.model.config import read_config
from docqa.model.errors import TokenizerUnsupported
from docqa.model.tokenizer import Tokenizer

if TYPE_CHECKING:
    from gguf import GGUFWriter

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5  # gguf.TokenType
# llama.cpp knows pre-tokenizers by name. The last two are the patterns of the family's own releases.
_APOSTROPHES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
PRE_BY_PATTERN = {
    rf"{_APOSTROPHES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_SPACES}": "qwen2",
    rf"{_APOSTROPHES}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_SPACES}": (
        "qwen35"
    ),
}


@dataclass(frozen=True)
class Vocabulary:
    """`tokens` and `kinds` by id, up to the rows of the embedding; `pre` names the pre-tokenizer in llama.cpp."""

    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    pre: str
    special: dict[str, int]  # "bos", "eos", "pad" to ids, those that the checkpoint names
    chat_template: str | None = None

    @classmethod
    def load(cls, folder: Path, rows: int) -> Vocabulary:
        """From a checkpoint folder; `rows` of the embedding, which may be more than there are tokens.

        Raises:
            TokenizerUnsupported: no byte-level BPE, or a pre-tokenizer that llama.cpp has no name for.
        """
        eos = Tokenizer.load(folder).eos_ids
        spec = tokenizer_spec(folder)
        if spec["model"].get("type") != "BPE":
            raise TokenizerUnsupported(f"{folder / 'tokenizer.json'} is no BPE; export the model with --format hf")
        tokens, kinds = [f"[PAD{number}]" for number in range(rows)], [UNUSED] * rows
        for token, number in spec["model"]["vocab"].items():
            tokens[number], kinds[number] = token, NORMAL
        for entry in spec.get("added_tokens") or []:
            tokens[entry["id"]] = entry["content"]
            kinds[entry["id"]] = CONTROL if entry.get("special") else USER_DEFINED
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in spec["model"]["merges"]]
        special = _special(folder) | ({"eos": eos[0]} if eos else {})
        return cls(tokens, kinds, merges, _pre(spec, folder), special, _chat_template(folder))

    def add_to(self, writer: GGUFWriter) -> None:
        """Write everything into the metadata of a file."""
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.kinds)
        writer.add_token_merges(self.merges)
        writer.add_add_bos_token(False)
        writer.add_add_space_prefix(False)
        for name, number in self.special.items():
            getattr(writer, f"add_{name}_token_id")(number)
        if self.chat_template is not None:
            writer.add_chat_template(self.chat_template)


def _pre(spec: dict[str, Any], folder: Path) -> str:
    """llama.cpp's name of the pre-tokenizer: digits split one by one, GPT-2's, or one of the family's patterns."""
    outer = spec.get("pre_tokenizer") or {}
    parts = outer.get("pretokenizers", [outer])
    kinds = [part.get("type") for part in parts]
    if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits"):
        return "smollm"
    if kinds == ["ByteLevel"] and parts[0].get("use_regex", True):
        return "gpt-2"
    if kinds == ["Split", "ByteLevel"]:
        name = PRE_BY_PATTERN.get(parts[0].get("pattern", {}).get("Regex", ""))
        if name is not None:
            return name
    raise TokenizerUnsupported(
        f"{folder / 'tokenizer.json'} splits text in a way that llama.cpp has no name for ({kinds}); "
        "export the model with --format hf"
    )


def tokenizer_spec(folder: Path) -> dict[str, Any]:
    """The content of a model folder's tokenizer.json, or of the one that its GGUF file stands for.

    Raises:
        TokenizerUnsupported: as `vocabulary_spec`.
    """
    path = folder / "tokenizer.json"
    if not path.is_file() and is_gguf(folder):
        file = opened_gguf(folder)
        return vocabulary_spec(file.metadata, file.path)
    return dict(json.loads(path.read_text(encoding="utf-8")))


_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}


def vocabulary_spec(metadata: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """The content of the tokenizer.json that the metadata of a GGUF file stand for.

    Raises:
        TokenizerUnsupported: no byte-level BPE, or a pre-tokenizer that is not known.
    """
    kind, pre = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre")
    patterns = {name: pattern for pattern, name in PRE_BY_PATTERN.items()}
    plain = {**_BYTES, "use_regex": True}
    if kind != "gpt2" or pre not in (*patterns, "smollm", "gpt-2"):
        raise TokenizerUnsupported(f"{where}: tokenizer '{kind}' with pre-tokenizer '{pre}' is not supported")
    normalizer = None
    if pre == "smollm":
        before: dict[str, Any] = {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, plain],
        }
    elif pre == "gpt-2":
        before = plain
    else:
        split = {"type": "Split", "pattern": {"Regex": patterns[pre]}, "behavior": "Isolated", "invert": False}
        before = {"type": "Sequence", "pretokenizers": [split, {**_BYTES, "use_regex": False}]}
        normalizer = {"type": "NFC"}
    try:
        tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
        merges = metadata["tokenizer.ggml.merges"]
    except KeyError as error:
        raise TokenizerUnsupported(f"{where}: the metadata lack {error}; get the file again") from error
    added = [
        {"id": number, "content": token, "special": kinds[number] == CONTROL, "normalized": False,
         "single_word": False, "lstrip": False, "rstrip": False}
        for number, token in enumerate(tokens) if kinds[number] in (CONTROL, USER_DEFINED)
    ]  # fmt: skip
    return {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": before,
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {token: number for number, token in enumerate(tokens) if kinds[number] == NORMAL},
            "merges": merges,
        },
    }


def _special(folder: Path) -> dict[str, int]:
    raw = read_config(folder)
    raw = {**raw, **(raw.get("text_config") or {})}
    found = {name: raw.get(f"{name}_token_id") for name in ("bos", "pad")}
    return {name: number for name, number in found.items() if isinstance(number, int)}


def _chat_template(folder: Path) -> str | None:
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    settings = folder / "tokenizer_config.json"
    template = json.loads(settings.read_text(encoding="utf-8")).get("chat_template") if settings.is_file() else None
    return template if isinstance(template, str) else None
