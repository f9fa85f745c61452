"""Documents from paths: what was parsed once is found again by its content."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from docqa.app.storage import sources
from docqa.app.storage.sources import content_digests, read_sources
from docqa.app.storage.store import Store
from docqa.ingest import worker
from docqa.ingest.errors import TooLarge
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

TITLED = "# The harbour rules\n\nThe harbour master opens the gate at six.\n"
PLAIN = ReadRequest()


@pytest.fixture
def parsed(monkeypatch) -> list[str]:
    """The names of the documents that were parsed, in order."""
    names = []
    parse = sources.DocumentReading

    def noted(request) -> object:
        names.append(Path(request.path).name)
        return parse(request)

    monkeypatch.setattr(sources, "DocumentReading", noted)
    return names


@pytest.fixture
def write(write_file) -> Callable[[str, str], str]:
    """Function(name, text) that writes a file and returns its path as it is typed."""
    return lambda name, text: str(write_file(name, text))


def test_one_of_several_documents_is_not_parsed_again_under_another_name(store, parsed, write):
    paths = [
        write("a.md", TITLED),
        write("b.md", "# Second\n\nText.\n"),
        write("c.md", "# Third\n\nText.\n"),
    ]
    begun = []
    heard = replace(PLAIN, on_begun=lambda: begun.append(len(parsed)))
    read_sources(paths, heard, store)
    (found,) = read_sources([write("copy/renamed.md", TITLED)], heard, store).documents
    assert parsed == ["a.md", "b.md", "c.md"] and begun == [1, 2, 3]
    assert (Path(found.path).name, found.title) == ("renamed.md", "The harbour rules")


def test_a_document_called_after_its_file_is_parsed_again_under_another_name(store, parsed, write):
    text = "The harbour master opens the gate at six.\n"
    first = write("a.txt", text)
    second = write("b.txt", text)
    titles = [
        read_sources([path], PLAIN, store).documents[0].title
        for path in (first, second, first, second)
    ]
    assert titles == ["a", "b", "a", "b"]
    assert parsed == ["a.txt", "b.txt"]


def test_a_title_equal_to_the_file_name_stays_a_title(store, write):
    read_sources([write("The_harbour_rules.md", TITLED)], PLAIN, store)
    (found,) = read_sources([write("b.md", TITLED)], PLAIN, store).documents
    assert found.title == "The harbour rules"


def test_a_password_that_is_not_needed_does_not_matter(store, parsed, write):
    path = write("a.md", TITLED)
    for request in (ReadRequest(password="secret"), PLAIN, ReadRequest(password="another")):
        read_sources([path], request, store)
    assert parsed == ["a.md"]


def test_a_document_that_is_forgotten_while_it_is_parsed_is_not_kept(store, write, monkeypatch):
    path = write("a.md", TITLED)
    parse = worker.DocumentReading.document

    def forgotten_meanwhile(reading: worker.DocumentReading) -> Document:
        Store(store.root).forget(content_digests(path), path)
        return parse(reading)

    monkeypatch.setattr(worker.DocumentReading, "document", forgotten_meanwhile)
    assert read_sources([path], PLAIN, store).documents[0].title == "The harbour rules"
    assert store.entries() == []


def test_a_document_that_lost_pages_to_a_limit_is_not_kept(store, write, monkeypatch):
    parse = worker.DocumentReading.document
    lost = [(2,), ()]

    def read_in_haste(reading: worker.DocumentReading) -> Document:
        document = parse(reading)
        return replace(document, coverage=replace(document.coverage, lost_pages=lost.pop(0)))

    monkeypatch.setattr(worker.DocumentReading, "document", read_in_haste)
    found = [
        read_sources([write("a.md", TITLED)], PLAIN, store).documents[0].coverage.lost_pages
        for _ in range(3)
    ]
    assert found == [(2,), (), ()] and not lost


def test_a_kept_document_that_is_damaged_is_parsed_again(store, parsed, write):
    path = write("a.md", TITLED)
    (first,) = read_sources([path], PLAIN, store).documents
    (kept,) = (store.root / "documents").glob("*/document.jsonl")
    kept.write_bytes(kept.read_bytes()[:-1] + b"}")
    found = read_sources([path], PLAIN, store)
    assert (found.documents, parsed) == ([first], ["a.md", "a.md"])
    assert "the kept text cannot be used" in found.notices[0]


def test_what_there_is_no_time_left_for_is_not_begun(store, parsed, write):
    with pytest.raises(TooLarge, match="there is no time left"):
        read_sources([write("a.md", TITLED)], replace(PLAIN, until=0.0), store)
    assert not parsed
