"""Of a document that is opened with a password nothing is stored but what was asked, and where."""

import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

QUESTION = "What does the tenant of unit 7 pay?"
SECRET = "Alderbrook"  # in every sentence
pytestmark = pytest.mark.usefixtures("tiny_model")


@pytest.fixture
def locked(tmp_path):
    """Function(name, number) -> (a PDF that needs a password, the file with its password)."""

    def make(name: str, number: int) -> tuple[Path, Path]:
        page = io.BytesIO()
        canvas = Canvas(page)
        canvas.drawString(72, 700, f"The tenant of unit 7 pays {number} dollars to {SECRET}.")
        canvas.drawString(72, 680, f"The keeper named {SECRET} gives a notice in writing.")
        canvas.save()
        writer = PdfWriter(PdfReader(page))
        writer.encrypt("sesame")
        writer.write(tmp_path / name)
        password = tmp_path / "password.txt"
        password.write_text("sesame\n")
        return tmp_path / name, password

    return make


def _files_with(words: str, folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if words.encode() in path.read_bytes()]


@pytest.mark.parametrize("command", ["ask", "read", "find", "extract", "outline"])
def test_nothing_of_a_document_with_a_password_is_stored(docqa, locked, own_folders, command):
    file, password = locked("locked.pdf", 119)
    given = {"ask": [QUESTION], "find": ["tenant"], "extract": ["--fields", "contract"]}
    first, last = ([], [file]) if command == "find" else ([file], [])
    words = given.get(command, [])
    _, out, err = docqa(command, *first, *words, *last, "--password-file", password)
    said = "opened with a password, so nothing of its text is stored" in err
    assert said or command in ("extract", "outline")  # the table and the tree stand alone
    assert not _files_with(SECRET, own_folders)
    assert not any((own_folders / kind).exists() for kind in ("documents", "states", "contexts"))


def test_with_store_it_is_read_once_like_any_other(docqa, locked, own_folders):
    file, password = locked("stored.pdf", 120)
    for reused in (False, True):
        _, out, err = docqa("ask", file, QUESTION, "--password-file", password, "--json", "--store")
        assert json.loads(out)["usage"]["cached"] is reused
        assert "nothing of its text" not in err
    assert _files_with(SECRET, own_folders)


def test_its_history_has_the_question_and_the_page_without_words(docqa, locked, own_folders):
    file, password = locked("asked.pdf", 121)
    docqa("ask", file, QUESTION, "--password-file", password)
    _, out, _ = docqa("history")
    assert QUESTION in out
    _, out, _ = docqa("history", "export", "1.1")
    assert "not stored" in out and SECRET not in out
    code, *_ = docqa("forget", file)
    assert code == 0 and QUESTION not in docqa("history")[1]
