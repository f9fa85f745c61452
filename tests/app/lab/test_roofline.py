"""What a kernel is judged by, and that those of the trunk are."""

import json

import pytest
import torch

from docqa.app.lab import roofline
from docqa.kernels.self_check import library

native_only = pytest.mark.skipif(library() is None, reason="the native library is not built here")
ROUND = roofline.Ceilings(float_operations=100.0, byte_operations=400.0, read=20.0, copied=10.0)


def test_a_kernel_cannot_be_faster_than_its_slower_half():
    work = roofline.Work("both", lambda: None, floats=200.0, bytes_=400.0, read=20.0, copied=10.0)
    assert ROUND.seconds(work) == pytest.approx(3.0)  # 2 s and 1 s of products beside 2 s of memory
    assert ROUND.seconds(roofline.Work("moving", lambda: None, copied=60.0)) == pytest.approx(6.0)


@native_only
def test_each_kernel_of_the_trunk_has_a_line(monkeypatch, capsys):
    monkeypatch.setattr(roofline, "ROUNDS", 2_000)
    monkeypatch.setattr(roofline, "FLOATS", 1 << 20)
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)  # the process's, for all tests
    for name, small in (("SEQ", 64), ("KEYS", 128), ("PASS_FLOATS", 1 << 14), ("REPEATS", 1)):
        monkeypatch.setattr(roofline, name, small)
    assert roofline.main([]) == 0
    printed = capsys.readouterr().out
    rows = json.loads(printed.splitlines()[-1])["rows"]
    assert all(row["seconds"] > 0 and row["share"] >= 0 for row in rows)
    kinds = ("delta rule", "delta step", "convolution", "norm,", "gated norm", "SiLU", "product", "attention")
    assert [kind for kind in kinds if not any(row["kernel"].startswith(kind) for row in rows)] == []
