"""What a batch is thought to take, and what keeps its memory to that."""

import os

import pytest

from docqa.app.batch.items import BatchItem, Task
from docqa.app.batch.jobs import AnswerJob, SummaryJob, make_job
from docqa.app.batch.planning import SPEEDS, Speeds, plan_tasks
from docqa.app.options import Options


@pytest.mark.usefixtures("tiny_model")
def test_a_plan_follows_from_processes_and_earlier_runs():
    options = Options(model=os.environ["DOCQA_MODEL"])
    speeds = Speeds()
    tasks = [
        Task(name, BatchItem(name, f"/{name}", name, bytes=4_000), (name,))
        for name in ("a.txt", "b.txt")
    ]
    one, two = (plan_tasks(tasks, jobs, options, speeds) for jobs in (1, 2))
    assert (
        one.tokens == 2_000
        and two.memory_bytes == 2 * one.memory_bytes
        and two.seconds < one.seconds
    )
    speeds.add("work", 1_000, 60.0)
    assert plan_tasks(tasks, 1, options, speeds).seconds > 120
    assert plan_tasks([], 1, options, speeds).tasks == 0


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


def test_estimates_of_the_same_documents_add_up_to_what_they_took():
    speeds = Speeds()
    took = {100: 3.0, 5_000: 40.0, 20: 2.0}
    for size, seconds in took.items():
        speeds.add("work", size, seconds)
    assert sum(speeds.estimate("work", size, 0.0) for size in took) == pytest.approx(
        sum(took.values())
    )
    assert speeds.estimate("reading .pdf", 100, 7.0) == 7.0


def test_newer_runs_count_more():
    speeds = Speeds()
    for seconds in (10.0, 10.0, 20.0, 20.0):
        speeds.reduce_old_weights()
        speeds.add("work", 100, seconds)
    assert 17 < speeds.estimate("work", 100, 0.0) < 20


def test_learned_speeds_are_loaded_and_a_damaged_file_counts_as_none(tmp_path):
    path = tmp_path / SPEEDS
    speeds = Speeds(path, "one")
    speeds.add("tokens .txt", 400, 100)
    speeds.save()
    Speeds(path, "two").save()
    assert Speeds(path, "one").sums == speeds.sums
    assert Speeds(path, "two").sums == {}
    for damaged in ('{"schema": 3, "speeds": {"one": {"work": 3}}}', "nothing of JSON"):
        path.write_text(damaged)
        assert Speeds(path, "one").sums == {}
