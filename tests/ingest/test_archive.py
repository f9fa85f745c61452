"""What can be read only once is read once, and limits are looked at before anything is loaded."""

import contextlib
import copy
import io
import os
import resource
import threading
import warnings
import zipfile
from pathlib import Path

import pytest

from docqa.ingest import archive
from docqa.ingest.errors import MissingError, NotADocument, TooLarge, Unreadable
from docqa.ingest.read import find_documents
from tests.ingest.reading import read_bytes

LINES = "".join(
    f"Line {number} of the log says what happened at the lock.\n" for number in range(4_000)
)


def fifo(folder: Path, data: bytes | None) -> Path:
    """A named pipe, into which `data` is written (None: nobody writes)."""
    path = folder / "pipe"
    os.mkfifo(path)
    if data is not None:
        threading.Thread(target=_write, args=(path, data), daemon=True).start()
    return path


def _write(path: Path, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever reads may have enough
        path.write_bytes(data)


def test_a_pipe_is_read_from_its_first_byte_to_its_last(tmp_path):
    ((name, data),) = find_documents(fifo(tmp_path, LINES.encode()))
    assert (name, data) == (str(tmp_path / "pipe"), LINES.encode())


def test_a_pipe_without_a_name_has_the_document_of_its_file(tmp_path, make_pdf):
    pdf = make_pdf([["The gate is opened at six in the morning."]])
    out, into = os.pipe()
    threading.Thread(target=lambda: (os.write(into, pdf), os.close(into)), daemon=True).start()
    ((name, data),) = find_documents(f"/dev/fd/{out}")
    os.close(out)
    assert read_bytes(name, data).media_type == "application/pdf"


def test_a_pipe_without_a_writer_does_not_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(archive.limits, "PIPE_SECONDS", 0.2)
    with pytest.raises(Unreadable, match="no program wrote into this pipe"):
        find_documents(fifo(tmp_path, None))


def test_a_pipe_over_the_limit_ends_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(archive.limits, "MAX_FILE_BYTES", 100_000)
    with pytest.raises(TooLarge, match="100,000 bytes"):
        find_documents(fifo(tmp_path, LINES.encode()))
    with pytest.raises(TooLarge, match="100,000 bytes"):
        archive.load_stream(io.BytesIO(LINES.encode()))


def test_a_device_is_no_document():
    with pytest.raises(NotADocument, match="device"):
        find_documents("/dev/zero")
    with pytest.raises(NotADocument, match="device"):
        archive.load_file(Path("/dev/zero"))


def test_a_file_over_the_limit_is_not_loaded(tmp_path):
    path = tmp_path / "sparse.txt"
    with path.open("wb") as file:
        file.truncate(20 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="21,474,836,480 bytes"):
        archive.load_file(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_an_empty_path_is_not_the_current_folder():
    with pytest.raises(MissingError, match="empty"):
        find_documents("")


def test_entries_that_overlap_are_not_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive_file:
        archive_file.writestr("a.txt", LINES)
        (first,) = archive_file.infolist()
        for number in range(50):
            copied = copy.copy(first)
            copied.filename = f"a{number}.txt"
            archive_file.filelist.append(copied)
            archive_file.NameToInfo[copied.filename] = copied
        archive_file._didModify = True
    with pytest.raises(Unreadable, match="overlap"):
        archive.Package(path, "a.zip")


def test_entries_of_one_name_count_each(tmp_path, monkeypatch):
    monkeypatch.setattr(archive.limits, "MAX_ZIP_TOTAL_BYTES", 3 * len(LINES))
    path = tmp_path / "a.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive_file:
        warnings.simplefilter("ignore")
        for _ in range(5):
            archive_file.writestr("a.txt", LINES)
    with pytest.raises(TooLarge, match="unpacked"):
        list(archive.zip_entries(path, "a.zip", []))
