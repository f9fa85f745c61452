"""Why a file could not be read. Each error says what is wrong, with which file, and what to do next."""

from __future__ import annotations


class IngestError(Exception):
    """`message` says what is wrong, `path` with which file (as given), `hint` what to do next."""

    def __init__(self, message: str, path: str = "", hint: str = "") -> None:
        super().__init__(message, path, hint)
        self.message = message
        self.path = path
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.path}: {self.message}" if self.path else self.message
        return f"{line}. {self.hint}" if self.hint else line


class MissingError(IngestError):
    """There is no such file or folder."""


class EmptyError(IngestError):
    """The file has no bytes, or nothing but white space."""


class NotADocument(IngestError):
    """The content is of a kind that docqa does not read."""


class Encrypted(IngestError):
    """The file needs a password, or another one than was given."""


class Unreadable(IngestError):
    """The file is damaged, may not be opened, or its reader crashed or ran over a limit of time or memory."""


class NoText(IngestError):
    """The pages are pictures: there is no text to read on any of them."""


class TooLarge(IngestError):
    """The file is over a limit, which the message names."""


class NoDocuments(IngestError):
    """A folder or archive that holds nothing docqa reads."""


ERRORS: dict[str, type[IngestError]] = {
    kind.__name__: kind
    for kind in (MissingError, EmptyError, NotADocument, Encrypted, Unreadable, NoText, TooLarge, NoDocuments)
}
