"""`docqa history` and what other commands put into the history, or take out of it."""

import json
import re
from pathlib import Path

import pytest

from docqa.app.history.history import History
from docqa.app.history.records import StoredAnnotation, StoredDocument, StoredTurn
from docqa.app.storage.store import Store

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"
NOWHERE = "Which zeppelin photographed Antarctica?"


@pytest.fixture
def note(write_file) -> Path:
    return write_file(
        "note.txt",
        "The tenant of unit 7 shall pay 119 dollars to the keeper named Alder7 each month.\n",
    )


@pytest.fixture
def asked(docqa, tiny_model: None, note: Path, write_file) -> Path:
    """A file with two questions that were asked of it."""
    questions = write_file("questions.txt", f"{QUESTION}\n{NOWHERE}\n")
    assert docqa("ask", note, "--questions", questions)[0] == 5
    return note


@pytest.fixture
def fill(own_folders: Path):
    """Function(session kind, questions) that writes a session without any model."""

    def write(kind: str, *questions: str) -> int:
        with History(Store(own_folders)) as history:
            session = history.start(
                kind, [StoredDocument("ab" * 32, "x/report.pdf", "/x/report.pdf")], questions[0]
            )
            for question in questions:
                history.keep(
                    session, StoredTurn(question, 1_700_000_000.0, state="failed", note="no memory")
                )
            return session

    return write


def test_what_was_asked_is_listed_newest_first_and_found_by_its_words(asked, docqa, printed):
    code, out, err = docqa("history")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert re.fullmatch(
        rf" +1\.2  \d{{4}}-\d\d-\d\d \d\d:\d\d  not_found  note\.txt: {re.escape(NOWHERE)}", first
    )
    assert "answered" in second and second.endswith(QUESTION)
    assert printed("history", "tenant", "keeper").splitlines() == [second]
    assert printed("history", "zeppelins").splitlines() == [first]
    code, out, err = docqa("history", "submarine")
    assert (code, out) == (0, "")
    assert "no question with 'submarine'" in err


def test_json_has_the_whole_answer(asked, docqa):
    _, out, _ = docqa("history", "--json", "Alder7")
    (line,) = out.splitlines()
    found = json.loads(line)
    assert (found["id"], found["kind"], found["files"]) == ("1.1", "ask", [str(asked)])
    _, direct, _ = docqa("ask", asked, QUESTION, "--json")
    for answer in (found["answer"], direct := json.loads(direct)):
        del answer["usage"]
    assert found["answer"] == direct


def test_nothing_kept_is_said_and_makes_no_folder(docqa, own_folders):
    code, out, err = docqa("history")
    assert (code, out) == (0, "")
    assert "no past questions yet" in err
    assert docqa("history", "export", "1")[0] == 3
    assert not own_folders.exists()


def test_a_limit_is_told(fill, docqa):
    fill("chat", "One?", "Two?", "Three?")
    _, out, err = docqa("history", "--limit", 2)
    assert [line.split()[0] for line in out.splitlines()] == ["1.3", "1.2"]
    assert "2 of 3 questions" in err


def test_a_session_or_question_is_exported_as_markdown_or_html(asked, docqa, tmp_path):
    _, whole, _ = docqa("history", "export", "1")
    _, one, _ = docqa("history", "export", "1.1", "--md")
    assert f"## {NOWHERE}" in whole and f"## {NOWHERE}" not in one
    _, page, _ = docqa("history", "export", "1", "--html")
    assert page.startswith("<!DOCTYPE html>") and page.count("<!DOCTYPE") == 1
    assert "119 dollars</mark>" in page or "<mark" in page
    file = tmp_path / "answers.html"
    code, out, err = docqa("history", "export", "1", "--html", "--output", file)
    assert (code, out) == (0, "")
    assert file.read_text() == page
    assert "answers.html" in err


