"""How a batch goes on, on standard error."""

from docqa.app import report
from docqa.app.answer.events import Event, Notice, ReadProgress
from docqa.app.output.progress import ProgressLine, duration_text
from docqa.app.output.render import printable

from .items import Failure, Task


class BatchProgress(ProgressLine):
    """`total` documents, `before` of them settled, planned for `seconds`; `known` warnings are not
    repeated. Mutable."""

    def __init__(self, total: int, before: int, seconds: float) -> None:
        super().__init__()
        self.known: set[str] = set()
        self._total = total
        self._before = before
        self._settled = before
        self._planned = seconds
        self._failed = 0
        self._working: list[str] = []
        self._share = ""

    def on_task_started(self, task: Task) -> None:
        self._working.append(task.item.shown_path)
        self._share = ""
        self._show_progress_line()

    def on_task_ended(self, task: Task, failure: Failure | None) -> None:
        if task.item.shown_path in self._working:
            self._working.remove(task.item.shown_path)
        self._settled += len(task.paths)
        self._share = ""
        if failure:
            self._failed += len(task.paths)
            self.clear()
            report.note(f"docqa: {printable(failure.message(task.item.shown_path))}")
        self._show_progress_line()

    def on_event(self, event: Event) -> None:
        """An event of reading the one document that is under way."""
        if isinstance(event, ReadProgress):
            self._share = f" {100 * event.done // max(event.total, 1)} %"
            self._show_progress_line()
        elif isinstance(event, Notice) and event.message not in self.known:
            self.warn(self._working[-1] if self._working else "", event.message)

    def warn(self, path: str, message: str) -> None:
        self.clear()
        report.warn(f"{path}: {message}")

    def _show_progress_line(self) -> None:
        prefix = "" if self.live else "docqa: "
        self.show(ReadProgress(self._settled, self._total), lambda: prefix + self._progress_text())

    def _progress_text(self) -> str:
        parts = [f"{self._settled:,} of {self._total:,} documents"]
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        done = self._settled - self._before
        if done > 0:
            parts.append(
                f"{duration_text((self._total - self._settled) * self.seconds / done)} left"
            )
        elif self._planned > self.seconds:
            parts.append(f"about {duration_text(self._planned - self.seconds)} left")
        if self._working:
            parts.append(printable(self._working[0]) + self._share)
        return ", ".join(parts)
