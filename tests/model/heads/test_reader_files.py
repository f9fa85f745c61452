"""The reader's files: they come back, in several parts, packed or not, and damage is named."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import tiny_model

from docqa.model.checkpoints.weights import head_metadata
from docqa.model.errors import WeightsMismatch
from docqa.model.heads import reader_files
from docqa.model.heads.cross_encoder import lay_out
from docqa.model.heads.reader_files import load_dense, load_reader, save_reader
from docqa.model.heads.reader_text import READER_FILE, READER_TOKENIZER
from docqa.model.load import load_model

ONE = READER_FILE.format(1, 1)
TEXTS = ["The lease ends on 4 May 1912.", "The tenant pays 30 pounds a year in the inn."]


def logits(reader):
    asked = reader.tokenizer.asked("When does the lease end?")
    batch = lay_out([(asked, reader.tokenizer.encode(text)) for text in TEXTS], reader.tokenizer.between)
    with torch.no_grad():
        found = reader(batch)
    return torch.cat([*(part[batch.excerpt] for part in (found.start, found.end)), found.form.flatten()])


def here(monkeypatch, *, packed: bool):
    monkeypatch.setattr(reader_files, "packed_is_faster", lambda: packed)


def test_a_written_reader_comes_back_within_its_rounding(tmp_path, tiny_reader):
    written = tiny_reader.write_reader(tmp_path)
    back = load_dense(tmp_path)
    assert back.encoder.shape == written.encoder.shape
    parts = dict(back.named_parameters())
    for name, part in written.named_parameters():
        if part.ndim == 2 and name.startswith(("encoder.layers.", "encoder.words.")):
            groups = part.view(len(part), -1, 64)
            step = (groups.amax(-1) - groups.amin(-1)).max() / 15
            # Half a step inside of what 15 steps reach; the ends of a group are cut where that errs less.
            assert (parts[name] - part).abs().max() < step, name
        else:
            torch.testing.assert_close(parts[name], part, atol=1e-4, rtol=1e-3)  # float16


def test_what_comes_back_is_written_with_the_same_bytes(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    reader = load_dense(tmp_path)
    before = {name: part.clone() for name, part in reader.named_parameters()}
    save_reader(reader, tmp_path)
    for name, part in load_dense(tmp_path).named_parameters():
        torch.testing.assert_close(part, before[name], atol=2e-3, rtol=0)  # a scale in float16 is a part in 2,000


def test_packed_and_dense_matrices_read_the_same_within_rounding(tmp_path, monkeypatch, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    here(monkeypatch, packed=True)
    packed = load_reader(tmp_path)
    assert packed.encoder.layers[0].query.packed is not None and packed.encoder.words.packed is not None
    here(monkeypatch, packed=False)
    dense = load_reader(tmp_path)
    assert all(getattr(module, "packed", None) is None for module in dense.modules())
    # Activations are rounded to 8 bits beside packed matrices: half a part in a hundred, of logits of a few units.
    torch.testing.assert_close(logits(packed), logits(dense), atol=0.25, rtol=0)


def test_a_large_reader_is_written_in_several_files(tmp_path, monkeypatch, tiny_reader):
    whole = tmp_path / "whole"
    whole.mkdir()
    written = tiny_reader.write_reader(whole)
    monkeypatch.setattr(reader_files, "LARGEST_FILE", 20_000)
    save_reader(written, tmp_path)
    (tmp_path / READER_TOKENIZER).write_bytes((whole / READER_TOKENIZER).read_bytes())
    files = reader_files.reader_files(tmp_path)
    largest = max(part.nbytes for path in files for part in load_file(path).values())
    assert len(files) > 3
    assert all(sum(p.nbytes for p in load_file(path).values()) <= max(20_000, largest) for path in files)
    assert torch.equal(logits(load_reader(tmp_path)), logits(load_reader(whole)))
    monkeypatch.setattr(reader_files, "LARGEST_FILE", 10**9)
    save_reader(written, tmp_path)
    assert [path.name for path in reader_files.reader_files(tmp_path)] == [ONE]


def test_a_missing_part_is_named(tmp_path, monkeypatch, tiny_reader):
    monkeypatch.setattr(reader_files, "LARGEST_FILE", 20_000)
    tiny_reader.write_reader(tmp_path)
    files = reader_files.reader_files(tmp_path)
    for path in (files[0], files[1], files[-1]):
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(WeightsMismatch, match="some files of the reader are missing"):
            load_reader(tmp_path)
        path.write_bytes(kept)


def test_damaged_and_missing_files_are_refused_by_name(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    pieces = (tmp_path / READER_TOKENIZER).read_text()
    (tmp_path / READER_TOKENIZER).unlink()
    with pytest.raises(WeightsMismatch, match=READER_TOKENIZER):
        load_reader(tmp_path)
    (tmp_path / READER_TOKENIZER).write_text(pieces)
    (tmp_path / ONE).write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match=ONE):
        load_reader(tmp_path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("head.none", None),
        ("encoder.layers.0.query.scale", None),
        ("encoder.layers.1.outer.q", None),
        ("head.none", torch.zeros(3)),
        ("head.more", torch.zeros(3)),
        ("encoder.layers.0.inner.q", torch.zeros(64, 32, dtype=torch.uint8)),
    ],
)
def test_a_tensor_that_lacks_or_has_another_shape_is_refused(tmp_path, tiny_reader, name, change):
    tiny_reader.write_reader(tmp_path)
    kept = {key: part for key, part in load_file(tmp_path / ONE).items() if key != name}
    about = head_metadata(tmp_path / ONE)
    save_file(kept | ({} if change is None else {name: change}), tmp_path / ONE, metadata=about)
    with pytest.raises(WeightsMismatch, match=f"{ONE}: this is not a reader"):
        load_reader(tmp_path)


def test_a_file_that_does_not_say_its_shape_is_refused(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    save_file(load_file(tmp_path / ONE), tmp_path / ONE, metadata={"layers": "2"})
    with pytest.raises(WeightsMismatch, match=f"{ONE}: this is not a reader"):
        load_reader(tmp_path)


def test_a_checkpoint_with_a_reader_has_it_and_one_without_has_none(tmp_path, tiny_reader):
    assert tiny_model(tmp_path / "model").reader is None
    tiny_reader.write_reader(tmp_path / "model")
    assert load_model(tmp_path / "model", dtype="float32", threads=1).reader is not None
