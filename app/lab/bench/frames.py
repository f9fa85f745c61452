"""The rows of the terminal interface: a document of a million tokens opened, and its frames drawn
without a terminal."""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from docqa.app.options import Options
from docqa.app.storage.store import store_of
from docqa.app.tui.app import Interface
from docqa.app.tui.library.opener import SessionOpener
from docqa.app.tui.page.view import TextPane
from docqa.app.tui.screens.document_screen import DocumentScreen

from .rows import Measurement

CHARACTERS = 4_300_000  # about a million tokens of English
SIZE = (120, 40)
FRAMES = 300
_GIVE_UP_S = 60.0
OPEN_WITHIN_S = 0.5
FRAME_WITHIN_S = 0.008
WORST_FRAME_S = 0.030

_WORDS = (
    "the tenant of unit seven shall pay the keeper before the ninth day of each month in writing unless the lock of "
    "the door was broken and a notice is sent to the office on the floor below or the roof is under repair by then"
)


@dataclass(frozen=True)
class FrameTimes:
    """Seconds. `open_s`: until a parsed document is on the screen. A frame is every line on a
    screen of `SIZE`: `frames_s` drawn for the first time, all over the text, `busy_frames_s` while
    it is read. `_cpu_s`: of the processor."""

    open_s: float
    open_cpu_s: float
    frames_s: list[float]
    frames_cpu_s: list[float]
    busy_frames_s: list[float]
    busy_frames_cpu_s: list[float]


def interface_rows(characters: int = CHARACTERS, frames: int = FRAMES) -> Iterator[Measurement]:
    """tui_open, tui_frame and tui_frame_reading, over so many characters and frames."""
    times = measure(characters, frames)
    yield Measurement(
        "tui_open",
        times.open_s,
        "s",
        None,
        None,
        f"{characters:,} characters, parsed before, until its text is on the screen; {times.open_cpu_s:.3g} s of the "
        f"processor; the bar is {OPEN_WITHIN_S:g} s",
    )
    bars = f"the bars are {1000 * FRAME_WITHIN_S:g} and {1000 * WORST_FRAME_S:g} ms"
    what = f"every line of {SIZE[0]}x{SIZE[1]}, mean of {frames} places drawn for the first time"
    yield Measurement(
        "tui_frame",
        1000 * mean(times.frames_s),
        "ms",
        None,
        None,
        f"{what}; {_worst(times.frames_s, times.frames_cpu_s)}; {bars}",
    )
    yield Measurement(
        "tui_frame_reading",
        1000 * mean(times.busy_frames_s),
        "ms",
        None,
        None,
        f"{what} while the document is read in the background; "
        f"{_worst(times.busy_frames_s, times.busy_frames_cpu_s)}; {bars}",
    )


def _worst(walls: list[float], cpu: list[float]) -> str:
    of_cpu = f"of the processor {1000 * mean(cpu):.3g} ms, worst {1000 * max(cpu):.3g} ms"
    return f"worst {1000 * max(walls):.3g} ms; {of_cpu}"


def measure(characters: int = CHARACTERS, frames: int = FRAMES) -> FrameTimes:
    """Write a text of so many characters, parse it, and time its opening and `frames` frames."""
    with tempfile.TemporaryDirectory(prefix="docqa-frames-") as folder:
        path = Path(folder) / "long.md"
        path.write_text(long_text(characters), encoding="utf-8")
        return asyncio.run(_measure(path, Path(folder) / "cache", frames))


def long_text(characters: int) -> str:
    """Markdown of `characters`, always the same, with headings and references."""
    words = random.Random(12)
    known = _WORDS.split()
    parts: list[str] = []
    length = 0
    while length < characters:
        section, paragraph = divmod(len(parts), 12)
        if paragraph == 0:
            parts.append(f"## {section + 1} Duties of the keeper\n\n")
        else:
            words_of = " ".join(words.choices(known, k=words.randint(40, 130))).capitalize()
            pointing = f", as Section {section // 2 + 1} says" if paragraph % 2 else ""
            parts.append(f"{words_of}{pointing}.\n\n")
        length += len(parts[-1])
    return "".join(parts)


async def _measure(path: Path, cache: Path, frames: int) -> FrameTimes:
    options = Options(cache_dir=str(cache), preview=False)
    opener = SessionOpener(options)
    opener(str(path)).close()
    app = Interface(str(path.parent), opener, store_of(options))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        started = time.perf_counter()
        worked = time.process_time()
        screen = DocumentScreen(str(path), app.bridge, app.store)
        await app.push_screen(screen)
        await _until(lambda: _shown(screen), f"{path} is not on the screen", 0.001)
        opened = time.perf_counter() - started
        opened_cpu = time.process_time() - worked
        await pilot.pause(1.0)
        walls, drawn = await _frames(screen.panes.page, frames)
        screen.questions.read()
        await _until(lambda: screen.panes.progress is not None, "no token is read", 0.01)
        busy, busy_cpu = await _frames(screen.panes.page, frames, seed=35)
        await app.action_quit()
    app.bridge.close(20)
    return FrameTimes(opened, opened_cpu, walls, drawn, busy, busy_cpu)


async def _until(there: Callable[[], bool], problem: str, pause: float) -> None:
    """Look every `pause` seconds whether it is `there`. Raises TimeoutError with the `problem`."""
    end = time.perf_counter() + _GIVE_UP_S
    while not there():
        if time.perf_counter() > end:
            raise TimeoutError(f"{problem} after {_GIVE_UP_S:g} s")
        await asyncio.sleep(pause)


def _shown(screen: DocumentScreen) -> bool:
    page = screen.panes.page
    return screen.document is not None and any(
        page.render_line(y).text.strip() for y in range(page.size.height)
    )


async def _frames(page: TextPane, frames: int, seed: int = 34) -> tuple[list[float], list[float]]:
    """Seconds of each frame drawn for the first time, by (the clock, the processor)."""
    places = random.Random(seed)
    walls, drawn = ([0.0] * frames for _ in range(2))
    for number in range(frames):
        y = page.scroll_y + page.size.height if number % 3 else places.randrange(page.max_scroll_y)
        page.scroll_to(y=y, animate=False, immediate=True)
        started = time.perf_counter()
        worked = time.thread_time()
        for line in range(page.size.height):
            page.render_line(line)
        drawn[number], walls[number] = time.thread_time() - worked, time.perf_counter() - started
        await asyncio.sleep(0)
    return walls, drawn
