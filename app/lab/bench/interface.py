"""The rows of the terminal interface: a text of a million tokens opened, and its frames drawn."""

from __future__ import annotations

from collections.abc import Iterator

from docqa.app.lab.bench import frames as frame_bench
from docqa.app.lab.bench.rows import Row


def interface_rows(characters: int = frame_bench.CHARACTERS, frames: int = frame_bench.FRAMES) -> Iterator[Row]:
    """tui_open, tui_frame and tui_settled_frame, over a text of so many characters and so many frames."""
    times = frame_bench.measure(characters, frames)
    size = f"{times.characters:,} characters"
    screen = "{}x{}".format(*frame_bench.SIZE)
    within = f"at most {frame_bench.OPEN_WITHIN_S:g} s wanted"
    yield Row(
        "tui_open", times.open_s, "s", None, None,
        f"{size}, parsed before, until its text is on the screen; {times.open_cpu_s:.3g} s of the processor; {within}",
    )  # fmt: skip
    within = f"at most {1000 * frame_bench.FRAME_WITHIN_S:g} ms wanted"
    yield Row(
        "tui_frame", 1000 * times.frame_s, "ms", None, None,
        f"every line of {screen}, mean of {times.frames} places drawn for the first time; of the processor "
        f"{1000 * times.frame_cpu_s:.3g} ms, worst {1000 * times.worst_frame_cpu_s:.3g} ms; {within}",
    )  # fmt: skip
    yield Row(
        "tui_settled_frame", 1000 * times.settled_frame_cpu_s, "ms", None, None,
        "the same frames drawn again, of the processor",
    )  # fmt: skip
