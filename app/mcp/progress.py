"""What a client hears while one of its calls is worked on, and how the work ends where the call is cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from docqa.model.errors import Cancelled

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from docqa.app.answer.events import ReadProgress

_AT_MOST_EVERY_S = 0.2


class CallProgress:
    """Progress of one call, as a count that only grows: several documents are counted one behind the other."""

    def __init__(self, context: Context) -> None:
        self._context, self._loop = context, asyncio.get_running_loop()
        self._base = self._done = 0
        self._told = float("-inf")
        self._cancelled = threading.Event()

    def on_page(self, page: int, pages: int) -> None:
        """A page is begun, said in the thread that reads. Raises Cancelled where nobody waits for the call."""
        if self._cancelled.is_set():
            raise Cancelled("the call was cancelled")
        if self._due(page, pages):
            told = self._tell(page, pages, f"parsing page {page} of {pages}")
            asyncio.run_coroutine_threadsafe(told, self._loop)

    async def on_read(self, event: ReadProgress) -> None:
        """Tokens were read into the model."""
        if self._due(event.done, event.total):
            await self._tell(event.done, event.total, f"read {event.done:,} of {event.total:,} tokens")

    def cancel(self) -> None:
        """Nobody waits any more: what reads in a thread ends at the next page."""
        self._cancelled.set()

    def _due(self, done: int, total: int) -> bool:
        now = time.monotonic()
        if done < total and now - self._told < _AT_MOST_EVERY_S:
            return False
        self._told = now
        return True

    async def _tell(self, done: int, total: int, message: str) -> None:
        if done < self._done:  # another document, or tokens behind pages
            self._base += self._done
        self._done = done
        await self._context.report_progress(self._base + done, self._base + total, message)
