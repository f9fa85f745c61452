"""`docqa forget` and `docqa cache`: nothing of a forgotten document is left on disk."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from docqa.app.history.history import History, stored_documents
from docqa.app.history.records import StoredTurn
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.storage.store import Store

SECRET = "The xylophone of Quetzalcoatl is buried under the seventh oak.\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a text of two lines, and one below it."""
    (tmp_path / "papers" / "more").mkdir(parents=True)
    (tmp_path / "papers" / "one.txt").write_text(SECRET)
    (tmp_path / "papers" / "more" / "two.txt").write_text(f"{SECRET}\nIt was seen in March.\n")
    return tmp_path / "papers"


@pytest.fixture
def archive(folder: Path, tmp_path) -> Path:
    path = tmp_path / "papers.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("one.txt", "more/two.txt"):
            file.write(folder / name, name)
    return path


@pytest.fixture
def opened(own_folders: Path) -> Callable[[Path], None]:
    """Function(path) that parses the documents of `path`, and keeps a question about them and a
    state.
    """

    def opened(path: Path) -> None:
        with open_session([str(path)], Options(cache_dir=str(own_folders))) as session:
            documents = session.documents
        store = Store(own_folders)
        with History(store) as history:
            number = history.start(
                "ask", stored_documents(documents), "Where is the xylophone of Quetzalcoatl?"
            )
            history.keep(number, StoredTurn("Where is the xylophone of Quetzalcoatl?", 1.0))
        entry = {"documents": [d.id for d in documents], "paths": [d.path for d in documents]}
        state = store.write_state_entry("s", entry)
        (state / "model").write_bytes(b"Quetzalcoatl")

    return opened


def remains(cache: Path) -> list[Path]:
    """The files in the cache that have a word of the documents."""
    return [
        path for path in cache.rglob("*") if path.is_file() and b"uetzalcoatl" in path.read_bytes()
    ]


@pytest.mark.parametrize("what", ["folder", "archive"])
@pytest.mark.parametrize("gone", [False, True])
def test_forget_deletes_all_documents_of_a_folder_or_an_archive(
    printed, own_folders, opened, request, what, gone
):
    path = request.getfixturevalue(what)
    opened(path)
    assert len(remains(own_folders)) == 4
    if gone:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert printed("forget", path).split(": ", 1)[1][:17] == "4 entries deleted"
    assert remains(own_folders) == []


def test_forget_finds_a_document_of_an_archive_by_its_content(
    docqa, own_folders, opened, folder, archive
):
    opened(folder)
    archive = archive.rename(archive.with_name("renamed.zip"))
    assert docqa("forget", archive)[0] == 0
    assert remains(own_folders) == []


def test_forget_of_one_document_leaves_the_others(docqa, own_folders, opened, folder):
    opened(folder)
    assert docqa("forget", folder / "one.txt")[0] == 0
    assert len(remains(own_folders)) == 1


def test_forget_of_a_path_that_was_never_read_is_an_input_error(refused, tmp_path):
    assert "nothing is kept of it" in refused(3, "forget", tmp_path / "none.pdf")


def test_forget_of_a_file_that_was_never_read_says_so(docqa, note):
    assert docqa("forget", note)[:2] == (0, f"{note}: nothing was kept\n")


def test_forget_deletes_what_it_can_where_another_machine_uses_a_state(
    refused, own_folders, opened, folder
):
    opened(folder)
    (own_folders / "states" / "s" / ".in_use.far-away.0123456789abcdef.7").touch()
    assert "far-away" in refused(4, "forget", folder)
    assert remains(own_folders) == [own_folders / "states" / "s" / "model"]


def test_list_and_verify_count_documents_states_and_history(docqa, own_folders, opened, folder):
    opened(folder)
    shutil.rmtree(own_folders / "states")
    assert docqa("cache", "list")[2].startswith("3 entries, ")
    assert docqa("cache", "verify")[2] == "3 entries checked, none is damaged\n"
    next((own_folders / "documents").glob("*/document.jsonl")).write_text("{}")
    code, out, err = docqa("cache", "verify")
    assert code == 4
    assert out.startswith("damaged document") and "document.jsonl" in out
    assert "1 of 3 entries" in err
    assert docqa("cache", "prune", "--to", "0")[0] == 0
    assert docqa("cache", "list")[2].startswith("1 entries, ")


@pytest.mark.parametrize(
    ("size", "taken"), [("2G", True), ("1.5 MiB", True), ("500m", True), ("12", True), ("G", False)]
)
def test_sizes_are_read_with_their_units(docqa, size, taken):
    assert docqa("cache", "prune", "--to", size)[0] == (0 if taken else 2)


def test_forget_of_no_path_is_not_the_current_folder(docqa, folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert docqa("forget", "")[0] == 2


def test_forget_of_an_unreadable_file_says_what_was_missed(docqa, note, monkeypatch):
    def refused(_) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("docqa.app.storage.sources.file_digest", refused)
    code, _, err = docqa("forget", note)
    assert code == 0
    assert "make it readable" in err and "DOCQA_CACHE_DIR" not in err


def test_forget_prints_no_escape_sequences_of_a_name(printed, write_file):
    path = write_file("a\x1b[31mb.txt", "It is a note.\n")
    assert "\x1b" not in printed("forget", path)
