"""Vectors of passages: read once, kept with the state, and made again where they are not those of
this encoder.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from docqa.app.context.context import lay_out
from docqa.app.context.passage_vectors import PassageVectors
from docqa.app.errors import StoreDamagedError

PAGES = (
    "The keeper returns the deposit within nine days.",
    "The lock of the door was broken in March.",
)
QUESTION = "When is the deposit returned?"


@pytest.fixture
def encoders(tiny_reader: Any, tmp_path: Path) -> Any:
    """Two passage encoders, by their seeds."""
    return {seed: tiny_reader.random_passage_encoder(tmp_path, seed) for seed in (4, 5)}


@pytest.fixture
def vectors(document: Any, model: Any, encoders: Any) -> Any:
    """Function(seed of the encoder) -> (PassageVectors of two pages, the texts that its encoder was
    given).
    """
    context = lay_out([document(*PAGES)], model.tokenizer)

    def make(seed: int = 4) -> tuple[PassageVectors, list[str]]:
        encoder = encoders[seed]
        read = []

        def watch(texts: list[str], *, asked: bool = False) -> np.ndarray:
            read.extend(texts)
            return encoder.vectors(texts, asked=asked)

        watched = SimpleNamespace(identity=encoder.identity, vectors=watch)
        return PassageVectors(SimpleNamespace(passage_encoder=watched), context), read

    return make


def test_a_passage_is_read_when_its_last_token_was(vectors, document, model):
    found, read = vectors()
    first, second = lay_out([document(*PAGES)], model.tokenizer).passages
    found.encode_until(first.token_end - 1)
    assert not read and not found.unsaved
    found.encode_until(first.token_end)
    found.encode_until(second.token_end)
    found.encode_until(second.token_end)
    assert read == list(PAGES)


def test_what_was_kept_scores_the_same_and_only_another_encoder_reads_again(
    vectors, encoders, tmp_path
):
    found, _ = vectors()
    found.encode_until(1_000)
    found.save(tmp_path)
    again, read = vectors()
    again.load(tmp_path)
    again.encode_until(1_000)
    assert read == [] and not again.unsaved
    asked = encoders[4].vectors([QUESTION], asked=True)[0]
    np.testing.assert_array_equal(again.similarities(asked), found.similarities(asked))
    assert np.abs(found.similarities(asked)).max() <= 1.001  # unit vectors, kept in float16
    other, read = vectors(seed=5)
    other.load(tmp_path)
    other.encode_until(1_000)
    assert read == list(PAGES) and other.unsaved


def test_damaged_vectors_are_named(vectors, tmp_path):
    found, _ = vectors()
    found.encode_until(1_000)
    found.save(tmp_path)
    (path,) = tmp_path.glob("passages-*.safetensors")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    for damaged, said in ((bytes(content), "checksum"), (b"nothing", "no file of arrays")):
        path.write_bytes(damaged)
        with pytest.raises(StoreDamagedError, match=said):
            vectors()[0].load(tmp_path)


def test_without_an_encoder_nothing_is_gathered(document, model, tmp_path):
    found = PassageVectors(
        SimpleNamespace(passage_encoder=None), lay_out([document(*PAGES)], model.tokenizer)
    )
    found.encode_until(1_000)
    found.save(tmp_path)
    found.load(tmp_path)
    assert not found and not list(tmp_path.iterdir())
