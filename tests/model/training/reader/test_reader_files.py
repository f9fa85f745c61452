"""The reader's files as training writes them: they come back, in several parts."""

import torch
from safetensors.torch import load_file

from docqa.model.heads.reader_text import READER_FILE, READER_TOKENIZER
from docqa.model.training.reader import reader_files
from docqa.model.training.reader.cross_encoder import lay_out
from docqa.model.training.reader.reader_files import load_dense, save_reader

TEXTS = ["The lease ends on 4 May 1912.", "The tenant pays 30 pounds a year in the inn."]


def logits(reader):
    asked = reader.tokenizer.encode_question("When does the lease end?")
    batch = lay_out(
        [(asked, reader.tokenizer.encode(text)) for text in TEXTS], reader.tokenizer.between
    )
    with torch.no_grad():
        found = reader(batch)
    return torch.cat(
        [*(part[batch.excerpt] for part in (found.start, found.end)), found.form.flatten()]
    )


def test_a_written_reader_comes_back_within_its_rounding(tmp_path, tiny_reader):
    written = tiny_reader.write_reader(tmp_path)
    back = load_dense(tmp_path)
    assert back.encoder.shape == written.encoder.shape
    parts = dict(back.named_parameters())
    for name, part in written.named_parameters():
        if part.ndim == 2 and name.startswith(("encoder.layers.", "encoder.words.")):
            groups = part.view(len(part), -1, 64)
            step = (groups.amax(-1) - groups.amin(-1)).max() / 15
            # Half a step inside of what 15 steps reach; the ends of a group are cut where that errs
            # less.
            assert (parts[name] - part).abs().max() < step, name
        else:
            torch.testing.assert_close(parts[name], part, atol=1e-4, rtol=1e-3)  # float16


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
    assert all(
        sum(p.nbytes for p in load_file(path).values()) <= max(20_000, largest) for path in files
    )
    assert torch.equal(logits(load_dense(tmp_path)), logits(load_dense(whole)))
    monkeypatch.setattr(reader_files, "LARGEST_FILE", 10**9)
    save_reader(written, tmp_path)
    assert [path.name for path in reader_files.reader_files(tmp_path)] == [READER_FILE.format(1, 1)]
