"""The reader: adapters that start as nothing, a file that comes back, and spans on the excerpts' own tokens."""

import pytest
import torch
from safetensors.torch import save_file
from tiny import RAW, tiny_model, write_checkpoint

from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch
from docqa.model.load import load_model, load_network
from docqa.model.reader import READER_FILE, Reader, ReaderHead, lay_out, own_form, read_excerpts, stored_form
from docqa.model.span_head import SPAN_FILE, SpanHead

EXCERPTS = ["The lease ends on 4 May 1912.", "The tenant pays 30 pounds a year in the inn.", "Nothing."]
QUESTION = "When does the lease end?"


def write_reader(folder, rank=3):
    """A reader of random weights over layers 1 and 2 of the checkpoint in `folder`."""
    config = HybridConfig.from_dict(RAW)
    torch.manual_seed(5)
    span = SpanHead(config.hidden_size, row=16, width=32).requires_grad_(False).eval()
    save_file(span.state_dict(), folder / SPAN_FILE)
    head = ReaderHead(config.hidden_size, span.width, width=16, blocks=1)
    reader = Reader(load_network(folder, config, torch.float32, 3), 1, rank, head, span)
    for parameter in reader.own_parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    about = {"layers": "3", "first": "1", "rank": str(rank)}
    stored = stored_form(reader.own_tensors())
    save_file(stored, folder / READER_FILE, metadata=about)
    reader.load_state_dict(own_form(stored), strict=False)  # rounded as the file is
    return reader.eval()


def test_a_fresh_reader_says_what_the_span_head_says(tmp_path):
    model = tiny_model(tmp_path / "model")
    torch.manual_seed(4)
    span = SpanHead(model.config.hidden_size, row=16, width=32).requires_grad_(False).eval()
    network = load_network(model.folder, model.config, torch.float32, 3)
    reader = Reader(network, 1, 2, ReaderHead(model.config.hidden_size, 32, width=16), span).eval()
    preamble, question, text = [40, 41], [50, 51, 52], [60, 61, 62, 63, 64]
    batch = lay_out([([5, 6, 7], text), ([5, 6, 7], text[:2])])
    with torch.no_grad():
        start, end = reader(batch, reader.pointed(batch, preamble, [question, question]))
        lower = lambda ids: span.unpacked(span.packed_rows(model.network(torch.tensor([ids]), layers=1)))  # noqa: E731
        asked, passage = lower(question), lower(preamble + text)[:, 2:]
        parts = [
            (rows, span.encode(rows, m := torch.ones(rows.shape[:2], dtype=torch.bool)), m) for rows in (passage, asked)
        ]
        right = span.score(*parts)
    for ours, theirs in zip((start, end), right, strict=True):
        # products of other shapes, over filling, sum in another order
        assert torch.allclose(ours[0, 3:], theirs[0], atol=1e-5)


def test_fresh_adapters_change_nothing(tmp_path):
    model = tiny_model(tmp_path / "model")
    ids = torch.arange(3, 20)[None]
    plain = model.network(ids, layers=3)
    network = load_network(model.folder, model.config, torch.float32, 3)
    span = SpanHead(model.config.hidden_size, row=16, width=32)
    reader = Reader(network, 1, 2, ReaderHead(model.config.hidden_size, 32, width=16), span)
    with torch.no_grad():
        assert torch.equal(reader.states(ids), plain)


def test_a_written_reader_comes_back_and_leaves_the_trunk_alone(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    written = write_reader(folder)
    model = load_model(folder, dtype="float32", threads=1)
    ids = torch.arange(3, 20)[None]
    before = model.network(ids)
    batch = lay_out([([5, 6, 7], [8, 9, 10, 11])])
    assert model.reader is not None
    with torch.no_grad():
        pointed = written.pointed(batch, [1, 2], [[5, 6]])
        again = model.reader.pointed(batch, [1, 2], [[5, 6]])
        for ours, theirs in zip(model.reader(batch, again), written(batch, pointed), strict=True):
            assert torch.equal(ours, theirs)
    assert torch.equal(model.network(ids), before)
    assert not [name for name in model.network.state_dict() if "base" in name]


def test_starts_and_ends_lie_in_the_excerpts_and_share_one_probability(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    write_reader(folder)
    model = load_model(folder, dtype="float32", threads=1)
    reading, tokens = read_excerpts(model.reader, model.tokenizer, QUESTION, EXCERPTS, each=3)
    for span in reading.spans:
        assert 0 <= span.first <= span.last < len(tokens[span.passage])
        start, end = tokens[span.passage][span.first][0], tokens[span.passage][span.last][1]
        assert EXCERPTS[span.passage][start:end]
    single, _ = read_excerpts(model.reader, model.tokenizer, QUESTION, EXCERPTS, longest=1, each=200)
    # With spans of one token, `score` is start plus end of every token; each of the two sums to 1 with "no answer".
    assert len(single.spans) == sum(map(len, tokens))
    halves = torch.tensor([span.score for span in single.spans])
    assert float(halves.exp().sum()) < 1.0


def test_an_excerpt_reads_the_same_beside_longer_ones_but_for_what_all_share(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    write_reader(folder)
    model = load_model(folder, dtype="float32", threads=1)
    alone, _ = read_excerpts(model.reader, model.tokenizer, QUESTION, EXCERPTS[:1], each=4)
    beside, _ = read_excerpts(model.reader, model.tokenizer, QUESTION, EXCERPTS, each=4)
    theirs = [span for span in beside.spans if span.passage == 0]
    assert [(s.first, s.last) for s in theirs] == [(s.first, s.last) for s in alone.spans]
    shift = alone.none - beside.none
    # fp32 products of other shapes sum in another order
    assert [s.score + shift for s in theirs] == pytest.approx([s.score for s in alone.spans], abs=1e-3)


def test_a_reader_of_another_trunk_is_refused_by_name(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    write_reader(folder)
    other = write_checkpoint(tmp_path / "other", {**RAW, "hidden_size": 32})
    (other / READER_FILE).write_bytes((folder / READER_FILE).read_bytes())
    with pytest.raises(WeightsMismatch, match=READER_FILE):
        _ = load_model(other, dtype="float32", threads=1).reader
    (folder / READER_FILE).write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match=READER_FILE):
        _ = load_model(folder, dtype="float32", threads=1).reader


def test_a_reader_without_a_span_head_is_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    write_reader(folder)
    (folder / SPAN_FILE).unlink()
    with pytest.raises(WeightsMismatch, match="span head"):
        _ = load_model(folder, dtype="float32", threads=1).reader


def test_a_checkpoint_without_a_reader_has_none(tmp_path):
    assert tiny_model(tmp_path / "model").reader is None
