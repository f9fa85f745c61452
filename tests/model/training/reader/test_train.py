"""Training of the reader: from questions and claims to files that the runtime loads, on a tiny
encoder.
"""

import gzip
import json
import random

import pytest
import torch
from safetensors import safe_open
from transformers import MPNetConfig, MPNetModel

from docqa.model.checkpoints.formats.grouped import dequantize
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.training.data.claims import Claims
from docqa.model.training.data.excerpts import ExcerptQuestions
from docqa.model.training.loop import Precision, WorkerPool
from docqa.model.training.reader import train as training
from docqa.model.training.reader.cross_encoder import lay_out
from docqa.model.training.reader.encoder_start import FIRST_PLACE, POSITIONS, start_reader
from docqa.model.training.reader.losses import Figures, claim_loss, question_losses
from docqa.model.training.reader.reader_files import MATRIX_BITS, load_dense, packed

FLOAT32 = Precision(torch.float32)


@pytest.fixture
def start(tmp_path, tiny_reader):
    """An encoder as `transformers` writes one, of random weights."""
    folder = tmp_path / "start"
    folder.mkdir()
    size = tiny_reader.write_pieces(folder / "tokenizer.json")
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=size,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=POSITIONS + FIRST_PLACE,
    )
    MPNetModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def data(read_options, monkeypatch):
    """The folder of questions, with claims beside them; some documents are for validation."""
    for module in ("sequences", "sets"):
        kept = frozenset({"doc5", "claims4", "claims5"})
        monkeypatch.setattr(
            f"docqa.model.training.data.{module}.is_validation",
            lambda name, kept=kept: name in kept,
        )
    folder = read_options.data[0]
    with gzip.open(
        folder / "qa" / "train" / "claims_wice.jsonl.gz", "wt", encoding="utf-8"
    ) as file:
        for number in range(40):
            label = ("Entailment", "Contradiction")[number % 2]
            qa = {
                "question": f"Ship {number} is fast.",
                "statement": True,
                "label": label,
                "answers": [],
            }
            context = f"Ship {number} is {('fast', 'slow')[number % 2]}."
            file.write(
                json.dumps({"doc": f"claims{number}", "context": context, "qas": [qa]}) + "\n"
            )
    return folder


def train(start, data, out, steps: int, *more: str) -> list[dict]:
    options = (
        f"--start {start} --data {data} --out {out} --steps {steps} --batch 4 --claims 2 "
        "--validate 2 --frozen 0 --save-every 1000 --measure-every 1"
    )
    training.main([*options.split(), *more])
    log = out / "reader.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def drawn(read_options, data, tokenizer):
    questions = ExcerptQuestions(read_options.sets, tokenizer, 0)
    claims = Claims([data], tokenizer)
    rng = random.Random(9)
    return [questions.draw(rng) for _ in range(8)], [claims.draw(rng) for _ in range(4)]


def loss_of(reader, asked) -> float:
    with torch.no_grad():
        with WorkerPool(1) as pool:
            found = training.StepCopies(reader, FLOAT32, pool).read(asked)
        return float(question_losses(found, reader.head.none, asked, Figures()))


def test_training_lowers_the_loss_and_leaves_a_reader_that_loads(
    read_options, start, data, tmp_path
):
    out = tmp_path / "reader"
    log = train(start, data, out, 60, "--rate", "1e-3")
    trained = load_dense(out)
    asked, _ = drawn(read_options, data, trained.tokenizer)
    (tmp_path / "fresh").mkdir()
    assert loss_of(trained, asked) < 0.8 * loss_of(start_reader(start, tmp_path / "fresh"), asked)
    assert ExcerptReader(out).none.shape == (2,)
    assert {"span", "items", "answers", "support", "form"} <= log[0].keys()
    assert {"span_f1", "excerpt_right", "support"} <= log[-1].keys()


def test_a_cut_run_resumes_with_its_steps_tokens_and_moments(start, data, tmp_path):
    out = tmp_path / "reader"
    first = train(start, data, out, 20)
    with safe_open(out / "reader_training.safetensors", "pt") as file:
        assert int(file.metadata()["step"]) == 20
        assert {name.split(".")[0] for name in file.keys()} == {"weight", "average", "moment"}  # noqa: SIM118
    log = train(start, data, out, 40)
    assert log[: len(first)] == first
    assert [record["step"] for record in log if "span" in record] == [20, 40]
    assert log[-1]["tokens"] > 1.5 * first[-1]["tokens"]
    assert train(start, data, out, 40) == log  # it is finished


