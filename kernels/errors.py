"""Errors of the kernels: wrong calls, and what this machine has no implementation for."""


class DescribedError(Exception):
    """The one form of docqa's errors: `message` says what is wrong, `where` in which file, `hint`
    what to do next; that of `ingest`, too, which imports none of these packages."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return place + self.message + (f" ({self.hint})" if self.hint else "")


class KernelError(DescribedError):
    """Root of everything that a kernel raises."""


class ShapeMismatch(KernelError):
    """Two tensors of one call do not fit together; the message names both and their shapes."""


class NoImplementation(KernelError):
    """An operation has no implementation for the device and dtype, or the forced one does not
    exist.
    """


class LibraryDamaged(KernelError):
    """The file of the native kernels cannot be used: cut off, or of another version of docqa."""
