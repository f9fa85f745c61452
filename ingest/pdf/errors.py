"""What pypdf raises on damaged files, and how it reads in a message."""

import struct
import zlib

DAMAGED = (
    "The file is damaged or was cut off; get it again, or repair it with a PDF tool such as qpdf"
)
# What pypdf raises on damaged objects beside its own errors.
_STRUCTURE_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
    ArithmeticError,
    NotImplementedError,
    OSError,
    EOFError,
    zlib.error,
    struct.error,
)


def pdf_errors() -> tuple[type[Exception], ...]:
    """All that pypdf raises on a bad file."""
    from pypdf.errors import DependencyError, PyPdfError

    return (PyPdfError, DependencyError, *_STRUCTURE_ERRORS)


def error_reason(error: BaseException) -> str:
    """The kind of `error` and the beginning of what it says."""
    text = " ".join(str(error).split())[:120]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
