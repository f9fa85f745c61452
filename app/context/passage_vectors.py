"""A vector of every passage of a Context, made by the passage encoder during the prefill and cached
with the state."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docqa.app.storage.arrays import load_summed, save_summed
from docqa.app.storage.store import sha256_of
from docqa.model.protocol import Model, VectorEncoder

from .context import Context

KEY_BYTES = 16


class PassageVectors:
    """Vectors of the passages of `context` encoded so far, by their words and headings; none
    without an encoder. Mutable."""

    def __init__(self, model: Model, context: Context) -> None:
        self._model = model
        self._context = context
        self._keys = context.passage_keys  # cached with the context: no page is needed for them
        self._known: dict[bytes, np.ndarray] = {}
        self.unsaved = False

    def __bool__(self) -> bool:
        return self._model.passage_encoder is not None

    @property
    def is_complete(self) -> bool:
        return not self or all(key in self._known for key in self._passage_keys())

    def encode_until(self, position: int) -> None:
        """Encode the unknown passages that end before token `position`."""
        encoder = self._model.passage_encoder
        if not encoder:
            return
        left = {
            key: number
            for number, key in enumerate(self._passage_keys())
            if key not in self._known and self._context.passages[number].token_end <= position
        }
        if left:
            words = [text_for_encoder(self._context, number) for number in left.values()]
            self._known.update(zip(left, encoder.vectors(words).astype(np.float16), strict=True))
            self.unsaved = True

    def similarities(self, question_vector: np.ndarray) -> np.ndarray:
        """How like the question with this vector every passage is, -1 to 1, [passages], after all
        are encoded.
        """
        if not self._context.passages:
            return np.zeros(0)
        rows = np.stack([self._known[key] for key in self._passage_keys()]).astype(np.float32)
        return np.asarray(rows @ question_vector, dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write the vectors into `folder`, whole or not at all. Raises OSError."""
        encoder = self._model.passage_encoder
        if not encoder or not self._known:
            return
        keys = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(len(self._known), -1)
        save_summed(
            folder / _vectors_file_name(encoder),
            {"keys": keys, "vectors": np.stack([*self._known.values()])},
        )
        self.unsaved = False

    def load(self, folder: Path) -> None:
        """Load the vectors of this encoder from `folder`. Raises StoreDamagedError."""
        encoder = self._model.passage_encoder
        if not encoder or not (path := folder / _vectors_file_name(encoder)).exists():
            return
        arrays, _ = load_summed(path)
        self._known = {
            key.tobytes(): row for key, row in zip(arrays["keys"], arrays["vectors"], strict=True)
        }

    def _passage_keys(self) -> list[bytes]:
        if self._keys is None:
            numbers = range(len(self._context.passages))
            self._keys = [
                passage_vector_key(text_for_encoder(self._context, number)) for number in numbers
            ]
        return self._keys


def _vectors_file_name(encoder: VectorEncoder) -> str:
    return f"passages-{sha256_of(encoder.identity.encode())[:12]}.safetensors"


def passage_vector_key(text: str) -> bytes:
    """The key of a passage's vector: a hash of all that the encoder reads of it."""
    return hashlib.sha256(text.encode()).digest()[:KEY_BYTES]


def text_for_encoder(context: Context, number: int) -> str:
    """What the encoder reads of a passage: the headings above it and its words."""
    placed = context.passages[number]
    return text_below_headings(placed.passage.section, context.text_of(placed))


def text_below_headings(section: Sequence[str], text: str) -> str:
    above = " > ".join(section)
    return f"{above}. {text}" if above else text


def similarities_to_question(encoder: VectorEncoder, question: str, texts: list[str]) -> np.ndarray:
    """How like the question some texts are, float64 [texts], -1 to 1."""
    return np.asarray(
        encoder.vectors(texts) @ encoder.vectors([question], asked=True)[0], dtype=np.float64
    )
