"""`docqa extract` as a person and a script run it, with a tiny random model."""

import csv
import io
import json
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from docqa.app.answer.answer import Answer
from docqa.app.batch.extraction.table import AnswerCell, cell_of
from docqa.app.batch.fields import Field
from docqa.app.errors import ResourceError
from docqa.app.session.session import Session
from docqa.app.storage.store import Store
from docqa.app.tui.library.recents import recent_documents

RENT = "What does the tenant pay to the keeper?"
NOWHERE = "Which zeppelin photographed Antarctica?"


pytestmark = pytest.mark.usefixtures("tiny_model")


@pytest.fixture
def questions(write_file) -> Path:
    return write_file("questions.txt", f"{RENT}\n{NOWHERE}\n")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two notes that differ in a sum."""
    path = tmp_path / "contracts"
    path.mkdir()
    for name, dollars in (("a.txt", 119), ("b.txt", 250)):
        (path / name).write_text(
            f"The tenant shall pay {dollars} dollars to the keeper before the ninth day of each month.\n",
        )
    return path


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_has_the_answers_of_ask_for_every_file(docqa, printed, folder, questions):
    out = printed("extract", folder, "--questions", questions, "--format", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["file"] for line in lines] == [str(folder / "a.txt"), str(folder / "b.txt")]
    _, asked, _ = docqa("ask", folder, "--each", "--questions", questions, "--json")
    answers = [json.loads(line) for line in asked.splitlines()]
    cells = [cell for line in lines for cell in line["cells"]]
    assert [(c["answer"], c["status"]) for c in cells] == [
        (a["answer"], a["status"]) for a in answers
    ]
    assert [c["quote"] for c in cells] == [
        a["quotes"][0]["text"] if a["quotes"] else None for a in answers
    ]


def test_a_table_has_fields_or_questions_and_not_both(refused, folder, questions):
    for given in ((), ("--fields", "contract", "--questions", questions), ("--fields", "lease")):
        assert "--fields" in refused(2, "extract", folder, *given)


def test_fields_of_a_file_are_the_columns(docqa, folder, write_file):
    path = write_file(
        "fields.toml", f'[[field]]\nname = "rent"\ntype = "amount"\nquestion = "{RENT}"\n'
    )
    code, out, _ = docqa("extract", folder, "--fields", path)
    assert code in (0, 5)
    assert [list(row)[2:4] for row in _rows(out)] == [["rent", "rent [normalised]"]] * 2


def test_equal_runs_write_equal_bytes_and_leave_nothing_behind(docqa, folder, questions, tmp_path):
    output = tmp_path / "out" / "table.xlsx"
    output.parent.mkdir()
    assert (
        docqa("extract", folder, "--questions", questions, "--output", output, "--conflicts")[0]
        == 0
    )
    first = output.read_bytes()
    docqa(
        "extract", folder, "--questions", questions, "--output", output, "--conflicts", "--no-store"
    )
    assert output.read_bytes() == first
    assert [path.name for path in output.parent.iterdir()] == ["table.xlsx"]


def test_a_failed_file_is_a_row_with_its_error_and_status_6(docqa, folder, questions):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of one")
    code, out, err = docqa("extract", folder, "--questions", questions)
    rows = _rows(out)
    assert code == 6
    assert [Path(row["file"]).name for row in rows] == ["a.txt", "b.txt", "broken.pdf"]
    assert rows[2][f"{RENT} [status]"] == "unreadable"
    assert "broken.pdf" in rows[2]["error"]
    assert "1 of 3 files failed" in err
    assert rows[0][f"{RENT} [status]"] == "answered"


@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"]])
def test_each_document_of_an_archive_has_its_answer_or_says_why_not(docqa, folder, tmp_path, jobs):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "a.txt", "a.txt")
        archive.writestr("broken.pdf", b"%PDF-1.7\nnothing of one")
        archive.writestr("photo.jpg", b"\xff\xd8\xff\xe0")
    code, out, err = docqa("ask", path, RENT, "--each", "--json", *jobs)
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, [answer["status"] for answer in answers]) == (3, ["answered", "unreadable"])
    assert answers[0]["quotes"][0]["cites"][0]["file"] == f"{path}/a.txt"
    assert "broken.pdf: not a readable PDF" in err
    assert f"no documents, passed over: {path}/photo.jpg" in err


@pytest.mark.parametrize("command", ["extract", "ask"])
def test_files_of_a_folder_that_are_not_documents_are_named(docqa, folder, questions, command):
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    arguments = [
        command,
        folder,
        "--questions",
        questions,
        *(["--each"] if command == "ask" else []),
    ]
    assert f"no documents, passed over: {folder}/photo.jpg" in docqa(*arguments)[2]


def test_with_a_workspace_the_same_command_asks_only_what_is_new(
    docqa, folder, questions, tmp_path
):
    arguments = ("extract", folder, "--questions", questions, "--workspace", tmp_path / "kept")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of one")
    code, first, _ = docqa(*arguments)
    assert code == 6
    (folder / "c.txt").write_text("The gardener waters the hedge on Tuesdays.\n")
    code, second, _ = docqa(*arguments)
    assert code == 6
    assert set(first.splitlines()) < set(second.splitlines())
    with sqlite3.connect(tmp_path / "kept" / "ledger.sqlite") as database:
        paths = [path for (path,) in database.execute("SELECT path FROM attempts ORDER BY id")]
    assert paths == ["a.txt", "b.txt", "broken.pdf", "c.txt"]


def test_a_second_run_asks_nothing_again(docqa, folder, questions, monkeypatch):
    (folder / "scan.txt").write_text("The gardener waters the hedge on Tuesdays.\n")
    first = docqa("extract", folder, "--questions", questions, "--format", "jsonl")
    asked = []
    original = Session.ask

    def ask(self: Session, question: str):
        asked.append(question)
        return original(self, question)

    monkeypatch.setattr(Session, "ask", ask)
    assert docqa("extract", folder, "--questions", questions, "--format", "jsonl")[:2] == first[:2]
    assert asked == []
    questions.write_text(f"{NOWHERE}\nWho keeps it?\n{RENT}\n")
    assert docqa("extract", folder, "--questions", questions)[0] == 0
    assert asked == ["Who keeps it?"] * 3
    assert recent_documents(Store()) == []


@pytest.mark.parametrize("change", ["--no-store", "--include-hidden", "forget", "content"])
def test_answers_are_not_reused_where_something_else_was_asked(
    docqa, folder, questions, monkeypatch, change
):
    path = folder / "a.txt"
    arguments = ["extract", folder / "a.txt", "--questions", questions]
    docqa(*arguments)
    if change == "forget":
        docqa("forget", path)
    elif change == "content":
        path.write_text("The tenant shall pay 300 dollars to the keeper.\n")
    else:
        arguments.append(change)
    monkeypatch.setattr("docqa.app.batch.jobs.find_model", _no_model)
    assert docqa(*arguments)[0] == 4


def _no_model(options) -> None:
    raise ResourceError("the model was loaded")


def test_conflicts_are_listed_instead_of_the_table(printed, folder, questions, monkeypatch):
    # The tiny model points anywhere; what it says is set, so that the two files disagree.
    def says(answer: Answer, field: Field) -> AnswerCell:
        cell = cell_of(answer, field)
        return replace(cell, answer=answer.quotes[0].text[:30]) if answer.quotes else cell

    monkeypatch.setattr("docqa.app.batch.extraction.rows.cell_of", says)
    (conflict,) = _rows(printed("extract", folder, "--questions", questions, "--conflicts"))
    assert conflict["question"] == RENT
    assert "250 dollars" in conflict["quote"]
    assert "119 dollars" in conflict["other quote"]


def test_the_table_of_an_earlier_run_is_not_a_document(docqa, refused, folder, questions):
    output = folder / "table.md"
    for _ in range(2):
        assert docqa("extract", folder, "--questions", questions, "--output", output)[0] == 0
        assert "table.md" not in output.read_text()
    output.write_text("The tenant wrote this himself.\n")
    assert "is one of the documents" in refused(
        2, "extract", folder, "--questions", questions, "--output", output
    )
    assert output.read_text() == "The tenant wrote this himself.\n"


def test_nothing_answered_is_status_5(docqa, folder, write_file):
    path = write_file("none.txt", NOWHERE)
    code, out, _ = docqa("extract", folder, "--questions", path)
    assert code == 5
    assert [row[f"{NOWHERE} [status]"] for row in _rows(out)] == ["not_found", "not_found"]


def test_a_missing_file_beside_others_is_a_row(docqa, folder, questions):
    code, out, err = docqa(
        "extract", folder / "none.pdf", folder / "a.txt", "--questions", questions
    )
    assert code == 6
    assert "no such file" in _rows(out)[0]["error"]
    assert "none.pdf" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("{folder}",), 2, "--questions"),
        (("{folder}", "--questions", "{questions}", "--format", "ods"), 2, "csv, jsonl, md, xlsx"),
        (("{folder}", "--questions", "{questions}", "--format", "xlsx"), 2, "--output table.xlsx"),
        (("{folder}", "--questions", "{questions}", "--output", "{folder}"), 2, "is a folder"),
        (("{folder}/none", "--questions", "{questions}"), 3, "no such file"),
        (("{folder}", "--questions", "{folder}/none.txt"), 3, "does not exist"),
        (("{folder}", "--questions", "{questions}", "--model", "{folder}/none"), 4, "none"),
    ],
)
def test_what_cannot_run_ends_with_its_status_and_a_line(
    refused, folder, questions, arguments, code, said
):
    names = {"folder": folder, "questions": questions}
    assert said in refused(code, "extract", *(argument.format(**names) for argument in arguments))


def test_what_a_model_is_given_can_be_said_for_a_table(printed, refused, folder, questions):
    out = printed("extract", folder, "--questions", questions, "--from", "passages")
    assert "a.txt" in out and "b.txt" in out
    assert "whole or passages" in refused(
        2, "extract", folder, "--questions", questions, "--from", "memory"
    )
