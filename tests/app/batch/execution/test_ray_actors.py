"""A Ray cluster, as a small module stands for it: what is sent to it, and what comes of its
errors.
"""

import json
import sys
from collections import Counter
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from docqa.app.batch.execution.executors import Workers
from docqa.app.batch.execution.ray_actors import ray_workers
from docqa.app.batch.items import BatchItem, Task
from docqa.app.batch.jobs import Outcome, SummaryJob
from docqa.app.errors import ResourceError
from docqa.app.options import Options

TASK = Task("key", BatchItem("a.txt", "/a.txt", "a.txt", digest="d", bytes=1), ("a.txt",))


class RayError(Exception):
    """The base of all that Ray raises by itself."""


class RayActorError(RayError):
    """An actor died."""


class Ray(ModuleType):
    """Runs actors in this process. `sent` is all that would travel; `errors` are raised by the call
    of that name.
    """

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = SimpleNamespace(RayError=RayError, RayActorError=RayActorError)
        self.sent: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.results: list[Any] = []
        self.called: Counter[str] = Counter()

    def _call(self, name: str, *values) -> None:
        self.called[name] += 1
        self.sent += [str(value) for value in values]
        if name in self.errors:
            raise self.errors[name]

    def init(self, **options) -> None:
        self._call("init", options)

    def remote(self, **options):
        self._call("remote", options)
        return lambda kind: SimpleNamespace(remote=lambda spec: self._actor(spec))

    def _actor(self, spec: str):
        self._call("start", spec)

        def method(name: str):
            def remote(*values: str) -> str:
                self._call(name, *values)
                return f"pending {name}"

            return SimpleNamespace(remote=remote)

        return SimpleNamespace(prepare=method("prepare"), process=method("process"))

    def get(self, pending):
        if pending == "pending prepare":
            self._call("get prepared")
            return None
        self._call("get")
        return self.results.pop(0)

    def kill(self, handle) -> None:
        self._call("kill")

    def shutdown(self) -> None:
        self._call("shutdown")


@pytest.fixture
def ray(monkeypatch) -> Ray:
    module = Ray()
    monkeypatch.setitem(sys.modules, "ray", module)
    return module


def _actors() -> Workers:
    return ray_workers(SummaryJob(Options(store=False), "brief"), 1, 1, "cluster:6379")


def _outcome(actors: Workers) -> Outcome:
    """What comes of TASK."""
    ((task, outcome),) = actors.run(iter([TASK, None, None]).__next__)
    assert task == TASK
    return outcome


@pytest.mark.usefixtures("tiny_model")
@pytest.mark.parametrize("command", ["summarize", "extract"])
def test_commands_with_ray_refuse_a_password(refused, ray, tmp_path, command):
    for name, text in (
        ("a.txt", "The tenant shall pay rent."),
        ("secret", "open sesame"),
        ("questions", "Who pays?"),
    ):
        (tmp_path / name).write_text(text)
    arguments = [tmp_path / "a.txt", "--ray", "local", "--password-file", tmp_path / "secret"]
    if command == "extract":
        arguments += ["--questions", tmp_path / "questions"]
    err = refused(2, command, *arguments)
    assert ray.sent == []
    assert "a password is not sent to a Ray cluster" in err


def test_options_and_documents_travel_as_json(ray):
    ray.results = [Outcome("{}").to_json()]
    assert _outcome(_actors()).record == "{}"
    spec = next(json.loads(text) for text in ray.sent if text.startswith('{"name"'))
    found = (
        spec["name"],
        spec["asked"]["style"],
        spec["options"]["password"],
        spec["options"]["threads"],
    )
    assert found == ("summarize", "brief", None, 1)


def test_an_actor_that_dies_costs_its_task_one_attempt(ray):
    actors = _actors()
    ray.errors["get"] = RayActorError("the actor died")
    assert _outcome(actors) == Outcome()
    assert ray.called["start"] == 2


def test_another_error_of_a_task_is_its_failure(ray):
    actors = _actors()
    ray.errors["get"] = RayError("the object was lost\nTraceback of another machine")
    outcome = _outcome(actors)
    assert outcome.failure is not None
    assert outcome.failure.reason == "Ray failed: the object was lost"


@pytest.mark.parametrize("call", ["init", "remote", "start", "get prepared"])
@pytest.mark.parametrize("error", [RayError("no node answers\nmore"), ConnectionError("refused")])
def test_a_cluster_that_cannot_be_used_ends_the_run(ray, call, error):
    ray.errors[call] = error
    with pytest.raises(ResourceError, match=r"^cluster:6379: .*(no node answers|refused)\)"):
        _actors()


@pytest.mark.parametrize("calls", [("process",), ("get", "start")])
def test_a_cluster_that_fails_under_way_ends_the_run(ray, calls):
    actors = _actors()
    ray.errors = {call: RayActorError("the head node is gone") for call in calls}
    with pytest.raises(ResourceError, match="the same command goes on"):
        _outcome(actors)
    ray.errors = {"kill": RayError("gone"), "shutdown": RayError("gone")}
    actors.close()
