"""Parts that do not learn: their outputs and gradients beside those of dense modules."""

import torch
from torch import nn

from docqa.model.hybrid import RMSNorm
from docqa.model.linear import SwiGLU
from docqa.model.training.trunk.frozen import FrozenMlp, FrozenNorm


def gradient(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    (found,) = torch.autograd.grad(module(x).square().sum(), x)
    return found


def test_a_frozen_norm_has_the_gradient_of_a_norm():
    torch.manual_seed(0)
    norm = RMSNorm(64, 1e-5)
    nn.init.normal_(norm.weight)
    x = torch.randn(2, 5, 64, requires_grad=True)
    wanted = gradient(norm, x)
    assert torch.allclose(gradient(FrozenNorm(norm), x), wanted, rtol=1e-4, atol=1e-4)


def test_a_frozen_mlp_points_where_its_shipped_matrices_do():
    torch.manual_seed(0)
    mlp = SwiGLU(64, 128)
    frozen = FrozenMlp(mlp)
    dense = SwiGLU(64, 128)
    for name, matrix in zip(("gate_proj", "up_proj", "down_proj"), frozen.forwards, strict=True):
        getattr(dense, name).weight.data = matrix.dense()
    x = torch.randn(2, 5, 64, requires_grad=True)
    near = nn.functional.cosine_similarity
    assert near(frozen(x).flatten(), dense(x).flatten(), 0) > 0.999
    assert near(gradient(frozen, x).flatten(), gradient(dense, x).flatten(), 0) > 0.999
    assert frozen.state_dict().keys() == mlp.state_dict().keys()
