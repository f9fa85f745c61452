"""Threads below the screens: what comes of work, and what goes wrong, reaches them as messages.
One thread reads and asks all documents, so that no two jobs share a model; each is opened on a
thread of its own. A job is stopped between two events of its session, which keeps what was read."""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from docqa.app import report
from docqa.app.answer.events import Event, Finished, Token
from docqa.ingest.errors import Encrypted, IngestError

if TYPE_CHECKING:
    from textual.widget import Widget

    from docqa.app.answer.answer import Quote
    from docqa.app.history.records import StoredTurn
    from docqa.app.session.session import Session
    from docqa.ingest.types import Document

Opener = Callable[..., "Session"]
"""See SessionOpener."""
Post = Callable[[Message], object]
T = TypeVar("T")
SUMMARIZE = "/summarize"
"""Begins a question that is answered by a summary, a style after it."""
DRAFT_EVERY_S = 0.15
_PAGES_EVERY_S = 0.1
_Messages = Generator[Message, None, None]


@dataclass
class PagesParsed(Message):
    """A document is being opened; `page` of its `pages` are begun."""

    page: int
    pages: int


@dataclass
class FirstPages(Message):
    document: Document


@dataclass
class DocumentOpened(Message):
    documents: Sequence[Document]
    warnings: list[str]


@dataclass
class SessionEvent(Message):
    """An event of the session about question `number`, None for a read; without an event the
    question is at work, as `understood`."""

    number: int | None
    event: Event | None = None
    understood: str = ""


@dataclass
class JobEnded(Message):
    """A job is over: `kind` open, read, ask or batch, `outcome` finished, stopped or failed, for `reason`;
    `locked`: a password would help."""

    kind: str
    number: int | None
    outcome: str
    reason: str = ""
    locked: bool = False


@dataclass(eq=False)
class _Job:
    kind: str
    jobs: DocumentJobs
    work: Callable[[], _Messages]
    number: int | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    ending: bool = False


class SessionBridge:
    """Runs the jobs of all documents one after the other; no method waits but `close`."""

    def __init__(self, opener: Opener) -> None:
        self.opener = opener
        self.documents: list[DocumentJobs] = []
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._unfinished: list[_Job] = []
        self.model: Any = None  # that sessions and batches share
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="docqa session", daemon=True)
        self._thread.start()

    def waiting(self, jobs: DocumentJobs | None = None) -> list[_Job]:
        """The jobs that nobody stopped, of one document or of all, the one under way first."""
        with self._lock:
            unfinished = [job for job in self._unfinished if not jobs or job.jobs is jobs]
        return [job for job in unfinished if not job.stopped.is_set()]

    def stop(self, jobs: DocumentJobs | None = None) -> None:
        """Stop every job, of one document or of all, at its next event; what was read is stored."""
        for job in self.waiting(jobs):
            job.stopped.set()

    def close(self, seconds: float) -> bool:
        """Stop all and end the thread; whether it ended within `seconds`."""
        self.stop()
        self._queue.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def submit(self, job: _Job) -> None:
        """Run `job` after those that wait; one that opens a document at once on another thread."""
        with self._lock:
            self._unfinished.append(job)
        if job.kind == "open":
            name = "docqa opening"
            threading.Thread(target=self._carry_out, args=(job,), name=name, daemon=True).start()
        else:
            self._queue.put(job)

    def _run(self) -> None:
        while job := self._queue.get():
            if not job.stopped.is_set():
                job.jobs.deliver(SessionEvent(job.number))
            self._share_model(job.jobs)
            self._carry_out(job)
            self._share_model(job.jobs)
        for jobs in self.documents:
            jobs.release()

    def _carry_out(self, job: _Job) -> None:
        ended = JobEnded(job.kind, job.number, *self._work(job))
        with self._lock:
            self._unfinished.remove(job)
        job.jobs.deliver(ended)
        if job.jobs.left and not self.waiting(job.jobs):
            job.jobs.release()

    def _work(self, job: _Job) -> tuple[str, str, bool]:
        """(outcome, reason, locked) as in JobEnded."""
        try:
            messages = job.work()
            while not job.stopped.is_set() or self._ends_text(job):
                message = next(messages, None)
                if message is None:
                    return "finished", "", False
                if not job.jobs.deliver(message):
                    job.stopped.set()
            messages.close()
            return "stopped", "", False
        except Exception as error:  # noqa: BLE001 - a bug costs this answer, not the session that a person is in
            return "failed", problem(error), isinstance(error, Encrypted)

    def _ends_text(self, job: _Job) -> bool:
        """Whether the job goes on although it was stopped: what is written is checked and shown."""
        session = job.jobs.session
        if not job.ending and job.kind == "ask" and session:
            job.ending = session.stop_writing()
        return job.ending

    def _share_model(self, jobs: DocumentJobs) -> None:
        session = jobs.session
        if session:
            self.model = session.loaded_model = session.loaded_model or self.model


