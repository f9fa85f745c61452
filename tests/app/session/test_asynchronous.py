"""A Session on asyncio: the same answers, progress, and an end where a task is cancelled."""

import asyncio
import threading
from typing import Any

import pytest

from docqa.app import AsyncSession, open_session
from docqa.app.answer.events import Finished, ReadProgress
from docqa.ingest.errors import MissingError

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"


def test_events_and_answer_are_those_of_a_session(note, options):
    async def ask() -> tuple[list[Any], Any]:
        async with AsyncSession([str(note)], options) as session:
            assert [document.path for document in session.documents] == [str(note)]
            events = [event async for event in session.ask(QUESTION)]
            return events, await session.answer(QUESTION)

    events, again = asyncio.run(ask())
    with open_session([str(note)], options) as session:
        expected = session.answer(QUESTION)
    assert isinstance(events[-1], Finished)
    outside = [
        {**answer.to_json_object(), "usage": None}
        for answer in (events[-1].answer, again, expected)
    ]
    assert outside[0] == outside[1] == outside[2]


def test_the_loop_is_free_while_documents_are_read(lease, options):
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    async def ask() -> None:
        ticking = asyncio.create_task(tick())
        async with AsyncSession([str(lease)], options) as session:
            await session.answer(QUESTION)
        ticking.cancel()

    asyncio.run(ask())
    assert ticks > 10


def test_a_cancelled_task_ends_the_read_and_keeps_its_blocks(lease, options):
    async def ask() -> tuple[list[int], list[int]]:
        async with AsyncSession([str(lease)], options) as session:
            begun = asyncio.Event()
            done = []

            async def read() -> None:
                async for event in session.read():
                    if isinstance(event, ReadProgress) and event.done:
                        done.append(event.done)
                        begun.set()

            task = asyncio.create_task(read())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return done, [
                event.done async for event in session.read() if isinstance(event, ReadProgress)
            ]

    done, later = asyncio.run(ask())
    assert done[-1] < later[-1] and later[0] >= done[-1]


def test_a_missing_file_is_raised_and_leaves_no_thread(options, tmp_path):
    async def opened() -> None:
        async with AsyncSession([str(tmp_path / "none.pdf")], options):
            raise AssertionError("it was opened")

    with pytest.raises(MissingError):
        asyncio.run(opened())
    for thread in threading.enumerate():
        if thread.name.startswith("docqa session"):
            thread.join(10)
            assert not thread.is_alive()
    with pytest.raises(RuntimeError, match="async with"):
        _ = AsyncSession(["x"]).session
