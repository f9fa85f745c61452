"""The line that says how a batch goes on."""

import io

from docqa.app.batch.attempt import Outcome
from docqa.app.batch.items import Item, Task
from docqa.app.batch.progress import BatchProgress


def _task(name: str) -> Task:
    item = Item(f"{name}.txt", f"/{name}.txt", f"{name}.txt", digest=name, bytes=1)
    return Task(name, item, (item.path,))


def test_time_left_follows_the_planned_seconds_of_documents():
    now, stream = [0.0], io.StringIO()
    progress = BatchProgress(10, 0, 100.0, {"long": 90.0, **{str(n): 1.0 for n in range(9)}}, stream, lambda: now[0])
    progress.started(_task("long"))
    now[0] = 90.0
    progress.ended(_task("long"), Outcome("long", "{}"))
    assert "1 of 10 documents, 9 s left" in stream.getvalue()
