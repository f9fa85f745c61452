"""Errors of the kernels: what was called wrongly, or what this machine has no implementation for."""

from __future__ import annotations


class KernelError(Exception):
    """Root of everything that a kernel raises."""


class ShapeMismatch(KernelError):
    """Two tensors of one call do not fit together; the message names both and their shapes."""


class NoImplementation(KernelError):
    """An operation has no implementation for the device and dtype, or the forced one does not exist."""
