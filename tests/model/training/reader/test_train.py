"""Excerpts drawn for the reader, and its training: from questions to a file that the runtime loads, on a tiny trunk."""

import json
import random
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open

from docqa.model.heads.cross_encoder import CrossEncoder, ReaderTokenizer
from docqa.model.training.data.excerpts import ExcerptQuestions
from docqa.model.training.loop import Precision
from docqa.model.training.reader import train as reader_training


@pytest.fixture
def tokenizer(tiny_reader, tmp_path):
    tiny_reader.write_pieces(tmp_path / "pieces.json")
    return ReaderTokenizer(tmp_path / "pieces.json")


def test_answers_are_marked_on_the_tokens_that_say_them(read_options, tokenizer):
    questions = ExcerptQuestions(read_options.sets, tokenizer, 0)
    rng, answered = random.Random(3), 0
    for _ in range(60):
        drawn = questions.draw(rng, 2)
        asked = spelled(tokenizer, drawn.question)
        for excerpt, first, last in drawn.golds:
            answered += 1
            text = spelled(tokenizer, drawn.excerpts[excerpt])
            name = asked.split("did")[1].split("sail")[0]
            assert f"ship{name}sailed" in text
            said = spelled(tokenizer, drawn.excerpts[excerpt][first : last + 1])
            assert f"sailedat{said}from" in text
    assert 25 <= answered < 60  # and the others are put to excerpts that do not answer


def test_some_questions_are_put_in_other_words_and_their_excerpts_stay(read_options, tokenizer):
    class Reworded:
        def reworded(self, question, rng):
            return question.replace("sail", "depart")

    plain = ExcerptQuestions(read_options.sets, tokenizer, 0)
    other = ExcerptQuestions(read_options.sets, tokenizer, 0, synonyms=Reworded())
    pairs = [(plain.draw(random.Random(n), 2), other.draw(random.Random(n), 2)) for n in range(60)]
    assert all(one.excerpts == two.excerpts and one.golds == two.golds for one, two in pairs)
    changed = [spelled(tokenizer, two.question) for one, two in pairs if one.question != two.question]
    assert 12 <= len(changed) <= 36 and all("depart" in question for question in changed)


def write_start(folder, tiny_reader):
    """An encoder as `transformers` writes one, of random weights."""
    from transformers import BertConfig, BertModel

    folder.mkdir()
    size = tiny_reader.write_pieces(folder / "tokenizer.json")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=size, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128,
        max_position_embeddings=300,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)


def spelled(tokenizer: ReaderTokenizer, ids: list[int]) -> str:
    """The letters of `ids`, without spaces, which word pieces do not keep."""
    return "".join(tokenizer._pieces.decode(ids).split()).replace("##", "")


def test_training_lowers_the_loss_and_leaves_a_reader_that_loads(read_options, tmp_path, tiny_reader):
    start = tmp_path / "start"
    write_start(start, tiny_reader)
    options = SimpleNamespace(
        start=start, sets=read_options.sets, out=tmp_path / "reader", batch=8, wrong=2, steps=60, minutes=5.0,
        rate=3e-3, validate=8, synonyms=None, save_every=1000, seed=0, threads=1, device="cpu",
    )  # fmt: skip
    options.out.mkdir()
    fresh = reader_training.open_reader(options).eval()
    reader_training.train(options)
    trained = CrossEncoder.load(options.out)
    assert trained is not None
    questions = ExcerptQuestions(read_options.sets, trained.tokenizer, 0)
    drawn = [questions.draw(random.Random(9), 2) for _ in range(12)]
    precision = Precision(torch.float32)
    with torch.no_grad():
        before = float(reader_training.question_loss(fresh, drawn, precision))
        after = float(reader_training.question_loss(trained, drawn, precision))
    assert after < 0.8 * before


def test_a_cut_run_resumes_with_its_steps_tokens_and_moments(read_options, tmp_path, tiny_reader):
    write_start(tmp_path / "start", tiny_reader)
    out = tmp_path / "reader"

    def train(steps: int) -> list[dict]:
        data = str(read_options.data[0])
        reader_training.main(
            ["--start", str(tmp_path / "start"), "--data", data, "--out", str(out), "--steps", str(steps)]
            + ["--batch", "2", "--wrong", "1", "--validate", "2", "--threads", "1", "--save-every", "10"]
        )
        return [json.loads(line) for line in (out / "reader.jsonl").read_text().splitlines()]

    first = train(20)
    with safe_open(out / "reader_training.safetensors", "pt") as file:
        assert int(file.metadata()["step"]) == 20
        assert {name.split(".")[0] for name in file.keys()} == {"weight", "average", "moment"}  # noqa: SIM118
    log = train(40)
    assert log[: len(first)] == first
    assert [record["step"] for record in log if "loss" in record] == [20, 40]
    assert log[-1]["tokens"] > 1.5 * first[-1]["tokens"]
    assert train(40) == log  # it is finished


def test_a_run_goes_on_with_the_reader_that_is_there(read_options, tmp_path, tiny_reader):
    written = tiny_reader.write_reader(tmp_path)
    taken = reader_training.open_reader(SimpleNamespace(start=tmp_path / "none", out=tmp_path, device="cpu"))
    for name, part in written.state_dict().items():
        # 4 bits of the embedding: half of a fifteenth of a group's range, which is some five spreads of 0.2.
        assert (taken.state_dict()[name] - part).abs().max() < 0.1, name
    learning = {name.split(".")[1] for name, part in taken.named_parameters() if part.requires_grad}
    assert learning == {"layers", "ends", "relevance", "none"}
