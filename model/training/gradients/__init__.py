"""Gradients of the delta rule and its convolution in C++, for training on the CPU; built by
`pip install -e .`.
"""

from functools import lru_cache

from docqa.kernels.dispatch import register_native

from .conv import unit_conv_gradient
from .delta import delta_rule_gradient
from .library import gradient_functions

__all__ = ["use_native_gradients"]


@lru_cache(maxsize=1)
def use_native_gradients() -> None:
    """Prefers the C++ gradients from now on; torch's stay where they were not built."""
    if gradient_functions() is not None:
        register_native("delta_training", delta_rule_gradient)
        register_native("unit_conv_training", unit_conv_gradient)
