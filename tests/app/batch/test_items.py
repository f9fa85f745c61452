"""What a batch is about: documents by content, duplicates, relative paths, and what cannot be
one.
"""

import os
import zipfile

import pytest

from docqa.app.batch.items import list_items, read_content
from docqa.ingest.errors import MissingError, NoDocuments, Unreadable


def test_paths_are_relative_to_the_named_or_the_common_folder(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.txt").write_text("x")
    (tmp_path / "a" / "y.txt").write_text("y")
    assert [item.path for item in list_items([str(tmp_path / "a")]).items] == ["b/x.txt", "y.txt"]
    named = [
        str(tmp_path / "a" / "b"),
        str(tmp_path / "a" / "y.txt"),
        str(tmp_path / "a" / "b" / "x.txt"),
    ]
    assert [item.path for item in list_items(named).items] == ["b/x.txt", "y.txt"]
    assert [item.path for item in list_items([str(tmp_path / "a" / "y.txt")]).items] == ["y.txt"]


def test_duplicates_are_one_task_unless_names_count_or_suffixes_differ(tmp_path):
    for name in ("a.txt", "b.txt", "c.md"):
        (tmp_path / name).write_text("the same words")
    listing = list_items([str(tmp_path)])
    assert [task.paths for task in listing.tasks("work")] == [("a.txt", "b.txt"), ("c.md",)]
    assert len(listing.tasks("work", by_name=True)) == 3
    assert {task.key for task in listing.tasks("work")}.isdisjoint(
        task.key for task in listing.tasks("other work")
    )


def test_a_moved_file_keeps_its_key_and_a_changed_one_does_not(tmp_path, write_file):
    path = write_file("a.txt", "words")
    (before,) = list_items([str(tmp_path)]).tasks("work")
    (tmp_path / "sub").mkdir()
    moved = path.rename(tmp_path / "sub" / "b.txt")
    (after,) = list_items([str(tmp_path)]).tasks("work")
    moved.write_text("other words")
    (changed,) = list_items([str(tmp_path)]).tasks("work")
    assert before.key == after.key != changed.key


def test_links_that_lead_in_circles_are_passed_over(tmp_path):
    (tmp_path / "a.txt").write_text("words")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    listing = list_items([str(tmp_path)])
    assert [item.path for item in listing.items] == ["a.txt", "link.txt"]
    assert len(listing.tasks("work")) == 1


def test_documents_of_an_archive_can_be_read_one_by_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("deep/a.txt", "first")
        archive.writestr("b.txt", "second")
    items = list_items([str(tmp_path / "all.zip")]).items
    assert [item.path for item in items] == ["all.zip/b.txt", "all.zip/deep/a.txt"]
    assert [read_content(item) for item in items] == [b"second", b"first"]


def test_an_archive_is_opened_once_for_all_its_documents(tmp_path, monkeypatch):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20):
            archive.writestr(f"{number:02}.txt", f"text {number}")
    items = list_items([str(path)]).items
    opened = []
    original = zipfile.ZipFile.__init__

    def count(self: zipfile.ZipFile, file, *values, **named) -> None:
        opened.append(file)
        original(self, file, *values, **named)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", count)
    assert [read_content(item) for item in items] == [
        f"text {number}".encode() for number in range(20)
    ]
    assert opened == [path]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("00.txt", "another text")
    with pytest.raises(Unreadable, match="changed"):
        read_content(items[0])


def test_a_missing_path_among_others_is_a_failure_without_its_absolute_path(tmp_path):
    (tmp_path / "a.txt").write_text("words")
    items = list_items([str(tmp_path / "none.pdf"), str(tmp_path / "a.txt")]).items
    assert [(item.path, item.failure is None) for item in items] == [
        ("none.pdf", False),
        ("a.txt", True),
    ]
    failure = items[0].failure
    assert failure is not None
    assert failure.kind == "Missing"
    assert str(tmp_path) not in failure.json_line(items[0].path, None)


@pytest.mark.parametrize(("name", "error"), [("none", MissingError), ("empty", NoDocuments)])
def test_without_any_document_the_first_error_is_raised(tmp_path, name, error):
    (tmp_path / "empty").mkdir()
    with pytest.raises(error):
        list_items([str(tmp_path / name)])


def test_output_of_earlier_runs_is_not_a_document(tmp_path):
    for name in ("a.txt", "a.txt.md"):
        (tmp_path / name).write_text("words")
    ours = frozenset({str(tmp_path / "a.txt.md")})
    assert [item.path for item in list_items([str(tmp_path)], ours).items] == ["a.txt"]
    (tmp_path / "a.txt").unlink()
    with pytest.raises(NoDocuments):
        list_items([str(tmp_path)], ours)


def test_a_document_that_changes_during_the_run_is_an_error(write_file):
    path = write_file("a.txt", "words")
    (item,) = list_items([str(path)]).items
    path.write_text("other words")
    with pytest.raises(Unreadable, match="changed"):
        read_content(item)
    path.unlink()
    with pytest.raises(MissingError):
        read_content(item)


def test_a_name_that_is_not_unicode_can_be_written_as_json(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("words")
    (item,) = list_items([str(tmp_path)]).items
    assert item.path == "caf\\xe9.txt"
    assert read_content(item) == b"words"
