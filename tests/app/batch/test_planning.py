"""What a batch is thought to take, and what keeps its memory to that."""

import os

import pytest

from docqa.app.batch.items import BatchItem, Task
from docqa.app.batch.jobs import AnswerJob, SummaryJob, make_job
from docqa.app.batch.planning import plan_tasks
from docqa.app.options import Options


@pytest.mark.usefixtures("tiny_model")
def test_a_plan_follows_from_the_processes():
    options = Options(model=os.environ["DOCQA_MODEL"])
    tasks = [
        Task(name, BatchItem(name, f"/{name}", name, bytes=4_000), (name,))
        for name in ("a.txt", "b.txt")
    ]
    one, two = (plan_tasks(tasks, jobs, options) for jobs in (1, 2))
    assert (
        one.tokens == 2_000
        and two.memory_bytes == 2 * one.memory_bytes
        and two.seconds < one.seconds
    )
    assert plan_tasks([], 1, options).tasks == 0


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize("job", [SummaryJob(Options(), "brief"), AnswerJob(Options(), ["Who?"])])
def test_a_batch_limits_kept_products_unless_the_user_did(monkeypatch, job):
    monkeypatch.setattr("docqa.app.batch.jobs.find_model", lambda options: object())
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.delenv(name, raising=False)
    job.prepare()
    assert os.environ[name] == "64"
    monkeypatch.setenv(name, "7")
    make_job(job.spec(1)).prepare()
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
    common = {
        "work",
        "schema",
        "model",
        "calibration",
        "docqa",
        "ingest",
        "ocr",
        "include_hidden",
        "media_type",
    }
    assert set(job.identity()) == common | own
