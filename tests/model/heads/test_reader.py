"""The reader on arrays says what the one that was trained says, natively and in numpy; damaged
files are named.
"""

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import tiny_model

from docqa.kernels.native import SWITCH, is_native_in_use
from docqa.model.errors import ModelError, WeightsMismatch
from docqa.model.folder import BUNDLED
from docqa.model.heads.excerpt_reading import ExcerptReader, judge_support, predict_spans
from docqa.model.heads.reader_text import READER_FILE, READER_TOKENIZER, reader_files
from docqa.model.load import load_model
from docqa.model.training.reader import reader_files as written_files
from docqa.model.training.reader.cross_encoder import lay_out
from docqa.model.training.reader.reader_files import load_dense

needs_library = pytest.mark.skipif(not is_native_in_use(), reason="the native library is not here")
ONE = READER_FILE.format(1, 1)
QUESTION = "When does the lease end?"
EXCERPTS = [
    "The lease ends on 4 May 1912.",
    "Nothing.",
    "Rent is due in June; " * 20,
    "A dog may be kept.",
]


@pytest.mark.parametrize(("switch", "close"), [("torch", 2e-3), ("", 0.25)])
def test_the_reader_says_what_the_trained_one_says(
    tmp_path, monkeypatch, tiny_reader, switch, close
):
    # Numpy: logits of some units, float32 sums in other orders. Native: activations are rounded to
    # 8 bits beside packed matrices, half a part in a hundred of each.
    monkeypatch.setenv(SWITCH, switch)
    tiny_reader.write_reader(tmp_path)
    ours = ExcerptReader(tmp_path)
    theirs = load_dense(tmp_path).eval()
    pairs = [
        (ours.tokenizer.encode_question(QUESTION), ours.tokenizer.encode(text)) for text in EXCERPTS
    ]
    found = ours.excerpt_logits(pairs)
    batch = lay_out(pairs, ours.tokenizer.between)
    with torch.no_grad():
        right = theirs(batch)
        support = theirs.head.support(theirs.encoder(batch.ids, batch.mask)[:, 0])
    for row, mine in enumerate(found):
        parts = (right.start, right.end, right.begins, right.inside)
        here = batch.excerpt[row]
        tokens = torch.stack([part[row][here] for part in parts])
        np.testing.assert_allclose(mine.tokens, tokens.numpy(), atol=close)
        np.testing.assert_allclose(mine.form, right.form[row].numpy(), atol=close)
        assert mine.yes == pytest.approx(
            float(right.verdict[row] @ torch.tensor([1.0, -1.0])), abs=2 * close
        )
        assert mine.answers == pytest.approx(float(right.answers[row]), abs=close)
    np.testing.assert_allclose(ours.support_logits(pairs), support.numpy(), atol=close)
    np.testing.assert_allclose(ours.none, theirs.head.none.detach().numpy())


@needs_library
def test_without_the_native_library_the_bundled_reader_gives_the_same_answer(monkeypatch):
    asked = "How long is the notice?"
    few = ["Notice is thirty days, in writing.", "The rent is 400 pounds."]
    found = []
    for switch in ("", "torch"):
        monkeypatch.setenv(SWITCH, switch)
        reader = ExcerptReader(BUNDLED)
        found.append(
            (
                predict_spans(reader, asked, few, ["Term"] * 2),
                judge_support(reader, [asked], few[:1]),
            )
        )
    (native, judged), (plain, right) = found
    best = native.spans.spans[0]
    other = plain.spans.spans[0]
    first, last = (native.places[best.passage][token] for token in (best.first, best.last))
    assert (best.passage, best.first, best.last) == (other.passage, other.first, other.last)
    assert few[best.passage][first[0] : last[1]] == "thirty days"
    # Rounding activations to 8 bits moves log-odds of some units by up to a tenth, and chances by
    # less.
    assert native.answers == pytest.approx(plain.answers, abs=0.2)
    assert native.forms == pytest.approx(plain.forms, abs=0.05)
    np.testing.assert_allclose(judged, right, atol=0.05)


def test_an_excerpt_is_read_alike_alone_and_beside_others(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    reader = ExcerptReader(tmp_path)
    alone = [predict_spans(reader, QUESTION, [text]).answers[0] for text in EXCERPTS]
    # The native encoder gives the same bits; numpy sums small products, and without the library
    # all, in other orders.
    assert alone == pytest.approx(predict_spans(reader, QUESTION, EXCERPTS).answers, abs=1e-4)


def test_a_missing_part_is_named(tmp_path, monkeypatch, tiny_reader):
    monkeypatch.setattr(written_files, "LARGEST_FILE", 20_000)
    tiny_reader.write_reader(tmp_path)
    files = reader_files(tmp_path)
    for path in (files[0], files[1], files[-1]):
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(WeightsMismatch, match="some files of the reader are missing"):
            ExcerptReader(tmp_path)
        path.write_bytes(kept)


def test_damaged_and_missing_files_are_refused_by_name(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    pieces = (tmp_path / READER_TOKENIZER).read_text()
    (tmp_path / READER_TOKENIZER).unlink()
    with pytest.raises(WeightsMismatch, match=READER_TOKENIZER):
        ExcerptReader(tmp_path)
    (tmp_path / READER_TOKENIZER).write_text(pieces)
    (tmp_path / ONE).write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match=ONE):
        ExcerptReader(tmp_path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("head.none", None),
        ("encoder.layers.0.query.scale", None),
        ("encoder.layers.1.outer.q", None),
        ("head.none", torch.zeros(3)),
        ("encoder.layers.0.inner.q", torch.zeros(64, 32, dtype=torch.uint8)),
    ],
)
def test_a_tensor_that_lacks_or_has_another_shape_is_refused(tmp_path, tiny_reader, name, change):
    tiny_reader.write_reader(tmp_path)
    kept = {key: part for key, part in load_file(tmp_path / ONE).items() if key != name}
    about = safe_open(tmp_path / ONE, "pt").metadata()
    save_file(kept | ({} if change is None else {name: change}), tmp_path / ONE, metadata=about)
    with pytest.raises(ModelError, match=name.removesuffix(".q")):
        ExcerptReader(tmp_path)


def test_a_file_that_does_not_say_its_shape_is_refused(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    save_file(load_file(tmp_path / ONE), tmp_path / ONE, metadata={"layers": "2"})
    with pytest.raises(WeightsMismatch, match=f"{ONE}: this is not an encoder"):
        ExcerptReader(tmp_path)


def test_a_checkpoint_with_a_reader_has_it_and_one_without_has_none(tmp_path, tiny_reader):
    assert tiny_model(tmp_path / "model").reader is None
    tiny_reader.write_reader(tmp_path / "model")
    assert load_model(tmp_path / "model", dtype="float32", threads=1).reader is not None
