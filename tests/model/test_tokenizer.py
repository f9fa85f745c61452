"""The tokenizer: ids equal to those of `tokenizers`, offsets in characters."""

import json

import pytest
import tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Rust

from docqa.model.errors import TokenizerUnsupported
from docqa.model.folder import BUNDLED
from docqa.model.tokenizer import CheckpointTokenizer

TINY = CheckpointTokenizer(tiny.tokenizer_spec())
SPACES = " \t\n\r\x0b\x0c\x85\xa0\u1680\u2000\u2003\u2028\u2029\u202f\u205f\u3000"


def planes():
    """Characters of every Unicode plane, among spaces and digits."""
    for plane in range(17):
        for offset in (0x21, 0x3A9, 0x4E2D, 0xAC00, 0xF8FF, 0xFFFD):
            yield f"a {chr(plane * 65536 + offset)} {chr(plane * 65536 + offset + 1)}1"


TEXTS = [
    *(bytes([b]).decode("latin-1") for b in range(256)),
    *(f"x{chr(b)}{chr(b)}y" for b in range(32)),
    *(
        space * n + d
        for space in SPACES
        for n in (1, 2, 3)
        for d in ("1", "12", "a", "\u0663", "\xb2", "\u2167", "")
    ),
    *planes(),
    "The 12th clause (3.4.1)\n\n  4 don't we'll Café naïve   end  ",
]


def both(spec):
    return CheckpointTokenizer(spec), Rust.from_str(json.dumps({**spec, "added_tokens": []}))


def specs():
    yield pytest.param(tiny.tokenizer_spec(), id="tiny")
    holey = tiny.tokenizer_spec()  # some bytes without a token, as in the bundled vocabulary
    for byte, character in ((0x04, "Ą"), (0xF1, "ñ"), (0xF2, "ò")):
        assert holey["model"]["vocab"].pop(character) == byte
    yield pytest.param(holey, id="bytes without tokens")
    gpt2 = tiny.tokenizer_spec()
    gpt2["pre_tokenizer"] = gpt2["pre_tokenizer"]["pretokenizers"][1]
    yield pytest.param(gpt2, id="digits together")
    split = tiny.tokenizer_spec()
    regex = {
        "type": "Split",
        "pattern": {"Regex": r"\p{N}{1,3}|\s?\p{L}+|\s+|[^\s\p{L}\p{N}]+"},
        "behavior": "Isolated",
    }
    level = {**split["pre_tokenizer"]["pretokenizers"][1], "use_regex": False}
    split["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [{**regex, "invert": False}, level],
    }
    split["normalizer"] = {"type": "NFC"}
    yield pytest.param(split, id="own pattern, NFC")
    if (BUNDLED / "tokenizer.json").is_file():
        yield pytest.param(
            json.loads((BUNDLED / "tokenizer.json").read_text(encoding="utf-8")), id="bundled"
        )


@pytest.mark.parametrize("spec", list(specs()))
def test_ids_equal_those_of_the_tokenizers_library_for_odd_characters(spec):
    ours, right = both(spec)
    for text in TEXTS:
        expected = right.encode(text, add_special_tokens=False).ids
        assert ours.encode(text) == expected, repr(text)
        assert ours.encode_with_offsets(text)[0] == expected, repr(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("the a12\n é\u0301中😀\xa0.'")))
def test_every_token_lies_where_its_offsets_say(text):
    ids, offsets = TINY.encode_with_offsets(text)
    assert TINY.decode(ids) == text
    end = 0
    for token, (start, stop) in zip(ids, offsets, strict=True):
        assert start < stop and start <= end <= stop
        assert TINY.token_bytes(token) in text[start:stop].encode()
        end = stop
    assert end == len(text)


def test_a_character_over_several_tokens_belongs_to_each_of_them():
    ids, offsets = TINY.encode_with_offsets("a😀é b")
    assert len(ids) == 8 and offsets == [
        (0, 1),
        (1, 2),
        (1, 2),
        (1, 2),
        (1, 2),
        (2, 3),
        (3, 4),
        (4, 5),
    ]


def test_bytes_without_a_token_shift_no_offsets():
    spec = tiny.tokenizer_spec()
    del spec["model"]["vocab"]["ñ"]  # byte f1
    ids, offsets = CheckpointTokenizer(spec).encode_with_offsets("é\U00043b30b")
    assert offsets == [(0, 1), (1, 2), (1, 2), (1, 2), (2, 3)] and len(ids) == 5


def test_the_name_of_a_special_token_in_a_text_is_only_text():
    assert TINY.token_id("<|end|>") == 299 and 299 not in TINY.encode("say <|end|> now")
    assert TINY.decode([299]) == "<|end|>"


def test_half_a_surrogate_pair_is_replaced_and_not_a_crash():
    assert TINY.decode(TINY.encode("a\ud800b")) == "a\ufffdb"


def test_another_kind_of_tokenizer_is_done_by_the_library():
    spec = tiny.tokenizer_spec()
    spec["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}
    assert CheckpointTokenizer(spec).encode("theb") == [
        spec["model"]["vocab"][t] for t in ("the", "b")
    ]


@pytest.mark.parametrize("content", [None, "not json", "{}"])
def test_a_missing_or_strange_file_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(TokenizerUnsupported, match="tokenizer.json"):
        CheckpointTokenizer.load(tmp_path)


def test_the_end_of_text_comes_from_the_files_beside_it(checkpoint):
    assert CheckpointTokenizer.load(checkpoint).eos_ids[0] == 299


@pytest.mark.weights
def test_only_texts_with_bytes_that_have_no_token_are_encoded_slowly():
    tokenizer = CheckpointTokenizer.load(BUNDLED)
    tokenizer.encode("# A title\n\nClause 4.2(b) of the “Agreement” — naïve, 東京, 😀.\n")
    assert "_slow_tokenizer" not in vars(tokenizer)
    tokenizer.encode("a byte that has no token: \x04")
    assert "_slow_tokenizer" in vars(tokenizer)
