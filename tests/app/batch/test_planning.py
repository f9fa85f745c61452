"""What a batch is thought to take, and what keeps its memory to that."""

import os

import pytest
import torch

from docqa.app.batch.jobs import AnswerJob, SummaryJob, make_job
from docqa.app.batch.planning import LENGTH_BYTES, MOST_LENGTHS_BYTES, planned_memory
from docqa.app.options import Options


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize(("dtype", "kept"), [(torch.bfloat16, LENGTH_BYTES), (torch.float32, 0)])
def test_planned_memory_grows_with_document_lengths_up_to_a_limit(monkeypatch, dtype, kept):
    monkeypatch.setattr("docqa.model.load.compute_dtype", lambda folder: dtype)
    options = Options(model=os.environ["DOCQA_MODEL"])
    one, ten = planned_memory(options, 100, 1, 1), planned_memory(options, 100, 1, 10)
    assert ten - one == 9 * kept
    assert planned_memory(options, 100, 2, 20) == 2 * ten
    assert planned_memory(options, 100, 1, 10**6) - one == (MOST_LENGTHS_BYTES - kept if kept else 0)


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize("job", [SummaryJob(Options(), "brief"), AnswerJob(Options(), ["Who?"])])
def test_a_batch_limits_kept_products_unless_the_user_did(monkeypatch, job):
    monkeypatch.setattr("docqa.app.batch.jobs.find_model", lambda options: object())
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.delenv(name, raising=False)
    job.prepare()
    assert os.environ[name] == "64"
    monkeypatch.setenv(name, "7")
    make_job(job.spec()).prepare()
    assert os.environ[name] == "7"


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize(
    ("job", "own"),
    [
        (SummaryJob(Options(), "brief"), {"version", "style"}),
        (AnswerJob(Options(), ["Who?"]), {"questions", "options"}),
    ],
)
def test_identities_keep_the_names_that_older_workspaces_are_keyed_by(job, own):
    common = {"work", "schema", "model", "calibration", "docqa", "ingest", "ocr", "include_hidden", "media_type"}
    assert set(job.identity()) == common | own
