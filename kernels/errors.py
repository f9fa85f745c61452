"""Errors of the kernels: wrong calls, and what this machine has no implementation for."""


class KernelError(Exception):
    """Root of everything that a kernel raises."""


class ShapeMismatch(KernelError):
    """Two tensors of one call do not fit together; the message names both and their shapes."""


class NoImplementation(KernelError):
    """An operation has no implementation for the device and dtype, or the forced one does not
    exist.
    """


class LibraryDamaged(KernelError):
    """The file of the native kernels cannot be used: cut off, or of another version of docqa."""
