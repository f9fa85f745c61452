"""The line that says how a batch goes on."""

from types import SimpleNamespace

from docqa.app.batch.items import BatchItem, Task
from docqa.app.batch.progress import BatchProgress


def _task(name: str) -> Task:
    item = BatchItem(f"{name}.txt", f"/{name}.txt", f"{name}.txt", digest=name, bytes=1)
    return Task(name, item, (item.path,))


def test_time_left_follows_the_documents_that_are_done(monkeypatch, capsys):
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("docqa.app.output.progress.time", clock)
    progress = BatchProgress(10, 0, 100.0)
    progress.on_task_started(_task("a"))
    now[0] = 90.0
    progress.on_task_ended(_task("a"), None)
    assert "1 of 10 documents, 13 min 30 s left" in capsys.readouterr().err
