"""Rounding whose errors are made up for: on the grid, and nearer to what the matrix said of its
inputs.
"""

import torch

from docqa.model.checkpoints.formats.grouped import dequantize, quantize_matrix
from docqa.model.training.reader.reader_files import MATRIX_BITS
from docqa.model.training.reader.ship import compensated


def test_products_with_the_inputs_change_less_than_by_rounding_to_nearest():
    torch.manual_seed(0)
    inputs = torch.randn(600, 16) @ torch.randn(16, 128) + 0.1 * torch.randn(
        600, 128
    )  # they go together
    weight = torch.randn(32, 128)
    nearest = dequantize(*quantize_matrix(weight, MATRIX_BITS))
    found = compensated(weight, inputs)
    off, less = ((inputs @ (each - weight).T).square().mean() for each in (nearest, found))
    assert less < 0.5 * off
    # It ships as it is: what stands on a grid is rounded to itself, but for the step of a group as
    # float16 stores it.
    assert (dequantize(*quantize_matrix(found, MATRIX_BITS)) - found).abs().max() < 1e-2
