"""Questions and answers kept on disk, and what is exported of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from docqa.app import cli
from docqa.app.history.history import History
from docqa.app.tui import stored_turns
from docqa.app.tui.stored_turns import ShownTurn

from . import conftest as tui


def test_turns_come_back_as_they_were(lease_document, store):
    turns = [
        ShownTurn("done?", "done", tui.answer_of(lease_document)),
        ShownTurn("torn?", "failed", None, "no memory"),
    ]
    stored_turns.save(store, [lease_document], turns, (3, 40))
    kept = stored_turns.load(store, [lease_document])
    assert kept.turns == turns
    assert kept.place == (3, 40)


def test_a_session_grows_over_visits_and_is_found_by_its_words(lease_document, store):
    first = ShownTurn("What is the fee?", "done", tui.answer_of(lease_document))
    stored_turns.save(store, [lease_document], [first], (1, 0))
    stored_turns.save(
        store, [lease_document], [first, ShownTurn("And who pays?", "stopped")], (2, 7)
    )
    with History(store) as history:
        (session,) = history.sessions(kind="tui")
        assert (session.questions, session.place, session.documents[0].id) == (
            2,
            (2, 7),
            lease_document.id,
        )
        assert [item.turn.question for item in history.search("payable")[0]] == ["What is the fee?"]
        assert [page.page for page in history.turns(session.id)[0].pages] == [5, 9]


def test_two_windows_on_one_document_keep_the_questions_of_both(lease_document, store):
    answer = tui.answer_of(lease_document)
    stored_turns.save(
        store, [lease_document], [ShownTurn("What is the fee?", "done", answer)], (1, 0)
    )
    first, second = (stored_turns.load(store, [lease_document]).turns for _ in range(2))
    for number in range(4):
        for window, name in ((first, "first"), (second, "second")):
            window.append(ShownTurn(f"{name} {number}?", "reading"))
            stored_turns.save(store, [lease_document], window, (1, 0))
            window[-1].state, window[-1].answer = "done", answer
            stored_turns.save(store, [lease_document], window, (1, 0))
    asked = [f"{name} {number}?" for number in range(4) for name in ("first", "second")]
    both = stored_turns.load(store, [lease_document]).turns
    assert [turn.question for turn in both] == ["What is the fee?", *asked]
    assert {turn.state for turn in both} == {"done"}


def test_a_question_under_way_is_kept_as_stopped(lease_document, store):
    stored_turns.save(store, [lease_document], [ShownTurn("q", "reading")], (1, 0))
    (turn,) = stored_turns.load(store, [lease_document]).turns
    assert turn.state == "stopped"
    assert turn.note == stored_turns.INTERRUPTED


def test_a_damaged_history_counts_as_none_and_is_reported(lease_document, store):
    assert stored_turns.load(store, [lease_document]) == stored_turns.StoredTurns([], (1, 0))
    assert list(store.root.glob("history")) == []
    store.folder("history", "history.sqlite").write_text(
        "no database at all " * 100, encoding="utf-8"
    )
    kept = stored_turns.load(store, [lease_document])
    assert kept.turns == []
    assert "set aside" in kept.notices[0]
    stored_turns.save(
        store, [lease_document], [ShownTurn("q", "done", tui.answer_of(lease_document))], (1, 0)
    )
    assert len(stored_turns.load(store, [lease_document]).turns) == 1


def test_a_history_that_cannot_be_written_raises_oserror(lease_document, store):
    (store.root / "history").write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match="history"):
        stored_turns.save(store, [lease_document], [ShownTurn("q", "failed")], (1, 0))
    assert stored_turns.load(store, [lease_document]).turns == []


def test_forget_deletes_the_questions_of_a_file(lease_document, store, monkeypatch, capsys):
    stored_turns.save(
        store, [lease_document], [ShownTurn("q", "done", tui.answer_of(lease_document))], (1, 0)
    )
    monkeypatch.setenv("DOCQA_CACHE_DIR", str(store.root))
    assert cli.run(["forget", "other.pdf"]) == 3
    assert cli.run(["forget", lease_document.path]) == 0
    assert stored_turns.load(store, [lease_document]).turns == []
    assert "1 entries deleted" in capsys.readouterr().out


def test_an_export_escapes_the_text_of_a_document(lease_document, tmp_path):
    answer = tui.answer_of(lease_document, answer="<b>*85*</b>")
    turns = [ShownTurn("# who?", "done", answer), ShownTurn("torn?", "failed", None, "no memory")]
    text = Path(stored_turns.export(str(tmp_path / "out.md"), [lease_document], turns)).read_text(
        encoding="utf-8"
    )
    assert "**\\<b\\>\\*85\\*\\</b\\>**" in text
    assert "## \\# who?" in text
    assert "> \\[1\\] p. 3 (PDF 5) (quote found)" in text
    assert "> \\[2\\] p. 7 (PDF 9) (not verified: damaged " in text
    assert "no memory" in text


def test_an_export_has_the_rights_of_a_new_file_and_any_text(lease_document, tmp_path):
    document = replace(lease_document, path="le\udcffase.pdf")  # a name that is no UTF-8
    target = tmp_path / "out.md"
    other = tmp_path / "other.md"
    other.write_text("", encoding="utf-8")
    stored_turns.export(
        str(target), [document], [ShownTurn("who?", "done", tui.answer_of(lease_document))]
    )
    assert target.stat().st_mode == other.stat().st_mode
    assert "## who?" in target.read_text(encoding="utf-8")
