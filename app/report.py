"""The one owner of standard error and of exit codes. Results go to standard output through
`result`.
"""

import codecs
import contextlib
import errno
import io
import json
import os
import sys
from collections.abc import Iterable

from docqa.ingest.errors import IngestError

from .answer.text import CONTROL, one_line
from .errors import AppError

ANSWERED = 0
BUG = 1
USAGE = 2
INPUT = 3
RESOURCES = 4
NOT_FOUND = 5
BATCH_FAILURES = 6
INTERRUPTED = 130

EXIT_CODES_HELP = (
    "Exit status: 0 answered, 1 a bug, 2 usage, 3 a document cannot be used, 4 model, memory or disk, "
    "5 not found or only possible, 6 a batch with failures, 130 interrupted."
)

_WORST_FIRST = (INTERRUPTED, BUG, USAGE, RESOURCES, INPUT, NOT_FOUND, ANSWERED)


class PipeClosedError(Exception):
    """The reader of standard output has closed it."""


def worst_exit_code(codes: Iterable[int]) -> int:
    """The exit code of several answers: what ended the run, else the first of 4, 3, 5, 0 among
    them.
    """
    present = set(codes)
    return next((code for code in _WORST_FIRST if code in present), ANSWERED)


def result(text: str) -> None:
    """Write a result and a line end to standard output. Raises PipeClosedError, and OSError where it is
    a full disk.
    """
    if sys.stdout is None:  # started with it closed
        raise PipeClosedError
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise PipeClosedError from error


def escape_unencodable() -> None:
    """Let standard output write what its encoding lacks, and bytes that are not UTF-8, as an escape
    (\\u201c).
    """
    codecs.register_error("docqa.escape", _escape_unencodable_characters)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in (
        "strict",
        "surrogateescape",
    ):
        sys.stdout.reconfigure(errors="docqa.escape")


def _escape_unencodable_characters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def flush_stdout_quietly() -> None:
    """Flush standard output; where that fails drop the rest, so that the interpreter does not
    complain.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def note(text: str) -> None:
    """A line on standard error without what a terminal would obey: names of files may be in it."""
    if sys.stderr is not None:
        with contextlib.suppress(BrokenPipeError):
            sys.stderr.write(CONTROL.sub("", text) + "\n")
            sys.stderr.flush()


def warn(text: str) -> None:
    """A warning on one line: a name that has a line end must not look like a message of its own."""
    note(f"docqa: warning: {one_line(text)}")


def report_failure(error: BaseException) -> int:
    """Say what went wrong, where, and what to do next; returns the exit code."""
    note(f"docqa: {one_line(error_message(error))}")
    return exit_code(error)


def report_usage_error(message: str, hint: str = "") -> int:
    """Report a command line that was not understood; returns its exit code."""
    note(one_line(f"docqa: {message}" + (f" ({hint})" if hint else "")))
    return USAGE


def report_interrupt(error: BaseException | None = None) -> int:
    """Ctrl-C; returns its exit code. The notes of `error` say what is kept."""
    note("; ".join(["docqa: interrupted", *getattr(error, "__notes__", [])]))
    return INTERRUPTED


def expected_errors() -> tuple[type[Exception], ...]:
    """The errors that have a message for the user; any other is a bug."""
    from docqa.kernels.errors import KernelError
    from docqa.model.errors import ModelError

    return (AppError, IngestError, KernelError, ModelError, OSError, MemoryError)


def exit_code(error: BaseException) -> int:
    """The contract's exit code for any error."""
    from docqa.model.errors import Cancelled, ContextTooLong

    if isinstance(error, AppError):
        return error.exit_code
    if isinstance(error, IngestError | ContextTooLong):
        return INPUT
    if isinstance(error, Cancelled | KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, expected_errors()) or is_out_of_memory(error):
        return RESOURCES
    return BUG


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: torch says so in a RuntimeError of no type of its own."""
    of_torch = (
        isinstance(error, RuntimeError) and "allocate" in str(error) and "memory" in str(error)
    )
    return of_torch or isinstance(error, MemoryError)


def error_message(error: BaseException) -> str:
    """The message of `error` for a person, with a next step where the system gave only a number."""
    if isinstance(error, OSError):
        said = (f"{error.filename}: " if error.filename else "") + (error.strerror or str(error))
        if error.errno == errno.ENOSPC:
            return f"{said}; `docqa cache prune` makes room, `--no-store` keeps nothing on disk"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return f"{said}; choose a folder you may write with DOCQA_CACHE_DIR, or check the file's permissions"
        return said
    if is_out_of_memory(error):
        return "not enough memory for this document; `docqa plan` says how much it needs; ask fewer documents at a time"
    return str(error) or type(error).__name__