def test_a_run_goes_on_from_its_small_checkpoint(data, tmp_path, tiny_reader):
    shipped, out, other = (tmp_path / name for name in ("shipped", "out", "other"))
    shipped.mkdir()
    tiny_reader.write_reader(shipped)
    train(shipped, data, out, 20, "--rate", "1e-3")
    log = train(
        shipped, data, other, 21, "--rate", "1e-9", "--resume", str(out / "resume.safetensors")
    )
    assert log[-1]["step"] == 21
    first = load_dense(out)
    second = load_dense(other)
    for name, part in first.named_parameters():
        # A difference in 4 bits, and then 4 bits of the sum: a fifteenth of a group's range at
        # most.
        assert (part - second.get_parameter(name)).abs().max() < 0.1, name


def test_frozen_layers_stay_as_they_ship_and_others_learn(start, data, tmp_path):
    out = tmp_path / "reader"
    train(start, data, out, 4, "--frozen", "1", "--rate", "1e-2")
    (tmp_path / "fresh").mkdir()
    fresh = start_reader(start, tmp_path / "fresh")
    trained = load_dense(out)
    for layer, stays in ((0, True), (1, False)):
        for name, part in fresh.encoder.layers[layer].named_parameters():
            rounded = dequantize(*packed(part.data, MATRIX_BITS)) if part.ndim == 2 else part.data
            now = trained.encoder.layers[layer].get_parameter(name)
            if name == "key.shift" and not stays:
                # every score of a token gets as much of it: its gradient is 0 but for rounding
                continue
            # Numbers of a twentieth in float16 are off by a few hundred thousandths.
            assert (float((now - rounded).detach().abs().max()) < 1e-4) is stays, name
    words = dequantize(*packed(fresh.encoder.words.weight.data, MATRIX_BITS))
    torch.testing.assert_close(trained.encoder.words.weight.data, words, atol=1e-3, rtol=0)


@pytest.mark.parametrize("threads", [1, 2, 30])
def test_a_step_leaves_the_gradients_of_plain_autograd(
    read_options, data, tmp_path, tiny_reader, threads
):
    reader = tiny_reader.random_reader(tmp_path).requires_grad_(True)
    reader.encoder.words.requires_grad_(False)
    asked, claims = drawn(read_options, data, reader.tokenizer)
    pairs = [pair for one in asked for pair in zip(one.asked, one.excerpts, strict=True)]
    loss = question_losses(
        reader(lay_out(pairs, reader.tokenizer.between)), reader.head.none, asked, Figures()
    ) / len(asked)
    judged = lay_out([(claim.asked, claim.evidence) for claim in claims], reader.tokenizer.between)
    states = reader.encoder(judged.ids, judged.mask)
    said = reader.head(states, judged.excerpt).verdict
    loss = loss + claim_loss(reader.head.support(states[:, 0]), said, claims, Figures()) / len(
        claims
    )
    loss.backward()
    plain = {name: part.grad for name, part in reader.named_parameters() if part.grad is not None}
    reader.zero_grad(set_to_none=True)
    with WorkerPool(threads) as pool:
        weights = training.StepCopies(reader, FLOAT32, pool)
        tokens, figures = training.one_step(weights, training.ReaderBatch(asked, claims))
    assert tokens == sum(map(len, (part for pair in pairs for part in pair))) + sum(
        len(claim.asked) + len(claim.evidence) for claim in claims
    )
    assert figures["support"] > 0
    assert {
        name for name, part in reader.named_parameters() if part.grad is not None
    } == plain.keys()
    assert "encoder.near.weight" in plain and "encoder.words.weight" not in plain
    for name, gradient in plain.items():
        # float32; groups of other shapes sum in another order, and large gradients of a random
        # reader cancel out.
        scale = float(gradient.abs().max()) + 1e-6
        assert (
            float((reader.get_parameter(name).grad - gradient).abs().max()) < 1e-3 * scale + 1e-6
        ), name


def test_a_step_computes_with_copies(tmp_path, tiny_reader):
    reader = tiny_reader.random_reader(tmp_path)
    with WorkerPool(1) as pool:
        used = dict(training.StepCopies(reader, FLOAT32, pool).encoder.named_parameters())
    for name, part in reader.encoder.named_parameters():
        assert torch.equal(used[name], part) and used[name].requires_grad is part.requires_grad, (
            name
        )
        assert used[name].data_ptr() != part.data_ptr()  # the optimizer changes weights in place
