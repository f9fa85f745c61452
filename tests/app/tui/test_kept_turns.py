"""Questions and answers kept on disk, and what is exported of them."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from docqa.app import cli
from docqa.app.store import Store
from docqa.app.tui import export, kept_turns
from docqa.app.tui.kept_turns import Turn


def test_turns_come_back_as_they_were(lease_document: Any, store: Store, tui: Any) -> None:
    turns = [Turn("done?", "done", tui.answer_of(lease_document)), Turn("torn?", "failed", None, "no memory")]
    kept_turns.save(store, lease_document, turns, (3, 40))
    kept = kept_turns.load(store, lease_document)
    assert kept.turns == turns
    assert kept.place == (3, 40)


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(
    lease_document: Any, store: Store, tui: Any
) -> None:
    for _ in range(2):
        kept_turns.save(store, lease_document, [Turn("q", "done", tui.answer_of(lease_document))], (1, 0))
    (file,) = (store.root / "sessions").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_question_under_way_is_kept_as_stopped(lease_document: Any, store: Store) -> None:
    kept_turns.save(store, lease_document, [Turn("q", "reading")], (1, 0))
    (turn,) = kept_turns.load(store, lease_document).turns
    assert turn.state == "stopped"
    assert turn.note == kept_turns.INTERRUPTED


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 9}', '{"schema": 1, "turns": [{}]}'])
def test_a_file_that_cannot_be_used_is_as_none(lease_document: Any, store: Store, content: str) -> None:
    store.folder("sessions", f"{lease_document.id}.json").write_text(content, encoding="utf-8")
    assert kept_turns.load(store, lease_document).turns == []


def test_forget_deletes_the_questions_of_a_file(
    lease_document: Any, store: Store, tui: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept_turns.save(store, lease_document, [Turn("q", "done", tui.answer_of(lease_document))], (1, 0))
    monkeypatch.setenv("DOCQA_CACHE_DIR", str(store.root))
    assert cli.run(["forget", "other.pdf"]) == 3
    assert cli.run(["forget", lease_document.path]) == 0
    assert list((store.root / "sessions").iterdir()) == []
    assert "1 entries deleted" in capsys.readouterr().out


def test_an_export_keeps_the_text_of_a_document_text(lease_document: Any, tui: Any) -> None:
    answer = tui.answer_of(lease_document, answer="<b>*85*</b>")
    text = export.markdown(lease_document, [Turn("# who?", "done", answer), Turn("torn?", "failed", None, "no memory")])
    assert "**\\<b\\>\\*85\\*\\</b\\>**" in text
    assert "## \\# who?" in text
    assert "> lease.pdf, p. 3 (PDF 5) [✓✓ verified: exact]" in text
    assert "[≈ not verified: damaged]" in text
    assert "*no memory*" in text


def test_kept_turns_are_json_that_another_program_can_read(lease_document: Any, store: Store, tui: Any) -> None:
    kept_turns.save(store, lease_document, [Turn("q", "done", tui.answer_of(lease_document))], (1, 0))
    record = json.loads((store.root / "sessions" / f"{lease_document.id}.json").read_text(encoding="utf-8"))
    assert record["turns"][0]["answer"]["quotes"][0]["grade"] == "exact"
