"""The bench of frames, on a text that is quick to make; its bars are for `docqa bench`, at the full length."""

from statistics import mean

import pytest

from docqa.app.bench import frames as frame_bench


@pytest.mark.slow
def test_a_document_of_a_million_tokens_is_drawn_within_its_limits():
    times = frame_bench.measure(frames=60)
    assert times.open_cpu_s < frame_bench.OPEN_WITHIN_S
    assert mean(times.frames_cpu_s) < frame_bench.FRAME_WITHIN_S
    assert mean(times.busy_frames_cpu_s) < frame_bench.FRAME_WITHIN_S
    assert max(times.busy_frames_cpu_s) < frame_bench.WORST_FRAME_S
