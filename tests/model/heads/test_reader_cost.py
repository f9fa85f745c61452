"""The reader's memory as it is planned, against the bytes of a real one."""

import tiny

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import ReaderCost, estimate
from docqa.model.folder import BUNDLED
from docqa.model.heads.reader_cost import cost_of_reader


def test_the_bundled_ones_take_what_was_measured():
    planned = cost_of_reader(BUNDLED)
    assert 73e6 < planned.weights_bytes < 84e6  # of which the passage encoder's are 13
    # A process grew by 179 MB for the reader alone, some 40 of them torch's own at first use.
    assert 143e6 < planned.weights_bytes + planned.scratch_bytes < 195e6


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
