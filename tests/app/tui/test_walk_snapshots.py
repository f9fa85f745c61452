"""The walk that the README shows: a sample document, the question of its first page, and what docqa
answers to it.
"""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docqa.app.answer.answer import Answer, CoverageReport, EvidenceItem, Usage
from docqa.app.answer.events import Finished, Preview, ReadProgress
from docqa.app.answer.grades import Status
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

from . import conftest as tui
from .test_snapshots import compare

ROOT = Path(__file__).parents[3]
QUESTION = "On which date does this agreement take effect?"
TOKENS = 5_834


@pytest.fixture(scope="module")
def agreement() -> Any:
    return replace(
        read(ReadRequest(ROOT / "sample_docs" / "services_agreement.pdf")),
        path="services_agreement.pdf",
    )


@pytest.fixture
def answer(agreement: Any) -> Any:
    """What `docqa ask` answers to it, with the passages that it looked at."""
    page = agreement.pages[3]
    start = page.text.index("1.2 This agreement")
    quote = tui.quote_of(
        agreement, page.text[start : page.text.index("four years.", start) + len("four years.")]
    )
    said = " ".join(quote.text.split()).index("1 April 2025")
    quote = replace(quote, answer_start=said, answer_end=said + len("1 April 2025"))
    looked_at = [agreement.passages[number] for number in (2, 20)]
    evidence = tuple(
        EvidenceItem(
            agreement.path,
            p.page,
            agreement.pages[p.page - 1].label,
            1.0,
            agreement.pages[p.page - 1].text[p.start : p.end],
        )
        for p in looked_at
    )
    coverage = CoverageReport(tokens=TOKENS, tokens_read=TOKENS, pages=len(agreement.pages))
    usage = Usage(TOKENS, 0, 11.4, False)
    return Answer(
        Status.ANSWERED, QUESTION, "1 April 2025", False, 0.96, (quote,), evidence, coverage, usage
    )


@pytest.fixture
def session(agreement: Any) -> Any:
    return tui.FakeSession((agreement,))


async def test_the_walk(running, session, answer):
    go = threading.Event()
    early = replace(answer, status=Status.PARTIAL, coverage=replace(answer.coverage, tokens_read=0))
    session.script[:] = [
        Preview(early),
        ReadProgress(2_048, TOKENS, 512.0, 7.4),
        go,
        ReadProgress(TOKENS, TOKENS),
        Finished(answer),
    ]

    async with running(size=(110, 32)) as pilot:
        panes = await tui.opened(pilot)
        panes.prompt.line.cursor_blink = False  # or the image would depend on when it is taken
        panes.prompt.line.value = QUESTION
        await pilot.press("enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        await pilot.pause()
        compare(pilot.app, "walk_reading")
        go.set()
        await tui.until(pilot, lambda: not pilot.app.bridge.waiting())
        await pilot.press("alt+n")
        await pilot.pause()
        compare(pilot.app, "walk_cite")
        await pilot.press("ctrl+f", *"notice", "enter")
        await tui.sees(pilot, "hit 1 of 11")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        compare(pilot.app, "walk_search")
