"""The gauges of context and memory: their bytes are those of the tensors of a model."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from docqa.app.answer.events import ReadProgress
from docqa.app.tui.widgets.gauges import Sizes, filled, memory_lines, percent, read_gauge, sizes_of


@pytest.mark.parametrize("tokens", [0, 700, 2_048, 5_000])
def test_the_gauge_shows_the_bytes_of_the_state(model, tokens):
    from docqa.model.state.kv_cache import AttentionMemory

    state = model.new_state(1.0)
    if tokens:
        model.prefill([7] * tokens, state)
    kv = sum(layer.nbytes() for layer in state.layers if isinstance(layer, AttentionMemory))
    delta = sum(layer.nbytes() for layer in state.layers) - kv
    local = SimpleNamespace(model=model, profile=SimpleNamespace(layers=3))
    session = SimpleNamespace(local_reading=local, context=range(tokens))
    assert sizes_of(session).read(tokens) == (delta, kv)  # type: ignore[arg-type]


@pytest.fixture
def sizes(session: Any) -> Sizes:
    return sizes_of(session)


def test_delta_state_stays_and_the_cache_grows(sizes):
    short, long = sizes.read(2_048), sizes.read(200_000)
    assert short[0] == long[0] > 0
    assert long[1] > 50 * short[1] > 0
    assert sizes.whole(2_048)[1] == 2 * short[1]  # two of four layers are attention, one of the first three
    assert sizes.attention_only(2_048) == 4 * short[1]


def test_the_gauge_says_how_much_of_the_document_is_read(sizes):
    assert read_gauge(sizes, sizes.total // 2) == "read █████░░░░░ 50 %"
    assert read_gauge(sizes, 0, compact=True) == "░░░░░ 0 %"


def test_the_full_gauge_tells_delta_state_from_cache_in_words(sizes):
    text = "\n".join(memory_lines(sizes, 4_000))
    assert "4,000 of 4,000 tokens, 100 %" in text
    assert "Used by the 3 of 4 layers that answers depend on:" in text
    assert "same at any length" in text
    assert "grows with the text" in text
    assert "all 4 layers" in text
    lines = memory_lines(sizes, 4_000, 6)
    assert max(map(len, lines)) <= 56  # inside a box on 60 columns


@pytest.mark.parametrize(
    ("share", "bar", "said"),
    [(0, "░░░░", "0 %"), (0.001, "█░░░", "< 1 %"), (0.5, "██░░", "50 %"), (2, "████", "200 %")],
)
def test_more_than_nothing_is_seen_and_no_bar_runs_over(share, bar, said):
    assert filled(share, 4) == bar
    assert percent(share) == said


@pytest.mark.parametrize("size", [(120, 40), pytest.param((60, 20), marks=pytest.mark.slow)])
def test_m_shows_the_gauge_and_it_moves_while_the_document_is_read(interface, session, tui, size):
    go = threading.Event()
    session.reading[:] = [ReadProgress(1_000, 4_000), go, ReadProgress(4_000, 4_000)]

    async def steps(pilot: Any) -> None:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "m")
        assert "Nothing is read yet" in tui.screen_text(pilot.app)
        await pilot.press("m", "r")
        await tui.until(pilot, lambda: "%" in tui.shown(panes.query_one("#gauge")))
        await pilot.press("m")
        assert "1,000 of 4,000 tokens, 25 %" in tui.screen_text(pilot.app)
        go.set()
        await tui.until(pilot, lambda: "4,000 of 4,000 tokens, 100 %" in tui.screen_text(pilot.app))
        await pilot.press("escape")
        assert pilot.app.screen.panes is panes

    tui.drive(interface(), steps, size)
