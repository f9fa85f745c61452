"""The tokenizer of a GGUF file, as a tokenizer.json would have it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docqa.model.errors import TokenizerUnsupported

# gguf.TokenType
NORMAL = 1
CONTROL = 3
USER_DEFINED = 4
UNUSED = 5
# llama.cpp knows pre-tokenizers by name. The patterns are those of the releases.
LLAMA_BPE = "llama-bpe"
_APOSTROPHES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
PRE_BY_PATTERN = {
    rf"{_APOSTROPHES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_SPACES}": "qwen2",
    rf"{_APOSTROPHES}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_SPACES}": (
        "qwen35"
    ),
    rf"{_APOSTROPHES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_SPACES}": LLAMA_BPE,
}
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}


def vocabulary_spec(metadata: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """The tokenizer.json that the metadata of a GGUF file stand for. Raises TokenizerUnsupported:
    no byte-level BPE, or an unknown pre-tokenizer."""
    kind = metadata.get("tokenizer.ggml.model")
    pre = metadata.get("tokenizer.ggml.pre")
    patterns = {name: pattern for pattern, name in PRE_BY_PATTERN.items()}
    plain = {**_BYTES, "use_regex": True}
    if kind != "gpt2" or pre not in (*patterns, "smollm", "gpt-2"):
        known = ", ".join((*patterns, "smollm", "gpt-2"))
        raise TokenizerUnsupported(
            f"{where}: tokenizer '{kind}' with pre-tokenizer '{pre}' is not supported; docqa knows 'gpt2' with {known}"
        )
    normalizer = None
    if pre == "smollm":
        before: dict[str, Any] = {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, plain],
        }
    elif pre == "gpt-2":
        before = plain
    else:
        split = {
            "type": "Split",
            "pattern": {"Regex": patterns[pre]},
            "behavior": "Isolated",
            "invert": False,
        }
        before = {"type": "Sequence", "pretokenizers": [split, {**_BYTES, "use_regex": False}]}
        normalizer = None if pre == LLAMA_BPE else {"type": "NFC"}
    try:
        tokens = metadata["tokenizer.ggml.tokens"]
        kinds = metadata["tokenizer.ggml.token_type"]
        merges = metadata["tokenizer.ggml.merges"]
    except KeyError as error:
        raise TokenizerUnsupported(
            f"{where}: the metadata lack {error}; get the file again"
        ) from error
    added = [
        {
            "id": number,
            "content": token,
            "special": kinds[number] == CONTROL,
            "normalized": False,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
        }
        for number, token in enumerate(tokens)
        if kinds[number] in (CONTROL, USER_DEFINED)
    ]
    return {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": before,
        "post_processor": None,
        "decoder": plain,
        "model": {
            "type": "BPE",
            "vocab": {
                token: number for number, token in enumerate(tokens) if kinds[number] == NORMAL
            },
            "merges": merges,
            "ignore_merges": pre == LLAMA_BPE,  # a whole piece that is a token is that token
        },
    }
