"""A decoding step of a whole network in one call, where the native library and the network's shape allow it."""

from docqa.kernels.decode_step.native import (
    SIZES,
    PackedExperts,
    Reach,
    Remembered,
    RoutedExperts,
    Step,
    StepWeights,
    fits,
)

__all__ = ["SIZES", "PackedExperts", "Reach", "Remembered", "RoutedExperts", "Step", "StepWeights", "fits"]
