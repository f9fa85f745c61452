"""Networks on numpy arrays and native kernels, without torch: an encoder, and the first layers of
the trunk.
"""

__all__ = ["encoder", "tensors", "trunk"]
