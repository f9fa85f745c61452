"""What a batch is thought to take, and what keeps its memory to that."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch

from docqa.app.batch.answers import Answers
from docqa.app.batch.planning import LENGTH_BYTES, MOST_LENGTHS_BYTES, Planner
from docqa.app.batch.speeds import Speeds
from docqa.app.batch.summaries import Summaries
from docqa.app.options import Options


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize(("dtype", "kept"), [(torch.bfloat16, LENGTH_BYTES), (torch.float32, 0)])
def test_the_memory_of_a_process_grows_with_the_lengths_that_it_reads_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, kept: int
) -> None:
    monkeypatch.setattr("docqa.model.load.compute_dtype", lambda folder: dtype)
    planner = Planner(Options(model=os.environ["DOCQA_MODEL"]), None, Speeds())
    one, ten = planner.raw_memory(100, 1, 1), planner.raw_memory(100, 1, 10)
    assert ten - one == 9 * kept
    assert planner.raw_memory(100, 2, 20) == 2 * ten
    assert planner.raw_memory(100, 1, 10**6) - one == (MOST_LENGTHS_BYTES - kept if kept else 0)


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize("work", [Summaries(Options(), "brief"), Answers(Options(), ["Who?"])])
def test_a_batch_bounds_the_products_that_are_kept_unless_the_user_did(
    monkeypatch: pytest.MonkeyPatch, work: Any
) -> None:
    for name in ("load_model", "find_model"):
        monkeypatch.setattr(f"{type(work).__module__}.{name}", lambda options: object(), raising=False)
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.delenv(name, raising=False)
    work.prepare()
    assert os.environ[name] == "64"
    monkeypatch.setenv(name, "7")
    type(work).from_spec(work.spec()).prepare()
    assert os.environ[name] == "7"
