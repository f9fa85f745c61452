"""The reader's memory as it is planned, against the bytes of a real one."""

import pytest
import tiny
from safetensors.torch import load_file

from docqa.model.checkpoints.weights import PARTS
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import ReaderCost, estimate
from docqa.model.heads.reader_cost import cost_of_reader, reader_cost
from docqa.model.heads.reader_text import reader_files
from docqa.model.native.encoder import EncoderShape

REAL = EncoderShape(27_955, 768, 12, 12, 3_072, 416, 32)


@pytest.mark.parametrize("hidden", [64, 128])
def test_planned_weights_are_those_of_a_reader(tmp_path, monkeypatch, tiny_reader, hidden):
    monkeypatch.setattr(tiny_reader, "WIDTH", hidden)
    tiny_reader.write_reader(tmp_path)
    stored = {name: part for path in reader_files(tmp_path) for name, part in load_file(path).items()}
    # What is not packed is in float16 in the file, in float32 in memory.
    held = sum(part.nbytes * (1 if name.endswith(PARTS) else 2) for name, part in stored.items())
    assert cost_of_reader(tmp_path).weights_bytes == pytest.approx(held, rel=0.02)  # the plan rounds small vectors


def test_the_real_shape_takes_what_was_measured():
    planned = reader_cost(REAL)
    assert 60e6 < planned.weights_bytes < 68e6
    # A process grew by 179 MB, some 40 of them torch's own at first use.
    assert 130e6 < planned.weights_bytes + planned.scratch_bytes < 180e6


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
