"""Why a file could not be read: what is wrong, with which file, and what to do next. The errors of
app have this form too; those of model and kernels are a message alone."""

from collections.abc import Iterator
from contextlib import contextmanager


class DescribedError(Exception):
    """`message`: what is wrong, `where`: with which file, `hint`: what to do next."""

    hint_form = " ({})"

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.message}" if self.where else self.message
        return line + self.hint_form.format(self.hint) if self.hint else line


class IngestError(DescribedError):
    """Root of everything that reading a file raises."""

    hint_form = ". {}"


class MissingError(IngestError):
    """There is no such file or folder."""


class EmptyError(IngestError):
    """The file has no bytes, or nothing but white space."""


class NotADocument(IngestError):
    """The content is of a kind that docqa does not read."""


class Encrypted(IngestError):
    """The file needs a password, or another one than was given."""


class Unreadable(IngestError):
    """The file is damaged, may not be opened, or its reader crashed or ran out of time or
    memory.
    """


class NoText(IngestError):
    """There is no text to read, as where pages are scans."""


class TooLarge(IngestError):
    """The file is over a limit, which the message names."""


class NoDocuments(IngestError):
    """A folder or archive without a document that docqa reads."""


def refuse_over_limit(limit: int, count: int, what: str, hint: str = "Split the file") -> None:
    """Raises TooLarge where there are more of `what` than the `limit`."""
    if count > limit:
        raise TooLarge(f"{count:,} {what}, the limit is {limit:,}", hint=hint)


ERRORS: dict[str, type[IngestError]] = {
    kind.__name__: kind for kind in IngestError.__subclasses__()
}


@contextmanager
def name_file_in_errors(file_name: str) -> Iterator[None]:
    """Names the file in the errors of this block."""
    try:
        yield
    except IngestError as error:
        error.where = error.where or file_name
        raise
