"""The folder that a batch goes on from: what is done, what failed, what was written.

    .docqa/records/KEY.json     the record of a task: the done marker, there whole or not at all
    .docqa/failures/KEY.json    why a task has none
    .docqa/outputs.json         names of the output files, which are not documents and may be
                                written again
    .docqa/lock                 locked by the one process that works here

None of them differs between two runs over the same documents.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from docqa.app.errors import UsageError
from docqa.app.storage.atomic import write_whole
from docqa.model.state.atomic import TEMPORARY_PREFIX

from .items import Failure
from .names import WORKSPACE


class Workspace:
    """Records and failures by key, in `root`/.docqa. Methods that write raise OSError when the disk
    refuses.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / WORKSPACE
        self._records = self.folder / "records"
        self._failures = self.folder / "failures"
        self._outputs = self.folder / "outputs.json"

    @contextlib.contextmanager
    def hold_lock(self) -> Iterator[None]:
        """The workspace, made where it is missing, is this process's alone. Raises UsageError."""
        from filelock import FileLock, Timeout

        for folder in (self._records, self._failures):
            folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise UsageError(
                "another docqa process works in this folder",
                where=str(self.root),
                hint="wait until it ends, or choose another folder",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def is_done(self, key: str) -> bool:
        return (self._records / f"{key}.json").exists()

    def record(self, key: str) -> str:
        """Raises FileNotFoundError where `key` is not done."""
        return (self._records / f"{key}.json").read_text(encoding="utf-8")

    def failure(self, key: str) -> Failure | None:
        try:
            return Failure(**json.loads((self._failures / f"{key}.json").read_bytes()))
        except FileNotFoundError:
            return None

    def put_record(self, key: str, record: str) -> None:
        write_whole(self._records / f"{key}.json", record.encode("utf-8", "backslashreplace"))

    def put_failure(self, key: str, failure: Failure) -> None:
        text = json.dumps(vars(failure), ensure_ascii=False)
        write_whole(self._failures / f"{key}.json", text.encode("utf-8", "backslashreplace"))

    def clear_failure(self, key: str) -> None:
        (self._failures / f"{key}.json").unlink(missing_ok=True)

    def drop_all_except(self, keys: Iterable[str]) -> None:
        """Drop what belongs to none of `keys`: documents that are gone, records of another job."""
        names = {f"{key}.json" for key in keys}
        for folder in (self._records, self._failures):
            for name in os.listdir(folder):
                if name not in names:
                    (folder / name).unlink(missing_ok=True)

    def remove_temporary_files(self) -> None:
        """Remove half-written files of killed processes; only while nobody writes here."""
        folders = {self.folder, self._records, self._failures, self.root}
        for folder in folders | {(self.root / name).parent for name in self.output_names()}:
            for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
                if path.is_file():
                    path.unlink()

    def output_names(self) -> list[str]:
        """Names below `root` of what earlier runs wrote, sorted."""
        try:
            return [str(name) for name in json.loads(self._outputs.read_bytes())]
        except (
            FileNotFoundError,
            ValueError,
        ):  # a list that is damaged claims nothing: no file is overwritten
            return []

    def put_output_names(self, names: Iterable[str]) -> None:
        """Say what will be written, before it is: after an interruption too, what is ours is
        known.
        """
        text = json.dumps(sorted(names), ensure_ascii=False, indent=0)
        write_whole(self._outputs, text.encode("utf-8", "surrogateescape"))
