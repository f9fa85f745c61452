"""The reader's memory as it is planned, against the bytes of a real one."""

import pytest
import tiny

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import ReaderCost, estimate
from docqa.model.heads import reader_cost as cost
from docqa.model.heads import reader_files
from docqa.model.heads.encoder_shape import EncoderShape
from docqa.model.heads.reader_cost import cost_of_reader
from docqa.model.heads.reader_files import load_reader

REAL = EncoderShape(27_955, 768, 12, 12, 3_072, 416, 32)


def held(reader) -> int:
    """Bytes of a reader's tensors, packed ones too."""
    matrices = [m.packed for m in reader.modules() if getattr(m, "packed", None) is not None]
    dense = sum(p.nbytes for p in reader.parameters() if not p.is_meta)
    return dense + sum(m.q.nbytes + m.scale.nbytes + m.zero.nbytes for m in matrices)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("hidden", [64, 128])
def test_planned_weights_are_those_of_a_reader(tmp_path, monkeypatch, tiny_reader, packed, hidden):
    monkeypatch.setattr(tiny_reader, "WIDTH", hidden)
    tiny_reader.write_reader(tmp_path)
    for module in (cost, reader_files):
        monkeypatch.setattr(module, "packed_is_faster", lambda: packed)
    planned, real = cost_of_reader(tmp_path).weights_bytes, held(load_reader(tmp_path))
    assert planned == pytest.approx(real, rel=0.02)  # the plan rounds small vectors


def test_the_real_shape_takes_what_was_measured():
    packed, dense = (cost.reader_cost(REAL, packed=packed) for packed in (True, False))
    assert 60e6 < packed.weights_bytes < 68e6 and 425e6 < dense.weights_bytes < 445e6
    # A process grew by 179 MB with packed matrices, some 40 of them torch's own at first use.
    assert 130e6 < packed.weights_bytes + packed.scratch_bytes < 180e6


def test_a_folder_without_a_reader_that_loads_takes_nothing(tmp_path, tiny_reader):
    assert cost_of_reader(tmp_path) == ReaderCost()
    tiny_reader.write_reader(tmp_path)
    assert cost_of_reader(tmp_path).weights_bytes > 0
    next(tmp_path.glob("reader-*")).write_bytes(b"no weights")
    assert cost_of_reader(tmp_path) == ReaderCost()


def test_an_estimate_counts_the_reader_beside_the_weights():
    config = HybridConfig.from_dict(tiny.RAW)
    without = estimate(config, 1000)
    reader = ReaderCost(10**9, without.scratch_bytes + 5)
    assert estimate(config, 1000, reader=reader).memory_bytes == without.memory_bytes + 10**9 + 5
