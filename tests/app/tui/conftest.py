"""A session that says what a test tells it to, and a way to drive the interface."""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Usage
from docqa.app.answer.events import Finished, ReadProgress
from docqa.app.answer.grades import Grade, Place
from docqa.app.storage.store import Store
from docqa.app.tui.app import Interface
from docqa.app.tui.bridge import SessionBridge
from docqa.ingest.types import Block, Document, Section

LABELS = ("i", "ii", "1", "2", "3", "4", "5", "6", "7", "8")
QUESTION = "What is the fee of page 5?"


def page_text(number: int) -> str:
    """Twelve lines, with a sentence about a fee that no other page has."""
    lines = [f"{number}. Duties of keeper {number}"]
    lines += [
        f"The keeper of part {number} writes line {line} of the register before noon."
        for line in range(1, 11)
    ]
    lines.insert(6, f"The fee of part {number} is {number * 17} dollars, payable in March.")
    return "\n".join(lines)


@pytest.fixture
def lease_document(document: Callable[..., Document]) -> Document:
    """Ten labelled pages with a heading each; part 1 holds the first five as its children."""
    texts = [page_text(number) for number in range(1, 11)]
    sections = [Section("p1", None, "Part one", 1, 1, 0, "markup", 1.0, None, "i")]
    sections += [
        Section(
            str(n),
            str(n),
            f"Duties of keeper {n}",
            2 if n <= 5 else 1,
            n,
            0,
            "markup",
            1.0,
            "p1" if n <= 5 else None,
            LABELS[n - 1],
        )
        for n in range(1, 11)
    ]
    made = document(*texts, path="lease.pdf", labels=LABELS, sections=tuple(sections))
    pages = [
        replace(page, blocks=(Block(0, page.text.find("\n"), "heading"),)) for page in made.pages
    ]
    return replace(made, pages=tuple(pages))


def quote_of(document: Document, words: str, grade: str = "exact") -> Quote:
    """A quote of `words`, cited where they stand."""
    for page in document.pages:
        start = page.text.find(words)
        if start >= 0:
            cite = Cite(document.path, page.page, page.label, None, start, start + len(words))
            return Quote(words, 0, 3, Grade(grade), Place.AS_CITED, (cite,))
    raise AssertionError(words)


def answer_of(document: Document, question: str = QUESTION, **changes: Any) -> Answer:
    """An answer with the fees of pages 5 and 9 as quotes and one passage of evidence."""
    evidence = document.pages[6].text.split("\n")[3]
    values: dict[str, Any] = {
        "status": "answered",
        "question": question,
        "answer": "85 dollars",
        "refused": False,
        "confidence": 0.9,
        "quotes": (
            quote_of(document, "The fee of part 5 is 85 dollars, payable in March."),
            quote_of(document, "The fee of part 9 is 153 dollars", "damaged"),
        ),
        "evidence": (EvidenceItem(document.path, 7, "5", 1.5, evidence),),
        "coverage": CoverageReport(tokens=4000, tokens_read=4000, pages=10),
        "usage": Usage(4000, 0, 1.0, False),
    }
    return Answer(**{**values, **changes})


@dataclass
class FakeSession:
    """Yields the events of `script` for a question, and of `reading` for a read; an Event of
    threading is waited for, an exception raised, all else handed on. `closed` counts the generators
    that were closed before their end.
    """

    documents: tuple[Document, ...]
    script: list[Any] = field(default_factory=list)
    reading: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    writing: Any = None
    has_begun: bool = True
    options: Any = field(default_factory=lambda: SimpleNamespace(quick=False))
    stopped: int = 0
    closed: bool = False
    loaded_model: Any = None

    def ask(self, question: str) -> Iterator[Any]:
        self.asked.append(question)
        yield from self._play(self.script)

    def read(self) -> Iterator[Any]:
        yield from self._play(self.reading)

    def _play(self, script: list[Any]) -> Iterator[Any]:
        try:
            for step in script:
                if isinstance(step, threading.Event):
                    assert step.wait(20)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        except GeneratorExit:
            self.stopped += 1
            raise

    @property
    def context(self) -> Any:
        return SimpleNamespace(
            passages=[SimpleNamespace(passage=each) for each in self.documents[0].passages]
        )

    def stop_writing(self) -> bool:
        return False

    def is_follow_up(self, question: str) -> bool:
        return question.startswith("And")

    def answer(self, question: str) -> Any:
        return next(step.answer for step in self.script if isinstance(step, Finished))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def session(lease_document: Document) -> FakeSession:
    """A session of the lease; a test fills its script."""
    return FakeSession((lease_document,))


