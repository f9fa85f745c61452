"""Test files of other projects: what counts as a problem, and the tally."""

import pytest

from docqa.app.lab import peer_files
from docqa.app.lab.peer_files import FileReading, documents, measure, tally
from docqa.ingest.pdf.document import ALL_HIDDEN


@pytest.mark.parametrize(
    ("reading", "problem"),
    [
        (FileReading("a.txt", "document"), ""),
        (FileReading("a.txt", "exception", message="KeyError"), "exception: KeyError"),
        (FileReading("a.txt", "document", seconds=61), "61 s of processor time"),
        (FileReading("a.txt", "document", bytes=2**31), "2,048 MiB"),
        (FileReading("a.pdf", "document", characters=900, peer_characters=1000), ""),
        (
            FileReading("a.pdf", "document", characters=90, peer_characters=1000),
            "9% of the characters of pdftotext",
        ),
        (FileReading("a.pdf", "document", characters=90, peer_characters=1000, warnings=1), ""),
        (
            FileReading("a.pdf", "refused", "NoText", "a scan", peer_characters=1000),
            "refused, pdftotext reads it: a scan",
        ),
        (FileReading("a.pdf", "refused", "Encrypted", "a password", peer_characters=1000), ""),
        (FileReading("a.pdf", "refused", "NoText", ALL_HIDDEN, peer_characters=1000), ""),
    ],
)
def test_a_problem_is_what_should_not_happen(reading, problem):
    assert reading.problem.startswith(problem) and bool(reading.problem) == bool(problem)


def test_files_are_read_measured_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(peer_files, "_peer_text", lambda path: "The gate is open.")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.md").write_text("# A title\n\nThe gate is opened at six.\n")
    (tmp_path / "b.pdf").write_text("no PDF")
    (tmp_path / "c.py").write_text("code")
    found = [measure(path) for path in documents([str(tmp_path)])]
    assert [(reading.outcome, reading.kind) for reading in found] == [
        ("refused", "NotADocument"),
        ("document", ""),
    ]
    assert found[1].characters == 27 and found[1].seconds > 0 and found[1].bytes > 2**20
    assert tally(found)["files"] == 2 and tally(found)["refusals"] == {"NotADocument": 1}
