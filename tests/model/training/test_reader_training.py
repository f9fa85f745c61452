"""Excerpts drawn for the reader, and its training: from questions to a file that the runtime loads, on a tiny trunk."""

import random
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from docqa.kernels.products import packed_is_faster
from docqa.model.load import load_model
from docqa.model.quantize import quantize
from docqa.model.reader import AdaptedLinear
from docqa.model.span_head import SPAN_FILE, SpanHead
from docqa.model.training import reader as reader_training
from docqa.model.training.data import FileTokenizer
from docqa.model.training.excerpts import ExcerptQuestions


@pytest.fixture
def student(checkpoint, tmp_path) -> Path:
    """The tiny trunk with a span head of random weights."""
    folder = tmp_path / "student"
    folder.mkdir()
    for path in checkpoint.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    torch.manual_seed(0)
    hidden = load_model(folder, dtype="float32", threads=1).config.hidden_size
    save_file(SpanHead(hidden, row=16, width=32).state_dict(), folder / SPAN_FILE)
    return folder


def test_answers_are_marked_on_the_tokens_that_say_them(read_options):
    tokenizer = FileTokenizer(read_options.student / "tokenizer.json")
    questions = ExcerptQuestions(read_options.data, tokenizer, 0)
    rng, answered = random.Random(3), 0
    for _ in range(60):
        drawn = questions.draw(rng, 2)
        asked = bytes_of(tokenizer, drawn.question)
        for excerpt, first, last in drawn.golds:
            answered += 1
            text = bytes_of(tokenizer, drawn.excerpts[excerpt])
            name = asked.split("did ")[1].split(" sail")[0]
            assert f"ship {name} sailed" in text
            said = bytes_of(tokenizer, drawn.excerpts[excerpt][first : last + 1]).strip()
            assert f"sailed at {said} from" in text
    assert 25 <= answered < 60  # and the others are put to excerpts that do not answer


def bytes_of(tokenizer: FileTokenizer, ids: list[int]) -> str:
    return tokenizer._tokenizer.decode(ids)


@pytest.mark.parametrize("stored", ["dense", "packed"])
def test_training_lowers_the_loss_and_leaves_a_reader_that_loads(read_options, student, tmp_path, stored):
    if stored == "packed":
        quantize(student, tmp_path / "packed")
        student = tmp_path / "packed"
    options = SimpleNamespace(
        student=student, data=read_options.data, out=tmp_path / "reader", layers=4, first=2, rank=2, batch=8, wrong=2,
        steps=40, minutes=5.0, rate=3e-3, dropout=0.0, validate=8, save_every=1000, seed=0, threads=1, device="cpu",
    )  # fmt: skip
    options.out.mkdir()
    reader_training.train(options)
    (student / "reader.safetensors").write_bytes((options.out / "reader.safetensors").read_bytes())
    trained = load_model(student, dtype="float32", threads=1).reader
    assert trained is not None
    fresh = reader_training.open_reader(options).eval()
    adapted = [module for module in fresh.modules() if isinstance(module, AdaptedLinear)]
    assert any(module.turned is not None for module in adapted) == (stored == "packed" and packed_is_faster())
    tokenizer = FileTokenizer(student / "tokenizer.json")
    questions = ExcerptQuestions(read_options.data, tokenizer, 0)
    drawn = [questions.draw(random.Random(9), 2) for _ in range(12)]
    how = reader_training.How(tokenizer.encode("Before."), torch.float32)
    with torch.no_grad():
        before = float(reader_training.question_loss(fresh.float(), drawn, how))
        after = float(reader_training.question_loss(trained, drawn, how))
    assert after < 0.8 * before
