"""Work in threads for widgets: what it makes reaches them as messages, and so does what goes wrong, in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from docqa.app import report

if TYPE_CHECKING:
    from textual.message import Message
    from textual.widget import Widget


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
