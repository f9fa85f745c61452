"""A format is a folder with one registration: what a new one needs to be read and found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docqa.ingest.errors import NotADocument
from docqa.ingest.formats import FORMATS, plugged_formats, titles
from docqa.ingest.read import find_documents, read
from docqa.ingest.request import ReadRequest

PLUGIN = """from docqa.ingest.formats import Format
from docqa.ingest.plain.text import read_text
TOY = Format("toy", "toy files", (".toy",), ("application/toy",), "toy_format:read_toy", starts=b"TOY1")
def read_toy(request):
    return read_text(request.of(request.name, request.content[4:]))
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package whose entry point is a format of text behind four bytes."""
    installed = tmp_path / "site" / "toy-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[docqa.formats]\ntoy = toy_format:TOY\n")
    (installed.parent / "toy_format.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(installed.parent)
    plugged_formats.cache_clear()
    yield
    plugged_formats.cache_clear()


def test_a_new_format_is_read_by_its_first_bytes_whatever_its_name(toy):
    for name in ("a.toy", "a", "a.bin"):
        assert "The ferry leaves at noon." in read(ReadRequest(name, b"TOY1The ferry leaves at noon.")).pages[0].text


def test_a_file_with_the_suffix_of_another_format_is_refused(toy):
    with pytest.raises(NotADocument, match="not toy files"):
        read(ReadRequest("a.toy", b"The ferry leaves at noon."))


def test_a_new_format_is_found_in_a_folder_and_named_to_users(toy, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.toy").write_bytes(b"TOY1x")
    (tmp_path / "files" / "b.dat").write_bytes(b"x")
    assert [Path(name).name for name, _ in find_documents(tmp_path / "files")] == ["a.toy"]
    assert titles().endswith("USLM XML and toy files")


def test_every_reader_that_is_registered_can_be_loaded():
    assert all(callable(each.read()) for each in FORMATS)
