"""Rounding that makes up for its errors, beside rounding each value for itself; parts that are a teacher's again."""

import torch
from safetensors.torch import load_file

from docqa.model.checkpoints.formats.grouped import dequantize, quantize_matrix
from docqa.model.training.trunk import restore
from docqa.model.training.trunk.compensate import compensated


def inputs(columns: int) -> torch.Tensor:
    """Inputs that go with each other, as those of a layer do."""
    generator = torch.Generator().manual_seed(0)
    few = torch.randn(2000, columns // 4, generator=generator)
    mixed = few @ torch.randn(columns // 4, columns, generator=generator)
    return mixed + 0.3 * torch.randn(2000, columns, generator=generator)


def test_outputs_are_nearer_than_with_values_rounded_one_by_one():
    x, weight = inputs(128), torch.randn(96, 128, generator=torch.Generator().manual_seed(1))
    plain = dequantize(*quantize_matrix(weight, 4))
    better = compensated(weight, x.T @ x)
    wanted = x @ weight.T
    assert (x @ better.T - wanted).square().mean() < 0.5 * (x @ plain.T - wanted).square().mean()
    stored = dequantize(*quantize_matrix(better, 4))
    assert torch.allclose(stored, better, atol=1e-6 * float(better.abs().max()))  # float32's rounding alone


def test_a_student_gets_its_teachers_parts_back_and_keeps_its_mixers(folders, tmp_path):
    teacher, student, data = folders
    out = tmp_path / "restored"
    restore.main([
        "--teacher", str(teacher), "--student", str(student), "--data", str(data), "--out", str(out),
        "--sequences", "2",
    ])  # fmt: skip
    theirs, before, after = (load_file(folder / "model.safetensors") for folder in (teacher, student, out))
    assert torch.equal(after["model.embed_tokens.weight"], theirs["model.embed_tokens.weight"])
    assert torch.equal(after["model.norm.weight"], theirs["model.norm.weight"] - 1)
    assert all(torch.equal(after[name], before[name]) for name in before if "_attn." in name)
    name = "model.layers.1.mlp.down_proj.weight"
    error = (after[name] - theirs[name]).square().mean().sqrt() / theirs[name].std()
    assert 0 < error < 0.2
    assert torch.allclose(dequantize(*quantize_matrix(after[name], 4)), after[name], atol=1e-5)
