"""Networks on numpy arrays and native kernels: an encoder, and the first layers of the trunk. No torch is needed."""

__all__ = ["encoder", "tensors", "trunk"]
