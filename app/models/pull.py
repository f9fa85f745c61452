"""A checkpoint from the hub to this machine: pinned to a commit, resumed where it was cut, compared
with its hashes. Speaks to the hub through huggingface_hub, whose own download loses a file that is
cut: a file grows here as FILE.part until its hash is right."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.answer.events import ReadProgress
from docqa.app.errors import ResourceError, UsageError
from docqa.app.output.progress import Progress, duration_text, size_text
from docqa.app.storage.store import file_digest
from docqa.model.config import HybridConfig
from docqa.model.foreign.folder import MODULES, model_role

from .library import MANIFEST, Pulled, check_model_id, pulled_models

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"
_WANTED = re.compile(
    r"(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|chat_template|quantize_config)"
    r"\.json|chat_template\.jinja|calibration\.json|LICENSE(?:\.\w+)?|README\.md",
)
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
Hashes = dict[str, dict[str, int | str]]
"""Of files: size, and digest by the name of its algorithm."""
OnProgress = Callable[[str, int, int], None]
"""Called with (file, bytes that are here, bytes of all files) while they come."""


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub lists it: `algorithm` is sha256 (large files) or git-sha1."""

    name: str
    size: int
    algorithm: str
    digest: str


def pull(
    name: str,
    revision: str | None,
    root: Path,
    on_progress: OnProgress | None = None,
    *,
    bits: int | None = None,
) -> Pulled:
    """Fetch the checkpoint `name`, or what is left of it, into `root`. `revision`: a branch, tag or
    commit, by default the main branch, whose commit now is kept. `bits`: quantize to 4, 6 or 8, and
    keep only that. Raises UsageError: no id; ResourceError: offline, unknown, no permission, no
    room, a file that is not what the hub says; ConfigUnsupported: not of the family, before the
    weights are fetched."""
    from filelock import FileLock, Timeout

    model_id = check_model_id(name)
    asked = revision or "main"
    here = [have for have in pulled_models(root) if have.id == model_id and have.bits == bits]
    offline = next(
        (
            name
            for name in _OFFLINE
            if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")
        ),
        None,
    )
    for have in here:
        if have.commit == asked or (offline is not None and have.revision == asked):
            return have
    if offline is not None:
        raise ResourceError(
            f"{offline} is set, and it is not on this machine",
            where=model_id,
            hint="unset it to download, or name a folder",
        )
    with _name_in_errors(model_id):
        commit, listed = _list_remote_files(model_id, asked)
    for have in here:
        if have.commit == commit:
            return have
    parent = root / model_id.replace("/", "--")
    parent.mkdir(parents=True, exist_ok=True)
    fetch = _Download(model_id, asked, commit, parent, on_progress or (lambda *_: None))
    try:
        with FileLock(str(parent / ".lock"), mode=0o600).acquire(timeout=0):
            return fetch.run(listed, bits)
    except Timeout as error:
        raise ResourceError(
            "another docqa is downloading it", where=str(parent), hint="wait until it is done"
        ) from error


