"""What can go wrong in the application itself; `docqa.ingest.errors` and `docqa.model.errors` have
what they raise.
"""

from docqa.ingest.errors import DescribedError


class AppError(DescribedError):
    """Root of everything that the application raises; `exit_code` is the status that the command
    ends with.
    """

    exit_code = 1


class UsageError(AppError):
    """The command line asks for something that is not possible."""

    exit_code = 2


class InputError(AppError):
    """A file named by the user cannot be used."""

    exit_code = 3


class ResourceError(AppError):
    """The model, the memory or the disk does not allow it."""

    exit_code = 4


class StoreDamagedError(AppError):
    """Something kept on disk is not what was written; it is rebuilt, and no user sees this."""

    exit_code = 4