@pytest.fixture
def answered(session: FakeSession) -> FakeSession:
    """The session, with a script that answers at once."""
    answer = answer_of(session.documents[0])
    session.script[:] = [ReadProgress(4000, 4000, 2000.0, 0.0), Finished(answer)]
    return session


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of the test's own, outside the folder of its documents."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def lease_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for the path; a fake session reads nothing of it."""
    path = tmp_path_factory.mktemp("docs") / "lease.pdf"
    path.write_bytes(b"%PDF-1.4 not read")
    return path


@pytest.fixture
def interface(
    session: FakeSession, store: Store, lease_file: Path
) -> Iterator[Callable[..., Interface]]:
    """Function that makes an interface over the fake session, opening the lease unless a path is
    given.
    """
    made: list[SessionBridge] = []

    def make(path: str | None = None, opener: Any = None, **parts: Any) -> Interface:
        app = Interface(path or str(lease_file), opener or (lambda *_: session), store, **parts)
        app.NOTIFICATION_TIMEOUT = 120  # a busy machine takes its time to look at a message
        made.append(app.bridge)
        return app

    yield make
    for bridge in made:
        assert bridge.close(20)


@pytest.fixture
def running(interface: Callable[..., Interface]) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """Function that runs an interface, made as by `interface`, and gives its pilot; with
    `notifications` its messages are drawn, too.
    """

    def run(
        *arguments: Any,
        size: tuple[int, int] = (120, 40),
        notifications: bool = False,
        **parts: Any,
    ) -> AbstractAsyncContextManager[Any]:
        app = interface(*arguments, **parts)
        return app.run_test(size=size, notifications=notifications)

    return run


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


async def until(pilot: Any, condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Let the interface run until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain before\n{screen_text(pilot)}"
        await pilot.pause(0.02)
    await pilot.pause()


async def sees(pilot: Any, words: str, seconds: float = 120.0) -> None:
    """Let the interface run until `words` are on the screen."""
    await until(pilot, lambda: words in screen_text(pilot), seconds)


async def opened(pilot: Any) -> Any:
    """Wait until the document is on screen; returns its panes."""
    await until(pilot, lambda: getattr(pilot.app.screen, "document", None) is not None)
    return pilot.app.screen.panes


async def ask(pilot: Any, question: str = QUESTION) -> Any:
    """Open, enter a question and wait for its end; returns the panes."""
    panes = await opened(pilot)
    panes.prompt.line.value = question  # as a paste does: typing takes a tenth of a second a letter
    await pilot.press("enter")
    await until(pilot, lambda: panes.answers.cards and not panes.answers.cards[-1].turn.running)
    return panes


def shown(widget: Any) -> str:
    """What a widget, or all cards of the answers, show, as plain lines."""
    if hasattr(widget, "cards"):
        return "\n".join(shown(card) for card in widget.cards)
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def reversed_text(page: Any) -> str:
    """What the page view shows in reverse: the cite that is followed."""
    lines = []
    for y in range(page.size.height):
        lines.append("".join(s.text for s in page.render_line(y) if s.style and s.style.reverse))
    return " ".join(filter(None, lines))


def passage_text(page: Any) -> str:
    """What the page view marks at its side as the passage that is followed."""
    lines = [page.render_line(y).text for y in range(page.size.height)]
    return " ".join(line[2:].rstrip() for line in lines if line.startswith("┃ "))


def contrast(one: Any, other: Any) -> float:
    """The contrast of two colours of Rich, as WCAG defines it."""
    lights = []
    for colour in (one, other):
        parts = [part / 255 for part in colour.get_truecolor()]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def notices(pilot: Any) -> str:
    """All messages that the interface has shown and not yet taken away."""
    return "\n".join(notification.message for notification in pilot.app._notifications)


def flat(widget: Any) -> str:
    """What a widget shows, with its lines joined to one."""
    return " ".join(shown(widget).split())


def screen_text(pilot: Any) -> str:
    """The whole screen as plain lines."""
    width = pilot.app.size.width
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text[:width] for strip in strips)
