"""The vocabulary of a tokenizer.json as a GGUF file holds it: tokens and their kinds, merges, the pre-tokenizer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.model.config import flat_config, read_config
from docqa.model.errors import TokenizerUnsupported
from docqa.model.gguf.file import is_gguf, opened_gguf
from docqa.model.gguf.tokenizer import CONTROL, NORMAL, PRE_BY_PATTERN, UNUSED, USER_DEFINED
from docqa.model.tokenizer import Tokenizer, tokenizer_spec

if TYPE_CHECKING:
    from gguf import GGUFWriter


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
            raise TokenizerUnsupported(f"{folder / 'tokenizer.json'} is not BPE; export the model with --format hf")
        tokens, kinds = [f"[PAD{number}]" for number in range(rows)], [UNUSED] * rows
        for token, number in spec["model"]["vocab"].items():
            tokens[number], kinds[number] = token, NORMAL
        for entry in spec.get("added_tokens") or []:
            tokens[entry["id"]] = entry["content"]
            kinds[entry["id"]] = CONTROL if entry.get("special") else USER_DEFINED
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in spec["model"]["merges"]]
        special = _special(folder) | ({"eos": eos[0]} if eos else {})
        return cls(tokens, kinds, merges, _pre(spec, folder), special, chat_template(folder))

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


def _special(folder: Path) -> dict[str, int]:
    raw = flat_config(read_config(folder))
    found = {name: raw.get(f"{name}_token_id") for name in ("bos", "pad")}
    return {name: number for name, number in found.items() if isinstance(number, int)}


def chat_template(folder: Path) -> str | None:
    """The Jinja of a model folder's or GGUF file's chat template, None where it has none."""
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    if is_gguf(folder):
        return opened_gguf(folder).chat_template()
    settings = folder / "tokenizer_config.json"
    template = json.loads(settings.read_text(encoding="utf-8")).get("chat_template") if settings.is_file() else None
    return template if isinstance(template, str) else None
