"""The bench of frames, on a text that is quick to make; its bars are for `docqa bench`, at the full
length.
"""

import gc
from collections.abc import Iterator
from statistics import mean

import pytest

from docqa.app.cli import COLLECT_AFTER
from docqa.app.lab.bench import frames as frame_bench


@pytest.fixture(autouse=True)
def rare_collections() -> Iterator[None]:
    """As in the process of a command."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECT_AFTER)
    yield
    gc.set_threshold(*before)


@pytest.mark.slow
def test_a_document_of_a_million_tokens_is_drawn_within_its_limits():
    times = frame_bench.measure(frames=60)
    assert times.open_cpu_s < frame_bench.OPEN_WITHIN_S
    assert mean(times.frames_cpu_s) < frame_bench.FRAME_WITHIN_S
    assert mean(times.busy_frames_cpu_s) < frame_bench.FRAME_WITHIN_S
    assert max(times.busy_frames_cpu_s) < frame_bench.WORST_FRAME_S
