"""What can go wrong in the application itself.

    AppError                   carries where it happened, what to do next, and the exit code
    ├── UsageError       (2)   no question, an unusable questions file
    ├── InputError       (3)   a file of evaluation questions that cannot be read
    ├── ResourceError    (4)   a model or folder that cannot be used
    └── StoreDamaged           something kept on disk is not what was written; never reaches a user: it is rebuilt

Errors of reading documents live in `docqa.ingest.errors`, those of the runtime in `docqa.model.errors`.
"""

from __future__ import annotations


class AppError(Exception):
    """One line for stderr: what happened, where, and what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return place + self.message + (f" ({self.hint})" if self.hint else "")


class UsageError(AppError):
    """The command was asked for something it cannot mean."""

    exit_code = 2


class InputError(AppError):
    """A file named by the user cannot be used."""

    exit_code = 3


class ResourceError(AppError):
    """The model, the memory or the disk does not allow it."""

    exit_code = 4


class StoreDamaged(AppError):
    """A kept document or state does not match its own checksum or header."""

    exit_code = 4
