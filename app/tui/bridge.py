"""Threads behind the screens: what work makes reaches them as messages, and so does what goes wrong. No widgets here.

One thread opens, reads and asks documents for the whole interface, so that no two jobs share a model. A job is stopped
between two events of its session, by closing the generator, which keeps what was read. Whatever goes wrong in a job
becomes a message.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from docqa.app import report
from docqa.app.answer.events import Event, Finished, ReadProgress, Token
from docqa.app.tui.widgets.gauges import sizes_of

if TYPE_CHECKING:
    from textual.widget import Widget

    from docqa.app.session.session import Session
    from docqa.app.tui.widgets.gauges import Sizes
    from docqa.ingest.types import Document

Opener = Callable[[str], "Session"]
"""Makes the Session of the document at a path. Raises the errors of the engine."""
Post = Callable[[Message], object]
DRAFT_EVERY_S = 0.15
Scores = list[tuple[int, int, int, float]]
_Messages = Generator[Message, None, None]


@dataclass
class DocumentOpened(Message):
    """A document is parsed and can be shown."""

    document: Document
    warnings: list[str]


@dataclass
class SessionEvent(Message):
    """An event of the session; `number` is that of the question, None for a read without one.

    `sizes`, with the first progress: what reading the document takes. `scores`, with the answer: how well every passage
    fits the question, as (page, start, end, score).
    """

    number: int | None
    event: Event
    sizes: Sizes | None = None
    scores: Scores = field(default_factory=list)


@dataclass
class JobEnded(Message):
    """A job is over: `kind` open, read or ask, `outcome` finished, stopped or failed, with `reason` if it failed."""

    kind: str
    number: int | None
    outcome: str
    reason: str = ""


@dataclass
class _Job:
    kind: str
    post: Post
    work: Callable[[], _Messages]
    number: int | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    ending: bool = False


class SessionBridge:
    """Runs jobs one after the other on a thread of its own; every method returns at once but `close`."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._session: Session | None = None
        self._sized = False
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._unfinished: list[_Job] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="docqa session", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a job that nobody stopped is running or waiting."""
        with self._lock:
            return any(not job.stopped.is_set() for job in self._unfinished)

    def open(self, path: str, post: Post) -> None:
        """Stop what runs and parse the document at `path`: DocumentOpened, then JobEnded."""
        self.stop()
        self._submit(_Job("open", post, lambda: self._open(path)))

    def read(self, post: Post) -> None:
        """Read the open document into the model, from where an earlier read stopped: SessionEvents, then JobEnded."""
        self._submit(_Job("read", post, lambda: self._events(None, None)))

    def ask(self, number: int, question: str, post: Post) -> None:
        """Answer a question about the open document: SessionEvents, then JobEnded."""
        self._submit(_Job("ask", post, lambda: self._events(number, question), number))

    def stop(self) -> None:
        """Stop every job at its next event; what was read is kept."""
        with self._lock:
            for job in self._unfinished:
                job.stopped.set()

    def close(self, seconds: float) -> bool:
        """Stop all and end the thread; whether it ended within `seconds`."""
        self.stop()
        self._jobs.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # In the thread

    def _submit(self, job: _Job) -> None:
        with self._lock:
            self._unfinished.append(job)
        self._jobs.put(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            outcome, reason = self._work(job)
            with self._lock:
                self._unfinished.remove(job)
            deliver(job.post, JobEnded(job.kind, job.number, outcome, reason))
        self._leave()

    def _work(self, job: _Job) -> tuple[str, str]:
        messages = job.work()
        try:
            while not job.stopped.is_set() or self._ends_text(job):
                message = next(messages, None)
                if message is None:
                    return "finished", ""
                if not deliver(job.post, message):
                    job.stopped.set()
            messages.close()
            return "stopped", ""
        except Exception as error:  # noqa: BLE001 - a bug costs this answer, not the session that a person is in
            return "failed", problem(error)

    def _ends_text(self, job: _Job) -> bool:
        """Whether the job goes on although it was stopped: what is written ends where it is, and is checked and shown.
        """
        if not job.ending and job.kind == "ask" and self._session is not None:
            job.ending = self._session.stop_writing()
        return job.ending

    def _open(self, path: str) -> _Messages:
        self._leave()
        session = self._session = self._opener(path)
        self._sized = False
        yield DocumentOpened(session.documents[0], [*session.warnings, *session.notices])

    def _events(self, number: int | None, question: str | None) -> _Messages:
        """The events of a read, or of `question` where one is given."""
        session = self._session
        assert session is not None
        stream: Iterator[Event] = session.read() if question is None else session.ask(question)
        try:
            for event in gathered(stream):
                message = SessionEvent(number, event)
                if isinstance(event, ReadProgress) and not self._sized:  # by now the model is loaded
                    self._sized, message.sizes = True, sizes_of(session)
                yield message
                if isinstance(event, Finished):
                    yield SessionEvent(number, event, scores=passage_scores(session, event))
        finally:
            stream.close()  # type: ignore[attr-defined]

    def _leave(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def gathered(stream: Iterator[Event]) -> Iterator[Event]:
    """The events of `stream`, with what a model writes in a few pieces a second: a message a word would choke the
    interface. Thoughts are left out."""
    text, shown_at = "", 0.0
    for event in stream:
        if not isinstance(event, Token):
            if text:
                yield Token(text)
            text = ""
            yield event
        elif not event.thought:
            text += event.text
            if time.monotonic() - shown_at >= DRAFT_EVERY_S:
                yield Token(text)
                text, shown_at = "", time.monotonic()


def passage_scores(session: Session, finished: Finished) -> Scores:
    """(page, start, end, score) of every passage for the question that was just answered; nothing is computed anew."""
    if session.options.quick:
        return []
    placed = session.context.passages
    passages = [(placed[item.index].passage, item.score) for item in session.rank(finished.answer.question)]
    return [(passage.page, passage.start, passage.end, score) for passage, score in passages]


def run_in_thread(widget: Widget, work: Callable[[], Message], failed: Callable[[str], Message]) -> None:
    """Post to `widget` the message of `work` or, where that fails, of `failed` for the words of its error."""

    def run() -> None:
        try:
            message = work()
        except Exception as error:  # noqa: BLE001 - a bug costs this result, not the session that a person is in
            message = failed(problem(error))
        deliver(widget.post_message, message)

    threading.Thread(target=run, name="docqa interface", daemon=True).start()


def deliver(post: Callable[[Message], object], message: Message) -> bool:
    """Post `message` from a thread; False where the interface is gone, and its event loop with it."""
    try:
        post(message)
    except RuntimeError:
        return False
    return True


def problem(error: Exception) -> str:
    """The message of an error that is expected; of any other that it is a bug, and which."""
    if isinstance(error, report.expected_errors()) or report.out_of_memory(error):
        return report.describe(error)
    return f"this is a bug in docqa: {type(error).__name__}: {error}"
