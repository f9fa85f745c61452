"""The library of gradients, built beside this file, and its functions' argument types."""

import ctypes
from ctypes import POINTER, Structure, c_int
from functools import lru_cache
from pathlib import Path

from docqa.kernels.cpu.library import ConvCall, DeltaCall, c_void_p, structure_fields

FILE = Path(__file__).parent / "_gradients.so"


class DeltaGradientCall(Structure):
    """As in gradients.cpp."""

    _fields_ = [("forward", DeltaCall), *structure_fields(c_void_p, "out state q k v decay beta")]


class ConvGradientCall(Structure):
    """As in gradients.cpp."""

    _fields_ = [("forward", ConvCall), *structure_fields(c_void_p, "out x weight")]


@lru_cache(maxsize=1)
def gradient_functions() -> ctypes.CDLL | None:
    """The loaded library; None where it was not built."""
    if not FILE.is_file():
        return None
    functions = ctypes.CDLL(str(FILE))
    functions.docqa_delta_gradient.restype = c_int
    functions.docqa_delta_gradient.argtypes = [POINTER(DeltaGradientCall), c_int]
    functions.docqa_conv_gradient.restype = None
    functions.docqa_conv_gradient.argtypes = [POINTER(ConvGradientCall), c_int]
    return functions