class DocumentJobs:
    """The jobs of one document, or of several together, whose messages `post` gets."""

    def __init__(self, bridge: SessionBridge, post: Post) -> None:
        self._bridge = bridge
        self._post = post
        bridge.documents.append(self)
        # in the thread: the screen may not know the last one
        self._answered: dict[int, StoredTurn] = {}
        self.session: Session | None = None
        self.left = False

    @property
    def busy(self) -> bool:
        return any(job.kind != "open" for job in self._bridge.waiting(self))

    def deliver(self, message: Message) -> bool:
        return deliver(self._post, message)

    def open(self, path: str | Sequence[str], password: str | None = None) -> None:
        """Parse the document at `path`, or those at several: DocumentOpened, then JobEnded."""
        self._submit("open", lambda: self._open(path, password))

    def read(self) -> None:
        """Read the document, from where an earlier read stopped: SessionEvents, then JobEnded."""
        self._submit("read", lambda: self._events(None, self.opened.read()))

    def ask(self, number: int, question: str, before: Mapping[int, StoredTurn]) -> None:
        """Answer a question after those that wait: SessionEvents, then JobEnded. It is understood
        by those of lower numbers: of `before`, and those answered meanwhile."""
        self._submit("ask", lambda: self._answer(number, question, before), number)

    def ask_again(self, number: int, question: str, shown: Sequence[Quote]) -> None:
        """The next best answer: the one that is in none of the quotes `shown`."""
        self._submit("ask", lambda: self._again(number, question, shown), number)

    def work_through(self, work: Callable[[], _Messages]) -> None:
        """Deliver the messages of `work`, then JobEnded."""
        self._submit("batch", work)

    def summarize(self, number: int, command: str) -> None:
        """Summarize each document as `command` says: SessionEvents, then JobEnded."""
        from .summaries import summarize

        self._submit("ask", lambda: self._events(number, summarize(self.opened, command)), number)

    def _submit(self, kind: str, work: Callable[[], _Messages], number: int | None = None) -> None:
        self._bridge.submit(_Job(kind, self, work, number))

    def stop(self, number: int | None = None) -> None:
        """Stop the job that is under way, or question `number`, at its next event."""
        for job in self._bridge.waiting(self):
            if number is None or job.number == number:
                job.stopped.set()
                return

    def leave(self) -> None:
        """Stop all of this document, and close its session after the job under way."""
        self.left = True
        self._post = bool
        self._bridge.stop(self)
        self._submit("close", lambda: (_ for _ in ()))

    def release(self) -> None:
        """In the thread."""
        session = self.session
        self.session = None
        if session:
            session.close()
            gc.collect()

    @property
    def opened(self) -> Session:
        assert self.session
        return self.session

    def _open(self, path: str | Sequence[str], password: str | None) -> _Messages:
        first = None
        if isinstance(path, str) and not password:
            first = lambda document: self.deliver(FirstPages(document))  # noqa: E731
        session = self.session = self._bridge.opener(path, self._on_page(), password, first)
        yield DocumentOpened(session.documents, [*session.warnings, *session.notices])

    def _on_page(self) -> Callable[[int, int], None]:
        shown_at = 0.0

        def on_page(page: int, pages: int) -> None:
            nonlocal shown_at
            if page == pages or time.monotonic() - shown_at >= _PAGES_EVERY_S:
                shown_at = time.monotonic()
                self.deliver(PagesParsed(page, pages))

        return on_page

    def _answer(self, number: int, question: str, before: Mapping[int, StoredTurn]) -> _Messages:
        """Answer `question` as the turns before it, answered by now, let it be understood."""
        from docqa.app.chat.followups import complete_question
        from docqa.app.history.records import StoredTurn

        known = {**before, **self._answered}
        turns = [known[earlier] for earlier in sorted(known) if earlier < number]
        asked = complete_question(self.opened, turns, question)
        if asked != question:
            yield SessionEvent(number, understood=asked)
        for message in self._events(number, self.opened.ask(asked)):
            if isinstance(message.event, Finished):
                answer = message.event.answer
                self._answered[number] = StoredTurn(question, time.time(), answer, asked)
            yield message

    def _again(self, number: int, question: str, shown: Sequence[Quote]) -> _Messages:
        yield SessionEvent(number, Finished(self.opened.ask_again(question, shown)))

    def _events(
        self, number: int | None, stream: Iterator[Event]
    ) -> Generator[SessionEvent, None, None]:
        try:
            for event in gathered(stream):
                yield SessionEvent(number, event)
        finally:
            stream.close()  # type: ignore[attr-defined]


def gathered(stream: Iterator[Event]) -> Iterator[Event]:
    """The events of `stream` without thoughts, a few pieces a second of what a model writes: one a
    word would choke the interface."""
    text = ""
    shown_at = 0.0
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
                text = ""
                shown_at = time.monotonic()


def run_in_thread(
    widget: Widget,
    work: Callable[[], T],
    done: Callable[[T], object],
    failed: Callable[[str], object],
) -> None:
    """Let `widget` call `done` with what `work` returns or, where that fails, `failed` with its
    error in words.
    """

    def run() -> None:
        try:
            call = partial(done, work())
        except Exception as error:  # noqa: BLE001 - a bug costs this result, not the session that a person is in
            call = partial(failed, problem(error))
        deliver(widget.call_later, call)

    threading.Thread(target=run, name="docqa interface", daemon=True).start()


def deliver(post: Callable[[T], object], message: T) -> bool:
    """Post `message` from a thread; False where the interface is gone."""
    try:
        post(message)
    except RuntimeError:
        return False
    return True


def problem(error: Exception) -> str:
    """The message of an error that is expected; of any other that it is a bug, and which."""
    if isinstance(error, IngestError) and "--" in without_flags(
        error.hint
    ):  # nobody types a flag here
        return f"{error.where}: {error.message}"
    if isinstance(error, report.expected_errors()) or report.is_out_of_memory(error):
        return without_flags(report.error_message(error))
    return f"this is a bug in docqa: {type(error).__name__}: {error}"


def without_flags(text: str) -> str:
    return text.replace("--include-hidden", "/hidden")
