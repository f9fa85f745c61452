"""What a server can do wrong. Status 4: the documents are not at fault, the model could not be used."""

from __future__ import annotations

from docqa.app.errors import ResourceError


class RemoteError(ResourceError):
    """The server refused, failed, or spoke another language; what it said is in the message, a key never is."""


class TransientError(RemoteError):
    """Something that may go better the next time: no connection, a cut stream, an overload. `wait_s`: asked for."""

    def __init__(self, message: str, *, where: str = "", hint: str = "", wait_s: float | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.wait_s = wait_s