class Transfer(Progress):
    """Shows bytes as they come: a bar on a terminal, else a line every ten seconds. Mutable; clear
    it at the end.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begun: tuple[float, int] | None = None
        self._name = ""

    def on_progress(self, name: str, done: int, total: int) -> None:
        """`done` of `total` bytes are here, the newest of file `name`."""
        now = time.monotonic()
        self._begun = self._begun or (now, done)
        passed = now - self._begun[0]
        self._name = name
        self.update(ReadProgress(done, total, (done - self._begun[1]) / passed if passed else 0.0))

    def line(self, event: ReadProgress) -> str:
        parts = [
            f"{100 * event.done // max(event.total, 1)} %",
            f"{size_text(event.done)} of {size_text(event.total)}",
        ]
        if event.tokens_per_second > 0:
            parts.append(f"{size_text(event.tokens_per_second)}/s")
            if event.done < event.total:
                parts.append(
                    f"{duration_text((event.total - event.done) / event.tokens_per_second)} left"
                )
        return ", ".join([*parts, self._name])


@dataclass(frozen=True)
class _Download:
    id: str
    revision: str
    commit: str
    parent: Path
    on_progress: OnProgress

    @property
    def staging(self) -> Path:
        return self.parent / f".pull-{self.commit}"

    def run(self, listed: dict[str, RemoteFile], bits: int | None) -> Pulled:
        self.staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _CONFIG not in listed:
            raise ResourceError(
                f"has no {_CONFIG}, so it is not a model for transformers",
                where=self.id,
                hint="choose another id",
            )
        self._fetch_files([listed[name] for name in (_CONFIG, MODULES, _INDEX) if name in listed])
        role = model_role(self.staging)
        if role is None:
            HybridConfig.from_folder(self.staging)  # another architecture costs a few small files
        elif bits is not None:
            raise UsageError(
                f"a {role} is kept as it comes", where=self.id, hint="leave out --bits"
            )
        wanted = [
            file
            for name, file in listed.items()
            if (
                name.endswith((".json", ".txt")) or "/" in name
                if role
                else _WANTED.fullmatch(name) or name == _INDEX
            )
        ]
        wanted += self._weight_files(listed)
        self._check_room(wanted, bits)
        self._fetch_files(wanted)
        if bits is not None:
            return self._quantize_download(bits)
        hashes: Hashes = {
            file.name: {"size": file.size, file.algorithm: file.digest} for file in wanted
        }
        return self._name_whole_folder(self.staging, hashes, None)

    def _quantize_download(self, bits: int) -> Pulled:
        from docqa.model.checkpoints.quantize import quantize

        packed = self.parent / f".pack-{self.commit}"
        shutil.rmtree(packed, ignore_errors=True)  # of a run that was cut
        quantize(self.staging, packed, bits=bits)
        hashes: Hashes = {
            path.name: {"size": path.stat().st_size, "sha256": file_digest(path)}
            for path in packed.iterdir()
        }
        got = self._name_whole_folder(packed, hashes, bits)
        shutil.rmtree(self.staging)
        return got

    def _weight_files(self, listed: dict[str, RemoteFile]) -> list[RemoteFile]:
        """The weight files that the index names, or the only one. Raises ResourceError where one is
        not listed.
        """
        names = [_SINGLE]
        if _INDEX in listed:
            try:
                index = json.loads((self.staging / _INDEX).read_bytes())
                names = sorted(set(index["weight_map"].values()))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ResourceError(
                    f"is not readable ({error})", where=f"{self.id}: {_INDEX}"
                ) from error
        if lost := [name for name in names if name not in listed]:
            said = f"{_INDEX} names it" if _INDEX in listed else "pickled weights are not loaded"
            raise ResourceError(
                f"{lost[0]} is not among its files; {said}",
                where=self.id,
                hint="try another --revision",
            )
        return [listed[name] for name in names]

    def _check_room(self, files: list[RemoteFile], bits: int | None) -> None:
        """Raises ResourceError where the disk has no room; with `bits` for both forms."""
        left = sum(file.size - self._bytes_here(file) for file in files)
        left += sum(file.size for file in files) * (bits + 1) // 16 if bits is not None else 0
        free = shutil.disk_usage(self.staging).free
        if left > free:
            raise ResourceError(
                f"the download needs {size_text(left)}, {size_text(free)} are free",
                where=str(self.parent.parent),
                hint="DOCQA_CACHE_DIR names another disk",
            )

    def _bytes_here(self, file: RemoteFile) -> int:
        whole = self.staging / file.name
        part = self._partial_file(file)
        return (
            file.size
            if whole.is_file()
            else min(part.stat().st_size, file.size)
            if part.is_file()
            else 0
        )

    def _partial_file(self, file: RemoteFile) -> Path:
        return self.staging / f"{file.name}.part"

    def _fetch_files(self, files: list[RemoteFile]) -> None:
        done = sum(self._bytes_here(file) for file in files)
        total = sum(file.size for file in files)
        for file in files:
            if (self.staging / file.name).is_file():
                continue
            before = done - self._bytes_here(file)

            def on_bytes(count: int, name: str = file.name, before: int = before) -> None:
                self.on_progress(name, before + count, total)

            self._fetch_file(file, on_bytes)
            done = before + file.size

    def _fetch_file(self, file: RemoteFile, on_bytes: Callable[[int], None]) -> None:
        """Fetch a file and give it its name. Raises ResourceError where it is not what the hub
        says.
        """
        part = self._partial_file(file)
        resumed = True
        part.parent.mkdir(exist_ok=True)
        while resumed:  # of something else, perhaps: then once more from the beginning
            resumed = self._bytes_here(file) > 0
            self._download(file, on_bytes)
            found = digest_of(part, file.algorithm)
            if found == file.digest:
                os.replace(part, self.staging / file.name)
                return
            part.unlink()
        raise ResourceError(
            f"{file.algorithm} is {found[:16]}…, the hub says {file.digest[:16]}…; nothing of it is kept",
            where=f"{self.id}: {file.name}",
            hint="try again, or another --revision",
        )

    def _download(self, file: RemoteFile, on_bytes: Callable[[int], None]) -> None:
        """Fetch what is missing of a file; huggingface_hub goes on where a connection was cut.
        Raises ResourceError.
        """
        import httpx2
        from huggingface_hub import hf_hub_url
        from huggingface_hub.errors import HfHubHTTPError
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers, disable_progress_bars, logging

        disable_progress_bars()
        logging.set_verbosity_error()  # it warns of every cut by itself
        part = self._partial_file(file)
        where = f"{self.id}: {file.name}"
        url = hf_hub_url(self.id, file.name, revision=self.commit, endpoint=_hub_address())
        headers = build_hf_headers(library_name="docqa")
        with _CountingWriter(part, on_bytes) as stream, _name_in_errors(where):
            begun = stream.seek(0, os.SEEK_END)
            begun = stream.truncate(0) if begun > file.size else begun
            try:
                http_get(url, stream, resume_size=begun, headers=headers, expected_size=file.size)
            except (httpx2.TransportError, OSError) as error:
                if isinstance(error, HfHubHTTPError) or getattr(error, "errno", None) is not None:
                    raise
                raise ResourceError(
                    f"the connection was cut ({error}); {size_text(stream.tell())} are kept",
                    where=where,
                    hint="the same command goes on from there",
                ) from error

    def _name_whole_folder(self, whole: Path, hashes: Hashes, bits: int | None) -> Pulled:
        final = self.parent / self.commit
        record = {"id": self.id, "commit": self.commit, "revision": self.revision, "files": hashes}
        text = (
            json.dumps(record | ({"bits": bits} if bits else {}), indent=1, sort_keys=True) + "\n"
        )
        (whole / MANIFEST).write_text(text, encoding="utf-8")
        if final.exists():
            shutil.rmtree(final)
        os.rename(whole, final)
        count = sum(int(file["size"]) for file in hashes.values())
        return Pulled(self.id, self.commit, self.revision, final, count, bits)


class _CountingWriter(io.BufferedWriter):
    def __init__(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path, "ab"))
        self._on_bytes = on_bytes

    def write(self, data: ReadableBuffer) -> int:
        count = super().write(data)
        self._on_bytes(self.tell())
        return count


def digest_of(path: Path, algorithm: str) -> str:
    """sha256 of a file, or the sha1 that git names it by, in hex."""
    from huggingface_hub.utils.sha import git_hash

    return file_digest(path) if algorithm == "sha256" else git_hash(path.read_bytes())


def _hub_address() -> str | None:
    return (os.environ.get("HF_ENDPOINT") or "").rstrip("/") or None


def _list_remote_files(model_id: str, revision: str) -> tuple[str, dict[str, RemoteFile]]:
    """The commit that `revision` means now, and its files by name: none without a hash, and in
    folders only what the modules of an encoder need."""
    from huggingface_hub import HfApi

    hub = HfApi(endpoint=_hub_address(), library_name="docqa")
    info = hub.model_info(model_id, revision=revision, files_metadata=True)
    files: dict[str, RemoteFile] = {}
    for sibling in info.siblings or []:
        name = sibling.rfilename
        lfs = sibling.lfs
        folder, _, file = name.rpartition("/")
        of_module = folder.replace("_", "").isalnum() and file in (_CONFIG, _SINGLE)
        if "\\" in name or name.startswith(".") or (folder and not of_module):
            continue
        algorithm, digest = (
            ("sha256", lfs.sha256) if lfs is not None else ("git-sha1", sibling.blob_id)
        )
        if digest and sibling.size is not None:
            files[name] = RemoteFile(name, int(sibling.size), algorithm, str(digest).lower())
    if not info.sha or not re.fullmatch(r"[0-9a-f]{40}", info.sha):
        raise ResourceError("the hub names no commit for it", where=f"{model_id}@{revision}")
    return info.sha, files


@contextmanager
def _name_in_errors(where: str) -> Iterator[None]:
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except (errors.HfHubHTTPError, httpx2.HTTPError) as error:
        status = getattr(getattr(error, "response", None), "status_code", "?")
        named = (
            "HF_ENDPOINT names another hub"
            if _hub_address() is None
            else "HF_ENDPOINT names the hub"
        )
        terms = "accept them on its page of the hub, then set HF_TOKEN"
        said: dict[type[Exception], tuple[str, str]] = {  # the first that fits counts
            errors.GatedRepoError: ("you must accept its terms first", terms),
            errors.RevisionNotFoundError: (
                "the hub has no such revision of it",
                "check --revision",
            ),
            errors.RepositoryNotFoundError: (
                "the hub has no such model",
                "check the id; a private one needs HF_TOKEN",
            ),
            errors.HfHubHTTPError: (f"the hub answers with status {status}", "try again later"),
            httpx2.HTTPError: (f"the hub cannot be reached ({error})", named),
        }
        message, hint = next(text for kind, text in said.items() if isinstance(error, kind))
        raise ResourceError(message, where=where, hint=hint) from error
