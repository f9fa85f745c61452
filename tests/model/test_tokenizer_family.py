"""Tokenizers of the family: a tokenizer.json as Qwen writes it gives the ids that `tokenizers`
makes of it.
"""

import json
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Regex,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from tokenizers import Tokenizer as Rust

from docqa.model.tokenizer import CheckpointTokenizer

CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# as in transformers' Qwen2Tokenizer and Qwen3_5Tokenizer, whose vocabulary files are read with them
REGEX = {
    "qwen3_next": rf"{CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+{REST}",
    "qwen3_5": rf"{CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+{REST}",
}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_pad|>"]
ADDED = ["<tool_call>", "<think>", "</think>"]  # not special, and yet one token each
CORPUS = [
    "The tenant shall pay 1,200 dollars; it's theirs, they'LL say, and I'd've known.\n\n  (a) On the 3rd of May,\r\n",
    "Über naïve façades: क्षत्रिय हिन्दी में, 東京都の条例第12条、한국어 조항\u0301.\n\tif x != y:\n\t\tpass\n",
    "§ 4.2(b)—“notice” … 5 € ½ ²³ 😀👩\u200d👩\u200d👧 ﬁnal ſet 'ſ 'S a\u0308 ä \u1680\u3000\u2003 end   ",
]
HARD = [
    "say <|im_end|> and <think>",
    "\u0301\u0301a",
    "\r\n \n\t\n",
    "don'T",
    "a\u0323\u0307",
    "\ufb01 \u212b",
]


@cache
def spec_of(family: str) -> dict:
    """A small byte-level BPE, trained here, in the form of the family's files."""
    made = Rust(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(REGEX[family]), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        CORPUS * 3,
        trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False),
    )
    made.add_special_tokens(SPECIAL)
    made.add_tokens([AddedToken(name, special=False, normalized=False) for name in ADDED])
    return json.loads(made.to_str())


@cache
def both(family: str):
    spec = spec_of(family)
    return (
        CheckpointTokenizer(spec),
        Rust.from_str(json.dumps({**spec, "added_tokens": []})),
        Rust.from_str(json.dumps(spec)),
    )


def agree(family: str, text: str) -> None:
    ours, plain, marked = both(family)
    expected = plain.encode(text, add_special_tokens=False)
    assert ours.encode(text) == expected.ids, repr(text)
    assert ours.encode_with_offsets(text)[0] == expected.ids, repr(text)
    assert ours.encode_template(text) == marked.encode(text, add_special_tokens=False).ids, repr(
        text
    )


@pytest.mark.parametrize("family", REGEX)
def test_ids_are_those_of_the_file_and_take_the_fast_way(family):
    for text in [*CORPUS, *HARD]:
        agree(family, text)
    assert len(spec_of(family)["model"]["merges"]) > 150
    fresh = CheckpointTokenizer(spec_of(family))
    fresh.encode(CORPUS[0] + CORPUS[1])
    assert "_slow_tokenizer" not in vars(fresh)


@pytest.mark.parametrize("family", REGEX)
@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cn"]))
    | st.text(st.sampled_from("aTs'\u0301\u0327 \n\r\t1½中ि."))
)
@example("'\u017f")
@example("x'\u212a")
def test_any_text_has_the_ids_of_the_file(family, text):
    agree(family, text)


def test_control_tokens_are_words_in_documents_and_tokens_in_templates():
    ours = both("qwen3_5")[0]
    text = "<|im_start|>user\nSay </think> now<|im_end|>\n"
    ids = [ours.token_id(name) for name in ("<|im_start|>", "</think>", "<|im_end|>")]
    assert None not in ids and not set(ids) & set(ours.encode(text))
    assert [token for token in ours.encode_template(text) if token in ids] == ids
    assert ours.decode(ours.encode_template(text)) == ours.decode(ours.encode(text)) == text
