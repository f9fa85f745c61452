"""A Session for asyncio: the work is done in one thread of its own, in the order of the calls."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import Self, TypeVar

from docqa.app.answer.answer import Answer
from docqa.app.answer.events import Event, Finished
from docqa.app.options import Options
from docqa.ingest.types import Document
from docqa.model.protocol import Model

from .engine import open_session
from .session import Session

T = TypeVar("T")


class AsyncSession:
    """What `open_session` opens, for an `async with`:

        async with AsyncSession(["contract.pdf"]) as session:
            answer = await session.answer("When does the term end?")

    The documents are parsed when the block is entered. A task that is cancelled ends the work at
    the next event: whole blocks of what was read are cached. `model` and `on_page` are those of
    `open_session`; `on_page` is called in the thread.
    """

    def __init__(
        self,
        paths: list[str],
        options: Options | None = None,
        *,
        model: Model | None = None,
        on_page: Callable[[int, int], None] | None = None,
    ) -> None:
        self._open = partial(open_session, paths, options, model=model, on_page=on_page)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="docqa session")
        self._session: Session | None = None

    async def __aenter__(self) -> Self:
        """Parse the documents. Raises as `open_session`."""
        async with AsyncExitStack() as on_failure:
            on_failure.callback(self._thread.shutdown, wait=False)
            self._session = await self._run_in_thread(self._open)
            on_failure.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._run_in_thread(self.session.close)
        finally:
            self._thread.shutdown(wait=False)

    @property
    def session(self) -> Session:
        """The Session itself, for what needs no waiting. Raises RuntimeError outside of the `async
        with`.
        """
        if not self._session:
            raise RuntimeError("an AsyncSession is opened by `async with`")
        return self._session

    @property
    def documents(self) -> tuple[Document, ...]:
        return self.session.documents

    async def answer(self, question: str) -> Answer:
        """The final answer to `question`. Raises as `ask`."""
        answer: Answer | None = None
        async with aclosing(self.ask(question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    answer = event.answer
        assert answer, "a question ends in Finished"
        return answer

    def ask(self, question: str) -> AsyncGenerator[Event, None]:
        """The events of `Session.ask`; the last is Finished. Raises UsageError for an empty
        question.
        """
        return self._stream_events_from_thread(lambda: self.session.ask(question))

    def read(self) -> AsyncGenerator[Event, None]:
        """The events of `Session.read`."""
        return self._stream_events_from_thread(self.session.read)

    async def _stream_events_from_thread(
        self, begin: Callable[[], Iterator[Event]]
    ) -> AsyncGenerator[Event, None]:
        events = begin()
        try:
            while (event := await self._run_in_thread(partial(next, events, None))) is not None:
                yield event
        finally:
            self.session.stop_writing()  # else a model writes on to the end
            await self._run_in_thread(events.close)  # type: ignore[attr-defined]

    async def _run_in_thread(self, work: Callable[[], T]) -> T:
        """What `work` returns in the thread. A cancelled task waits for the next event."""
        begun = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            if self._session:
                self._session.stop_writing()
            await asyncio.wait([begun])
            raise
