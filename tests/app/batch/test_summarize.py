"""`docqa summarize` as a person and a script run it, with a tiny random model."""

import errno
import json
import os
import sqlite3
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from docqa.app.batch.workspace import Workspace

from .conftest import WORDS, attempts_of, outputs_of, pdf

pytestmark = pytest.mark.usefixtures("tiny_model")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two notes, one of them twice, and a PDF that is none."""
    path = tmp_path / "docs"
    (path / "sub").mkdir(parents=True)
    (path / "a.txt").write_text(WORDS.format(1))
    (path / "sub" / "copy.txt").write_text(WORDS.format(1))
    (path / "b.md").write_text(f"# Second unit\n\n{WORDS.format(2)}\n")
    (path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of one")
    return path


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_output_has_pages_lines_digest_and_failures(docqa, folder, tmp_path):
    code, out, err = docqa("summarize", folder, "--output", tmp_path / "out")
    assert (code, out) == (6, "") and "broken.pdf: not a readable PDF" in err
    records = _lines(tmp_path / "out" / "summaries.jsonl")
    assert [record["path"] for record in records] == ["a.txt", "b.md", "sub/copy.txt"]
    assert [record["title"] for record in records] == ["a", "Second unit", "copy"]
    for record in records:
        text = (folder / record["path"]).read_text()
        assert record["sentences"]
        assert all(sentence["text"] in text for sentence in record["sentences"])
        page = (tmp_path / "out" / f"{record['path']}.md").read_text()
        assert all(sentence["text"] in page for sentence in record["sentences"])
    (failure,) = _lines(tmp_path / "out" / "failures.jsonl")
    assert (failure["path"], failure["kind"]) == ("broken.pdf", "Unreadable")
    digest = (tmp_path / "out" / "digest.md").read_text()
    assert all(record["path"] in digest for record in records)
    assert sum(outcome == "done" for _, outcome in attempts_of(tmp_path / "out")) == 2


def test_equal_runs_write_equal_bytes_without_time_or_absolute_path(docqa, folder, tmp_path):
    docqa("summarize", folder, "--output", tmp_path / "one")
    docqa("summarize", folder, "--output", tmp_path / "two", "--no-store")
    assert outputs_of(tmp_path / "one") == outputs_of(tmp_path / "two")
    assert not any(
        str(tmp_path).encode() in content for content in outputs_of(tmp_path / "one").values()
    )


def test_a_rerun_does_only_what_is_new_and_drops_what_is_gone(docqa, folder, tmp_path):
    out = tmp_path / "out"
    docqa("summarize", folder, "--output", out)
    before = attempts_of(out)
    assert docqa("summarize", folder, "--output", out)[0] == 6
    assert attempts_of(out) == before
    (folder / "b.md").rename(folder / "moved.md")
    (folder / "sub" / "copy.txt").unlink()
    (folder / "new.txt").write_text(WORDS.format(3))
    docqa("summarize", folder, "--output", out)
    assert len(attempts_of(out)) == len(before) + 1
    assert [record["path"] for record in _lines(out / "summaries.jsonl")] == [
        "a.txt",
        "moved.md",
        "new.txt",
    ]
    assert not (out / "b.md.md").exists()
    assert not (out / "sub").exists()
    docqa("summarize", folder, "--output", tmp_path / "fresh")
    assert outputs_of(out) == outputs_of(tmp_path / "fresh")


def test_failures_stay_until_retried_or_the_file_changes(docqa, folder, tmp_path):
    out = tmp_path / "out"
    docqa("summarize", folder, "--output", out)
    tried = len(attempts_of(out))
    assert docqa("summarize", folder, "--output", out, "--retry-failed")[0] == 6
    assert len(attempts_of(out)) == tried + 1
    (folder / "broken.pdf").write_bytes(pdf(WORDS.format(4)))
    assert docqa("summarize", folder, "--output", out)[0] == 0
    assert (out / "failures.jsonl").read_bytes() == b""


def test_a_second_process_is_refused_while_one_works_there(docqa, folder, tmp_path):
    with Workspace(tmp_path / "out").hold_lock():
        code, out, err = docqa("summarize", folder, "--output", tmp_path / "out")
        assert docqa("summarize", folder, "--output", tmp_path / "out", "--dry-run")[0] == 0
    assert (code, out) == (2, "")
    assert (
        f"{tmp_path / 'out'}: another docqa process works in this folder (wait until it ends" in err
    )
    assert docqa("summarize", folder, "--output", tmp_path / "out")[0] == 6


def test_a_folder_with_the_ledger_of_an_earlier_build_is_continued(docqa, folder, tmp_path):
    out = tmp_path / "out"
    docqa("summarize", folder, "--output", out)
    fresh = outputs_of(out)
    attempts = attempts_of(out)
    with sqlite3.connect(out / "ledger.sqlite") as database:
        database.execute("ALTER TABLE runs ADD COLUMN exit_code INTEGER")
        database.execute("PRAGMA user_version = 2")
    assert docqa("summarize", folder, "--output", out)[0] == 6
    assert (outputs_of(out), attempts_of(out)) == (fresh, attempts)


def test_a_ledger_that_is_none_is_named_with_what_to_do(refused, folder, tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(
        b"not a database at all, but long enough to be one" * 30
    )
    err = refused(4, "extract", folder, "--questions", folder / "a.txt", "--workspace", tmp_path)
    assert (
        f"{tmp_path / 'ledger.sqlite'}: the ledger cannot be written (file is not a database)"
        in err
    )
    assert "move the file away: no work is lost with it" in err


def test_another_style_is_another_summary(docqa, folder, tmp_path):
    out = tmp_path / "out"
    docqa("summarize", folder, "--output", out)
    docqa("summarize", folder, "--output", out, "--style", "brief")
    assert {record["style"] for record in _lines(out / "summaries.jsonl")} == {"brief"}


def test_a_dry_run_estimates_and_writes_nothing(docqa, printed, folder, tmp_path):
    text = printed("summarize", folder, "--output", tmp_path / "out", "--dry-run")
    assert "4: 3 to read, 0 done before, 1 duplicates, 0 failed before" in text
    assert all(word in text for word in ("tokens", "time", "memory", "disk"))
    assert not (tmp_path / "out").exists()
    docqa("summarize", folder, "--output", tmp_path / "out")
    _, text, _ = docqa("summarize", folder, "--output", tmp_path / "out", "--dry-run")
    assert "4: 0 to read, 2 done before, 1 duplicates, 1 failed before" in text


def test_output_is_not_a_document_and_never_overwrites_foreign_files(
    docqa, refused, folder, tmp_path
):
    for _ in range(2):
        assert docqa("summarize", folder, "--output", folder)[0] == 6
    assert [record["path"] for record in _lines(folder / "summaries.jsonl")] == [
        "a.txt",
        "b.md",
        "sub/copy.txt",
    ]
    other = tmp_path / "other"
    other.mkdir()
    (other / "digest.md").write_text("mine")
    assert "docqa did not write it" in refused(2, "summarize", folder, "--output", other)
    assert (other / "digest.md").read_text() == "mine"


def test_names_that_are_one_on_some_disks_get_pages_of_their_own(docqa, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    names = [
        "a.txt",
        "A.txt",
        unicodedata.normalize("NFC", "é.txt"),
        unicodedata.normalize("NFD", "é.txt"),
    ]
    for number, name in enumerate(names):
        (folder / name).write_text(WORDS.format(number))
    assert docqa("summarize", folder, "--output", tmp_path / "out")[0] == 0
    pages = [path.name for path in (tmp_path / "out").glob("*.txt.md")]
    assert len({unicodedata.normalize("NFC", name).casefold() for name in pages}) == len(names)


def test_without_output_the_summaries_are_printed_and_nothing_is_written(
    docqa, printed, folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert WORDS.format(1) in printed("summarize", folder / "a.txt")
    assert docqa("summarize", folder / "broken.pdf")[0] == 3
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "make room on that disk (the same command goes on)"),
        (errno.EROFS, "check its permissions"),
    ],
)
def test_an_output_folder_that_refuses_is_named_with_what_to_do(
    refused, folder, tmp_path, monkeypatch, number, said
):
    def refuse(path: str, data: bytes) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("docqa.app.batch.workspace.write_whole", refuse)
    assert (
        f"{tmp_path / 'out'}: {os.strerror(number)} ({said}, or choose another --output)"
        in refused(4, "summarize", folder, "--output", tmp_path / "out")
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("{folder}/none",), 3, "no such file"),
        (("{folder}", "--style", "haiku"), 2, "key-points"),
        (("{folder}", "--focus", " "), 2, "--focus"),
        (("{folder}", "--focus", "rent", "--style", "clauses"), 2, "topics of its own"),
        (("{folder}", "--output", "{folder}/a.txt"), 2, "is a file"),
        (("-",), 2, "standard input"),
        (("{folder}", "--jobs", "0"), 2, "jobs"),
        (("{folder}", "--model", "{folder}/none"), 4, "none"),
    ],
)
def test_what_cannot_run_ends_with_its_status_and_a_line(refused, folder, arguments, code, said):
    assert said in refused(
        code, "summarize", *(argument.format(folder=folder) for argument in arguments)
    )
