"""How fast the interface is at the length it is made for: opening a document of a million tokens, and drawing it.

The render calls are timed themselves, without a terminal, which would time the terminal. `docqa bench` prints them.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docqa.app.tui.page.view import PageView
    from docqa.app.tui.screens.document_screen import DocumentScreen

CHARACTERS = 4_300_000  # about a million tokens of English
SIZE = (120, 40)
FRAMES = 300
_GIVE_UP_S = 60.0
OPEN_WITHIN_S = 1.0
FRAME_WITHIN_S = 0.008

_WORDS = (
    "the tenant of unit seven shall pay the keeper before the ninth day of each month in writing unless the lock of "
    "the door was broken and a notice is sent to the office on the floor below or the roof is under repair by then"
)


@dataclass(frozen=True)
class FrameTimes:
    """Seconds. `open_s`: from asking for a document that was parsed before until its text is on the screen.

    A frame is every line of the text on a screen of `SIZE`: `frame_s` the mean over `frames` places, `worst_frame_s`
    the slowest; `jump_s` is the mean of going to a place and laying out what stands around it. `settled_frame_s`: the
    mean of a frame that was drawn before, as when something over it closes. Those that end in `_cpu_s` are of the
    processor: what the same takes on a machine that does nothing else.
    """

    characters: int
    frames: int
    open_s: float
    open_cpu_s: float
    frame_s: float
    frame_cpu_s: float
    worst_frame_s: float
    worst_frame_cpu_s: float
    settled_frame_cpu_s: float
    jump_cpu_s: float


def measure(characters: int = CHARACTERS, frames: int = FRAMES) -> FrameTimes:
    """Write a text of so many characters, parse it, and time its opening and `frames` frames all over it."""
    with tempfile.TemporaryDirectory(prefix="docqa-frames-") as folder:
        path = Path(folder) / "long.md"
        path.write_text(long_text(characters), encoding="utf-8")
        return asyncio.run(_measure(path, Path(folder) / "cache", characters, frames))


def long_text(characters: int) -> str:
    """A text in Markdown, the same every time: a heading every few thousand characters, and in every second paragraph
    a reference to an earlier one.
    """
    words, known = random.Random(12), _WORDS.split()
    parts: list[str] = []
    length = 0
    while length < characters:
        section, paragraph = divmod(len(parts), 12)
        if paragraph == 0:
            parts.append(f"## {section + 1} Duties of the keeper\n\n")
        else:
            told = " ".join(words.choices(known, k=words.randint(40, 130))).capitalize()
            pointing = f", as Section {section // 2 + 1} says" if paragraph % 2 else ""
            parts.append(f"{told}{pointing}.\n\n")
        length += len(parts[-1])
    return "".join(parts)


async def _measure(path: Path, cache: Path, characters: int, frames: int) -> FrameTimes:
    from docqa.app.options import Options
    from docqa.app.session.engine import open_store
    from docqa.app.tui.app import Interface
    from docqa.app.tui.library.opener import SessionOpener
    from docqa.app.tui.screens.document_screen import DocumentScreen

    options = Options(cache_dir=str(cache), preview=False)
    opener = SessionOpener(options)
    opener(str(path)).close()
    app = Interface(str(path.parent), opener, open_store(options))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        started, worked = time.perf_counter(), time.process_time()
        screen = DocumentScreen(str(path), app.bridge, app.store)
        await app.push_screen(screen)
        while not _shown(screen):
            if time.perf_counter() - started > _GIVE_UP_S:
                raise TimeoutError(f"{path} is not on the screen after {_GIVE_UP_S:g} s")
            await asyncio.sleep(0.001)
        opened, opened_cpu = time.perf_counter() - started, time.process_time() - worked
        await pilot.pause(1.0)
        walls, jumps, drawn, again = await _frames(screen.page, frames)
        await app.action_quit()
    app.bridge.close(20)
    mean = statistics.mean
    return FrameTimes(
        characters,
        frames,
        opened,
        opened_cpu,
        mean(walls),
        mean(drawn),
        max(walls),
        max(drawn),
        mean(again),
        mean(jumps),
    )


def _shown(screen: DocumentScreen) -> bool:
    page = screen.page
    return screen.document is not None and any(page.render_line(y).text.strip() for y in range(page.size.height))


async def _frames(page: PageView, frames: int) -> tuple[list[float], list[float], list[float], list[float]]:
    """(frames by the clock, by the processor: jumps, frames drawn for the first time, the same again), in seconds."""
    places = random.Random(34)
    walls: list[float] = []
    jumps: list[float] = []
    drawn: list[float] = []
    again: list[float] = []
    for number in range(frames):
        worked = time.thread_time()
        if number % 3:
            page.scroll_to(y=page.scroll_y + page.size.height, animate=False, immediate=True)
        else:
            page.scroll_to(y=places.randrange(page.max_scroll_y), animate=False, immediate=True)
        jumps.append(time.thread_time() - worked)
        started = time.perf_counter()
        drawn.append(_draw(page))
        walls.append(time.perf_counter() - started)
        again.append(_draw(page))
        await asyncio.sleep(0)
    return walls, jumps, drawn, again


def _draw(page: PageView) -> float:
    """Make every line of the view; returns the seconds of the processor."""
    worked = time.thread_time()
    for y in range(page.size.height):
        page.render_line(y)
    return time.thread_time() - worked
