"""`docqa find` as a person and a script run it."""

import json
import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from docqa.app.search import expression


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two leases, a web page, and an archive with a third lease."""
    home = tmp_path / "leases"
    home.mkdir()
    (home / "a.txt").write_text("1. Rent\n\nThe rent is due\non the first day.\n")
    (home / "b.html").write_text("<h1>Term</h1><p>No RENT in May.</p>")
    (home / "c.md").write_text("# Keys\n\nTwo keys.\n")
    with zipfile.ZipFile(home / "d.zip", "w") as archive:
        archive.writestr("inner.txt", "Rent again, and rental.\n")
    return home


def test_hits_of_several_formats_name_file_and_section(printed, folder):
    out = printed("find", "rent", folder, folder / "d.zip", "-i", "-w")
    lines = out.splitlines()
    assert lines[0].startswith(f"{folder / 'a.txt'}, ") and lines[0].endswith("Rent")
    assert f"{folder / 'b.html'}, Term: No RENT in May." in lines
    assert f"{folder / 'd.zip'}/inner.txt, " in out and "Two keys" not in out


def test_one_file_is_not_named(printed, folder):
    out = printed("find", "due on the first", folder / "a.txt")
    assert out.endswith("The rent is due on the first day.\n") and "a.txt" not in out


def test_a_handbook_hit_has_its_page_and_heading(printed, repository):
    handbook = repository / "sample_docs" / "services_agreement.pdf"
    assert printed("find", "simulated Alarms", handbook).startswith("p. 2 (PDF 5), section 4.2: ")


def test_nothing_found_is_status_5(docqa, folder):
    assert docqa("find", "deposit", folder / "a.txt")[:2] == (5, "")


def test_an_expression_without_its_flag_is_told(docqa, refused, folder):
    assert "--regex" in refused(5, "find", r"zzz\w+|yyy", folder)
    assert "--regex" not in docqa("find", "zzz yyy", folder)[2]


def test_files_and_counts_are_for_scripts(docqa, printed, folder):
    assert printed("find", "rent", folder, "-i", "-l").split() == [
        str(folder / "a.txt"),
        str(folder / "b.html"),
    ]
    assert printed("find", "rent", folder, "-ic").split() == [
        f"{folder / 'a.txt'}:2",
        f"{folder / 'b.html'}:1",
    ]
    assert printed("find", "rent", folder / "a.txt", "-c") == "1\n"
    counts = [
        json.loads(line)
        for line in printed("find", "rent", folder, "-c", "-i", "--json").splitlines()
    ]
    assert [each["count"] for each in counts] == [2, 1, 0]
    assert docqa("find", "rent", folder, "-l", "-c")[0] == 2


def test_json_has_cites_that_cut_the_words(printed, folder):
    out = printed("find", "--regex", r"[Rr]ent\w*", folder / "d.zip", "--json", "-C", "1")
    found = [json.loads(line) for line in out.splitlines()]
    assert [each["text"] for each in found] == ["Rent", "rental"]
    (cite,) = found[1]["cites"]
    assert cite["file"] == f"{folder / 'd.zip'}/inner.txt" and cite["page"] is None
    assert found[1]["line"][cite["start"] : cite["end"]] == "rental"
    assert (found[1]["before"], found[1]["after"]) == ([], [])


def test_a_file_that_cannot_be_read_does_not_end_the_search(docqa, folder):
    code, out, err = docqa("find", "rent", folder / "none.pdf", folder / "a.txt")
    assert code == 3 and "rent is due" in out and "none.pdf" in err


DEEP = ("--regex", "(?:" * 5_000 + "a" + ")" * 5_000, "x")


@pytest.mark.parametrize(
    "arguments", [("", "x"), (" ", "x"), ("--regex", "(", "x"), ("--regex", "", "x"), DEEP]
)
def test_a_pattern_that_is_none_is_status_2(refused, folder, arguments):
    err = refused(2, "find", *arguments[:-1], folder / "a.txt")
    assert err.startswith("docqa: ")


def test_an_expression_that_explodes_ends_with_status_2(refused, write_file, monkeypatch):
    monkeypatch.setattr(expression, "EXPRESSION_SECONDS", 0.3)
    text = write_file("x.txt", "y" + "x" * 5000 + "zy\n")
    err = refused(2, "find", "--regex", "(x+x+)+y", text)
    assert "takes more than 0.3 seconds" in err and "(a+)+" in err


def test_standard_input_is_searched(folder):
    done = subprocess.run(
        [sys.executable, "-m", "docqa.app", "find", "keys", "-", "--no-store"],
        input=b"Two keys.\n",
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0 and done.stdout.endswith(b"Two keys.\n")


def test_a_second_search_uses_the_kept_text(docqa, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCQA_CACHE_DIR", str(tmp_path / "cache"))
    first = docqa("find", "rent", folder / "a.txt")
    monkeypatch.setattr("docqa.app.storage.sources.DocumentReading", None)
    assert docqa("find", "rent", folder / "a.txt") == first


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_colours_are_for_terminals_without_no_color(folder):
    def on_terminal(**environment: str) -> str:
        mine, theirs = pty.openpty()
        arguments = [
            sys.executable,
            "-m",
            "docqa.app",
            "find",
            "keys",
            str(folder / "c.md"),
            "--no-store",
        ]
        clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        subprocess.run(
            arguments,
            stdout=theirs,
            check=True,
            timeout=120,
            env={**clean, "TERM": "xterm", **environment},
        )
        os.close(theirs)
        shown = os.read(mine, 10_000).decode()
        os.close(mine)
        return shown

    assert "\x1b[1;31mkeys\x1b[0m" in on_terminal()
    assert "\x1b" not in on_terminal(NO_COLOR="1")


def test_of_a_long_line_a_script_gets_what_is_around_hits(printed, write_file):
    file = write_file("long.txt", "the keeper locks the gate " * 400)
    short, whole = (
        printed("find", "keeper", file, "--json", *more).splitlines() for more in ((), ("--full",))
    )
    hits = [json.loads(line) for line in short]
    assert len(hits) == len(whole) == 400
    assert all(
        hit["line"][hit["start"] : hit["end"]] == "keeper" and len(hit["line"]) <= 400
        for hit in hits
    )
    assert len(json.loads(whole[0])["line"]) > 10_000
