"""The small networks that answer, on numpy and the native kernels: no torch is needed for what was read before."""

__all__ = ["choice", "encoder", "reader", "tensors", "trunk"]
