"""The product with a low-rank addition follows a loss back as the dense formula does, but for rounding."""

import pytest
import torch

from docqa.kernels.products import PackedMatrix, adapted_product
from docqa.model.quantize import quantize_matrix


@pytest.mark.parametrize("lead", [(7,), (2, 5)])
def test_gradients_are_those_of_the_dense_matrix_within_rounding(lead):
    torch.manual_seed(0)
    rows, columns, rank = 192, 128, 4
    packed = PackedMatrix.of(*quantize_matrix(torch.randn(rows, columns), 4))
    turned = PackedMatrix.of(*quantize_matrix(packed.dense().t().contiguous(), 4))
    x, down, up = torch.randn(*lead, columns), torch.randn(rank, columns), torch.randn(rows, rank)
    wanted = torch.randn(*lead, rows)

    def gradients(function):
        leaves = [part.clone().requires_grad_() for part in (x, down, up)]
        out = function(*leaves)
        return out.detach(), torch.autograd.grad((out * wanted).sum(), leaves)

    out, found = gradients(lambda x, d, u: adapted_product(x, packed, turned, d, u, dtype=torch.float32))
    right_out, right = gradients(lambda x, d, u: x @ packed.dense().t() + (x @ d.t()) @ u.t())
    # x is rounded to 8 bits a group: half a step of 1/127 of the largest, some 0.5 % of the product's spread.
    assert (out - right_out).norm() < 0.02 * right_out.norm()
    # The transpose is rounded to 4 bits, half a step of 1/15 of a group's range: some 7 % of a weight's spread.
    assert (found[0] - right[0]).norm() < 0.12 * right[0].norm()
    for ours, dense in zip(found[1:], right[1:], strict=True):  # the small matrices meet no rounded gradient
        torch.testing.assert_close(ours, dense, atol=1e-4, rtol=1e-4)
