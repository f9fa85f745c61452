"""The files of `docqa summarize --output`: a page a document, summaries.jsonl, digest.md,
failures.jsonl. Equal documents give equal bytes. What docqa did not write is never overwritten; its
pages of documents that are gone go."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from docqa.app.errors import ResourceError, UsageError
from docqa.app.storage.atomic import write_whole
from docqa.app.summary.markdown import digest_markdown, render_markdown
from docqa.app.summary.record import SummaryRecord, from_json_line, to_json_line

from .batch import Batch
from .items import BatchItem, Task
from .jobs import with_path
from .names import DIGEST, FAILURES, LEDGER, SUMMARIES, output_names

_TABLES = (DIGEST, SUMMARIES, FAILURES)


@dataclass
class SummaryFiles:
    """The output files of `batch`. `warn` gets a path and what was not read. Writing raises
    OSError.
    """

    batch: Batch
    warn: Callable[[str, str], None]

    def __post_init__(self) -> None:
        self._root = self.batch.workspace.root
        self._items = {item.path: item for item in self.batch.listing.items}
        self._names = output_names(self._items)
        self._pages: set[str] = set()

    def prepare(self) -> None:
        """Say in the workspace what will be written. Raises UsageError where that would replace
        somebody's file.
        """
        names = {*self._names.values(), *_TABLES, LEDGER}
        ours = set(self.batch.workspace.output_names())
        for name in sorted(names - ours):
            if os.path.lexists(self._root / name):
                raise UsageError(
                    "exists already, and docqa did not write it",
                    where=str(self._root / name),
                    hint="choose another --output",
                )
        self.batch.workspace.put_output_names(names | ours)

    def keep(self, task: Task, record: str) -> None:
        summary = from_json_line(record)
        for warning in summary.warnings:
            self.warn(task.item.shown_path, warning)
        for path in task.paths:
            self._write_page(self._items[path], summary)

    def finish(self) -> None:
        """Write the pages that are missing, and the files about all documents."""
        records: list[SummaryRecord] = []
        for item, summary in self.records():
            self._write_page(item, summary)
            records.append(summary)
        self._write_file(SUMMARIES, "".join(to_json_line(record) + "\n" for record in records))
        self._write_file(DIGEST, digest_markdown(records))
        self._write_file(
            FAILURES,
            "".join(
                failure.json_line(item.path, item.digest) + "\n"
                for item in self.batch.listing.items
                if (failure := self.batch.failure(item))
            ),
        )
        self._pages = {self._names[record.path] for record in records}

    def drop_stale(self) -> None:
        """After `finish`: remove pages of documents that are gone or failed since, and empty
        folders.
        """
        current = {*self._pages, *_TABLES, LEDGER}
        for name in set(self.batch.workspace.output_names()) - current:
            page = self._root / name
            page.unlink(missing_ok=True)
            for folder in [parent for parent in page.parents if self._root in parent.parents]:
                with contextlib.suppress(OSError):  # it is not empty, or gone
                    folder.rmdir()
        self.batch.workspace.put_output_names(current)

    def records(self) -> Iterator[tuple[BatchItem, SummaryRecord]]:
        """Every document that is done, with its summary, sorted by path."""
        for item in self._items.values():
            if self.batch.is_done(item):
                key = self.batch.task_of[item.path].key
                try:
                    record = from_json_line(self.batch.record(item))
                except ValueError as error:
                    raise ResourceError(
                        f"the record of {item.path} is damaged ({error})",
                        where=str(self.batch.workspace.folder),
                        hint=f"delete records/{key}.json there; the same command makes it again",
                    ) from error
                yield item, with_path(record, item.path, item.stem)

    def _write_file(self, name: str, text: str) -> None:
        write_whole(self._root / name, text.encode("utf-8", "backslashreplace"))

    def _write_page(self, item: BatchItem, summary: SummaryRecord) -> None:
        page = self._root / self._names[item.path]
        content = render_markdown(with_path(summary, item.path, item.stem)).encode(
            "utf-8", "backslashreplace"
        )
        if not (page.is_file() and page.read_bytes() == content):
            page.parent.mkdir(parents=True, exist_ok=True)
            write_whole(page, content)
