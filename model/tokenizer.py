"""Text to token ids and back, with the characters that each token covers.

`tokenizer.json` is the truth. Of a byte-level BPE a tiktoken Encoding is built, which is an order
of magnitude faster on a book; for others the `tokenizers` library does the work.
"""

import json
import re
import unicodedata
from collections.abc import Collection
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from .errors import TokenizerUnsupported
from .gguf.file import is_gguf, open_gguf
from .gguf.tokenizer import vocabulary_spec

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Rust

# What `ByteLevel` splits on by itself, and the same after `Digits(individual_digits=True)`: there
# a digit is always a piece of its own, so white space in front of one keeps its last character, as
# at the end of the text.
_GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_GPT2_DIGITS = (
    r"\p{N}|'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N}|\z)|\s+(?!\S)|\s+"
)
NormalForm = Literal["NFC", "NFKC", "NFD", "NFKD"]
_SURROGATE = re.compile("[\ud800-\udfff]")


def byte_alphabet() -> dict[str, int]:
    """The byte of each printable character that byte-level BPE writes for one."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in set(printable)]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


class CheckpointTokenizer:
    """Encodes text as plain text: a special token's name inside a document is words, never a
    control token.
    """

    def __init__(self, spec: dict[str, Any], eos_ids: tuple[int, ...] = ()) -> None:
        """Build from the content of a tokenizer.json. Raises TokenizerUnsupported: its parts cannot
        be understood.
        """
        try:
            vocabulary: dict[str, int] = spec["model"]["vocab"]
            self._added = {
                token["content"]: token["id"] for token in spec.get("added_tokens") or []
            }
            self.vocab_size = 1 + max([*vocabulary.values(), *self._added.values()])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise TokenizerUnsupported(
                f"tokenizer.json has no usable vocabulary ({error}); get it again"
            ) from error
        self.eos_ids = (
            eos_ids
            or tuple(self._added[n] for n in ("<|im_end|>", "<|endoftext|>") if n in self._added)[
                :1
            ]
        )
        self._spec = spec
        self._pattern = _split_pattern_of(spec)
        self._normal_form_of = _normal_form_of(spec)
        self._as_bytes: dict[str, bytes] = {}
        if self._pattern is not None:
            self._build_encoding(vocabulary)
        if self._pattern is None:
            _ = self._slow_tokenizer  # which raises here where it is not understood

    @classmethod
    def load(cls, folder: Path) -> "CheckpointTokenizer":
        """Reads a folder's `tokenizer.json`, and beside it which token ends a text. Raises
        TokenizerUnsupported.
        """
        return cls(tokenizer_spec(folder), _load_eos_ids(folder))

    def token_id(self, name: str) -> int | None:
        """Id of an added token such as `<|im_start|>`, or None."""
        return self._added.get(name)

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`; bytes that have no token are dropped."""
        text = _SURROGATE.sub("\ufffd", text)
        raw = text.encode()
        if self._pattern is None or len(raw.translate(None, self._missing)) < len(raw):
            return list(self._slow_tokenizer.encode(text, add_special_tokens=False).ids)
        if self._normal_form_of:
            text = unicodedata.normalize(self._normal_form_of, text)
        ranks = self._encoding.encode_ordinary(text)
        return list(map(self._rank_to_id.__getitem__, ranks))

    def encode_template(self, text: str) -> list[int]:
        """Token ids of a text in which names of added tokens mean these: templates, never
        documents.
        """
        if not self._added:
            return self.encode(text)
        names = sorted(
            self._added, key=len, reverse=True
        )  # the longest first, where one begins with another
        ids: list[int] = []
        for piece in re.split(f"({'|'.join(map(re.escape, names))})", text):
            ids += [self._added[piece]] if piece in self._added else self.encode(piece)
        return ids

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids, and for each the half-open range of characters that it touches; a character
        whose bytes are spread over several tokens is in the range of each."""
        text = _SURROGATE.sub("\ufffd", text)
        if self._pattern is None or (
            self._normal_form_of and not unicodedata.is_normalized(self._normal_form_of, text)
        ):
            found = self._slow_tokenizer.encode(text, add_special_tokens=False)
            return list(found.ids), list(found.offsets)
        ids = self.encode(text)
        edges = list(
            accumulate((len(self._bytes_of_all_tokens[token]) for token in ids), initial=0)
        )
        if edges[-1] == len(text) and text.isascii():
            return ids, list(pairwise(edges))
        return ids, _character_ranges(text, edges, self._missing)

    def decode(self, ids: list[int]) -> str:
        """Text of `ids`; added tokens stand as their names, incomplete characters as U+FFFD."""
        if self._pattern is None:
            return str(self._slow_tokenizer.decode(list(ids), skip_special_tokens=False))
        return b"".join(self._bytes_of_all_tokens[i] for i in ids).decode("utf-8", "replace")

    def token_bytes(self, token: int) -> bytes:
        """The bytes that one token stands for; a streaming decoder needs them."""
        return (
            self._bytes_of_all_tokens[token]
            if self._bytes_of_all_tokens
            else str(self._slow_tokenizer.decode([token])).encode()
        )

    def _build_encoding(self, vocabulary: dict[str, int]) -> None:
        """Makes the tiktoken Encoding: a rank for each byte and each merge, in order."""
        import tiktoken

        as_bytes = _vocabulary_bytes(vocabulary, byte_alphabet())
        tokens, self._rank_to_id, missing = _rank_tokens(
            vocabulary, self._spec["model"]["merges"], as_bytes
        )
        if self._spec["model"].get("ignore_merges") and not set(tokens).issuperset(
            as_bytes.values()
        ):
            self._pattern = (
                None  # a piece may be a token that no merge makes, which tiktoken cannot have
            )
            return
        # tiktoken panics on a byte without a rank, so every byte has one; texts with bytes that
        # have no token take the slow way, since dropping them can make their neighbours merge.
        ranks = dict(zip([*tokens, *missing], range(len(tokens) + len(missing)), strict=True))
        self._encoding = tiktoken.Encoding(
            "docqa", pat_str=self._pattern or "", mergeable_ranks=ranks, special_tokens={}
        )
        self._missing = b"".join(missing)
        self._as_bytes = as_bytes

    @cached_property
    def _bytes_of_all_tokens(self) -> list[bytes]:
        """Of every id, when first asked for; none where tiktoken cannot have the tokens."""
        if not self._as_bytes:
            return []
        found = [b""] * self.vocab_size
        for text, token_id in self._spec["model"]["vocab"].items():
            found[token_id] = self._as_bytes[text] if text in self._as_bytes else text.encode()
        for text, token_id in self._added.items():
            found[token_id] = text.encode()
        return found

    @cached_property
    def _slow_tokenizer(self) -> "Rust":
        """`tokenizers` on the same file, for what tiktoken cannot do; special tokens stay plain
        text.
        """
        from tokenizers import Tokenizer as Rust

        plain = dict(self._spec, added_tokens=[], post_processor=None)
        try:
            return Rust.from_str(json.dumps(plain))
        except Exception as error:  # noqa: BLE001 - the Rust binding raises bare Exception, nothing narrower
            raise TokenizerUnsupported(f"tokenizer.json is not understood: {error}") from error


def _character_ranges(text: str, edges: list[int], missing: bytes) -> list[tuple[int, int]]:
    """Ranges of characters between byte positions `edges`, without the bytes that have no token."""
    import numpy

    raw = numpy.frombuffer(text.encode("utf-8"), dtype=numpy.uint8)
    index = numpy.cumsum((raw & 0xC0) != 0x80) - 1  # character that each byte belongs to
    if missing:
        index = index[~numpy.isin(raw, list(missing))]
    at = numpy.asarray(edges)
    if len(at) == 1:
        return []
    first = index[at[:-1]]
    last = index[at[1:] - 1] + 1
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _vocabulary_bytes(vocabulary: Collection[str], alphabet: dict[str, int]) -> dict[str, bytes]:
    """The bytes of every token written in `alphabet`; not of others, such as added tokens."""
    # By one translation of all tokens to Latin-1: one for each took a third of the time of loading.
    table = dict.fromkeys(range(256), "\uffff") | {
        ord(c): chr(byte) for c, byte in alphabet.items()
    }
    try:
        joined = "".join(vocabulary).translate(table).encode("latin-1")
    except UnicodeEncodeError:
        return _vocabulary_bytes(
            [text for text in vocabulary if alphabet.keys() >= set(text)], alphabet
        )
    edges = pairwise(accumulate(map(len, vocabulary), initial=0))
    return {text: joined[start:end] for text, (start, end) in zip(vocabulary, edges, strict=True)}


def _rank_tokens(
    vocabulary: dict[str, int], merges: list[str] | list[list[str]], as_bytes: dict[str, bytes]
) -> tuple[list[bytes], list[int], list[bytes]]:
    """Tokens as bytes and their ids, single bytes first, then by merges; and the bytes without a
    token.
    """
    alphabet = byte_alphabet()
    missing = [bytes([byte]) for character, byte in alphabet.items() if character not in vocabulary]
    single = sorted(
        (vocabulary[character], as_bytes[character])
        for character in alphabet
        if character in vocabulary
    )
    tokens = [token for _, token in single]
    ids = [number for number, _ in single]
    made = [
        merge.replace(" ", "") if isinstance(merge, str) else "".join(merge) for merge in merges
    ]
    first = len(vocabulary) - len(made)
    if (
        len(as_bytes) == len(vocabulary)
        and alphabet.keys().isdisjoint(made)
        and [*vocabulary][first:] == made
    ):
        # As nearly always: the vocabulary ends with what the merges make, in their order; nothing
        # is looked up.
        return tokens + [*as_bytes.values()][first:], ids + [*vocabulary.values()][first:], missing
    seen = set(tokens)
    for text in made:
        if as_bytes[text] not in seen:
            seen.add(as_bytes[text])
            tokens.append(as_bytes[text])
            ids.append(vocabulary[text])
    return tokens, ids, missing


def _normal_form_of(spec: dict[str, Any]) -> NormalForm | None:
    normalizer = spec.get("normalizer")
    kind = normalizer.get("type") if normalizer else None
    return cast(NormalForm, kind) if kind in ("NFC", "NFKC", "NFD", "NFKD") else None


def _split_pattern_of(spec: dict[str, Any]) -> str | None:
    """What splits text before BPE; None for no byte-level BPE known here."""
    model = spec["model"]
    normalizer = spec.get("normalizer")
    if (
        model.get("type", "BPE") != "BPE"
        or model.get("byte_fallback")
        or model.get("continuing_subword_prefix")
    ):
        return None
    if normalizer and _normal_form_of(spec) is None:
        return None
    before = spec.get("pre_tokenizer") or {}
    parts = before.get("pretokenizers", [before])
    kinds = [part.get("type") for part in parts]
    if not parts or kinds[-1] != "ByteLevel" or parts[-1].get("add_prefix_space"):
        return None
    own_split = parts[-1].get("use_regex", True)
    if kinds == ["ByteLevel"] and own_split:
        return _GPT2
    if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits") and own_split:
        return _GPT2_DIGITS
    if kinds == ["Split", "ByteLevel"] and parts[0].get("behavior") == "Isolated" and not own_split:
        pattern = parts[0].get("pattern", {}).get("Regex")
        return pattern if isinstance(pattern, str) and not parts[0].get("invert") else None
    return None


def tokenizer_spec(folder: Path) -> dict[str, Any]:
    """A folder's tokenizer.json, or the one that its GGUF file describes. Raises
    TokenizerUnsupported.
    """
    path = folder / "tokenizer.json"
    if _is_inside_gguf(folder):
        file = open_gguf(folder)
        return vocabulary_spec(file.metadata, file.path)
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise TokenizerUnsupported(
            f"{path} is missing; a model folder needs its tokenizer.json"
        ) from error
    except (ValueError, TypeError, OSError) as error:
        raise TokenizerUnsupported(
            f"{path} cannot be read ({error}); get the file again"
        ) from error


def _is_inside_gguf(folder: Path) -> bool:
    return not (folder / "tokenizer.json").is_file() and is_gguf(folder)


def _load_eos_ids(folder: Path) -> tuple[int, ...]:
    """Of a GGUF file, or of generation_config.json or config.json, the first that names any."""
    if _is_inside_gguf(folder):
        return tuple(open_gguf(folder).eos_ids())
    for name in ("generation_config.json", "config.json"):
        try:
            raw = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found = raw.get("eos_token_id", (raw.get("text_config") or {}).get("eos_token_id"))
        if found is not None:
            return tuple(found) if isinstance(found, list) else (int(found),)
    return ()