def test_an_export_does_not_need_the_document_any_more(asked, docqa, printed):
    _, before, _ = docqa("history", "export", "1", "--html")
    asked.unlink()
    docqa("cache", "prune", "--to", "1M")
    assert printed("history", "export", "1", "--html") == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["export"], 2, "export needs the number"),
        (["export", "1", "2"], 2, "export needs the number"),
        (["export", "first"], 2, "not the number"),
        (["export", "9"], 3, "no session 9"),
        (["export", "1.9"], 3, "no question 9"),
        (["export", "1", "--html", "--md"], 2, "choose one"),
        (["export", "1", "--json"], 2, "Markdown or HTML"),
        (["words", "--html"], 2, "only for an export"),
        (["--limit", "0"], 2, "--limit"),
        (["export", "1", "--output", "/nowhere/at/all.md"], 2, "folder does not exist"),
    ],
)
def test_what_cannot_be_listed_or_exported_is_said(fill, refused, arguments, code, said):
    fill("chat", "One?")
    assert said in refused(code, "history", *arguments)


def test_the_word_export_can_be_looked_for(fill, printed):
    fill("chat", "Who may export grain?")
    assert "1.1" in printed("history", '"export"')
    assert "1.1" in printed("history", "export grain")


def test_a_damaged_history_is_named_set_aside_and_gone_after_a_prune(
    fill, docqa, printed, own_folders
):
    fill("chat", "One?")
    path = own_folders / "history" / "history.sqlite"
    path.write_bytes(b"no database at all " * 300)
    code, out, err = docqa("history")
    assert (code, out) == (0, "")
    assert "damaged" in err and f"{path}.damaged" in err
    assert docqa("history")[2] == "docqa: there are no past questions\n"
    fill("chat", "Two?")
    _, out, _ = docqa("cache", "prune")
    assert "history.sqlite.damaged" in out
    assert [file.name for file in path.parent.iterdir() if "damaged" in file.name] == []
    assert "Two?" in printed("history")


def test_a_damaged_history_costs_no_answer(docqa, printed, tiny_model, note, own_folders, fill):
    fill("chat", "One?")
    (own_folders / "history" / "history.sqlite").write_bytes(b"no database at all " * 300)
    code, out, err = docqa("ask", note, QUESTION)
    assert code == 0
    assert "quote found" in out
    assert "the history is damaged" in err
    assert QUESTION in printed("history")


def test_the_cache_lists_and_checks_the_history(fill, docqa, own_folders):
    fill("chat", "One?", "Two?")
    _, out, err = docqa("cache", "list")
    assert re.fullmatch(r"history .* kept 2 questions\n", out)
    assert "1 entries" in err
    assert docqa("cache", "verify")[0] == 0
    path = own_folders / "history" / "history.sqlite"
    path.write_bytes(b"no database at all " * 300)
    code, out, _ = docqa("cache", "verify")
    assert code == 4
    assert "damaged history" in out


def test_a_prune_deletes_questions_only_when_nothing_else_is_left(asked, docqa, printed):
    _, out, _ = docqa("cache", "prune", "--to", "500K")
    assert "history" not in out
    assert len(printed("history").splitlines()) == 2
    _, out, err = docqa("cache", "prune", "--to", "0")
    assert "deleted history  session 1" in out
    assert printed("history") == ""


def test_forget_deletes_the_questions_of_a_file_and_no_others(
    asked, docqa, printed, fill, own_folders
):
    fill("chat", "Other?")
    printed("forget", asked)
    assert [line.split()[0] for line in printed("history").splitlines()] == ["2.1"]
    left = b"".join(file.read_bytes() for file in (own_folders / "history").iterdir())
    assert b"lder7" not in left
    assert docqa("forget", "/x/report.pdf")[0] == 0
    assert printed("history") == ""


def test_notes_of_a_document_are_exported_with_its_session_and_forgotten(
    fill, docqa, printed, own_folders
):
    session = fill("tui", "one")
    with History(Store(own_folders)) as history:
        history.annotate(session, StoredAnnotation(1, 0, 1, 9, "The lease", "p. 1", "ask Quetzal"))
    for form in ("--md", "--html"):
        out = printed("history", "export", str(session), form)
        assert "ask Quetzal" in out and "The lease" in out
    assert "ask Quetzal" not in printed("history", "export", f"{session}.1")
    docqa("cache", "prune", "--to", "0")
    assert "ask Quetzal" in printed("history", "export", str(session))
    docqa("forget", "/x/report.pdf")
    assert docqa("history", "export", str(session))[0] == 3
    assert b"Quetzal" not in (own_folders / "history" / "history.sqlite").read_bytes()
