"""What a library leaves out and what it marks: exports of docqa, files that are damaged, empty, or scanned."""

from typing import Any

import pytest

from docqa.app.tui.library.marks import is_export, mark_of
from docqa.app.tui.library.opener import find
from docqa.ingest.errors import Unreadable

SCANNED = b"%PDF-1.4\n1 0 obj <</Type/XObject/Subtype/Image/Width 10>> stream\nendstream endobj\nstartxref\n9\n%%EOF"


@pytest.mark.parametrize(
    ("name", "content", "mark"),
    [
        ("a.pdf", b"not what it says", "damaged"),
        ("a.pdf", b"", "empty"),
        ("a.pdf", SCANNED, "scan, no text"),
        ("a.pdf", SCANNED.replace(b"/Width", b"/Font /Width"), ""),
        ("a.docx", b"torn", "damaged"),
        ("a.txt", b"A keeper pays.", ""),
    ],
)
def test_a_file_is_marked_by_its_bytes(tmp_path, name, content, mark):
    (tmp_path / name).write_bytes(content)
    assert mark_of(tmp_path / name) == mark


def test_a_library_leaves_out_what_docqa_exported(tmp_path):
    for name in ("act.txt", "act.docqa.md", "act.docqa-2.md", "act.chat.md", "act.chat.html", "docqa.md"):
        (tmp_path / name).write_text("A keeper pays.", encoding="utf-8")
    assert [document.name for document in find(str(tmp_path))] == ["act.txt", "docqa.md"]
    assert is_export("folder/my.report.docqa-12.md")


def test_broken_and_scanned_files_are_marked_in_the_list(interface, session, tui, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"torn")
    (tmp_path / "b.pdf").write_bytes(SCANNED)
    (tmp_path / "c.txt").write_text("A keeper pays.", encoding="utf-8")

    def opener(path: str, on_page: Any) -> Any:
        raise Unreadable("it cannot be read", where=path)

    async def steps(pilot: Any) -> None:
        await tui.until(pilot, lambda: "3 documents" in tui.screen_text(pilot.app))
        lines = tui.screen_text(pilot.app).split("\n")
        marks = {name: next(line for line in lines if name in line) for name in ("a.pdf", "b.pdf", "c.txt")}
        assert "✗ damaged" in marks["a.pdf"]
        assert "✗ scan, no text" in marks["b.pdf"]
        assert "✗" not in marks["c.txt"]
        await pilot.press("down", "down", "enter")
        await tui.until(pilot, lambda: "cannot be read" in tui.screen_text(pilot.app))
        await pilot.press("l")
        await tui.until(pilot, lambda: "✗ cannot be opened" in tui.screen_text(pilot.app))

    tui.drive(interface(str(tmp_path), opener), steps)
