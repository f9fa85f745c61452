"""`docqa ask` and the commands around it as a person runs them: results, status, files, and a tiny
random model.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pypdf import PdfWriter

from docqa.model.cost.plan import Speed

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"
NOWHERE = "Which zeppelin photographed Antarctica?"
HEDGE = "The gardener named Birch waters the hedge of the courtyard on Tuesday mornings."

pytestmark = pytest.mark.usefixtures("tiny_model")


@pytest.fixture
def in_json(repository: Path, docqa):
    """Function(*arguments) -> (exit code, the answers of `ask --json`, which its schema
    accepts).
    """
    text = (repository / "app" / "output" / "schemas" / "answer.schema.json").read_text()
    checked = jsonschema.Draft202012Validator(json.loads(text))
    checked.check_schema(checked.schema)

    def run(*arguments) -> tuple[int, list[dict[str, Any]]]:
        code, out, _ = docqa("ask", *arguments, "--json")
        answers = [json.loads(line) for line in out.splitlines()]
        for answer in answers:
            checked.validate(answer)
        return code, answers

    return run


# Answers


def test_stdout_has_the_answer_and_its_graded_quote_only(printed, note):
    out = printed("ask", note, QUESTION)
    quoted = [line.strip() for line in out.splitlines() if line.startswith('  "')]
    assert quoted
    assert quoted[0].strip('"') in " ".join(note.read_text().split())
    assert "[quote found]" in out
    assert "reading" not in out


def test_json_is_one_compact_line_that_the_schema_accepts(docqa, note, in_json):
    _, out, _ = docqa("ask", note, QUESTION, "--json", "--no-store")
    code, (answer,) = in_json(note, QUESTION, "--no-store")
    answer["usage"]["seconds"] = json.loads(out)["usage"]["seconds"]
    assert code == 0
    assert (answer["status"], answer["question"]) == ("answered", QUESTION)
    assert answer["quotes"][0]["cites"][0]["file"] == str(note)
    assert out == json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n"


def test_a_refusal_is_status_5_and_shows_what_was_searched(docqa, note, in_json):
    code, out, _ = docqa("ask", note, NOWHERE)
    assert code == 5
    assert all(
        said in out for said in ("Not found", "Searched:", "Nearest, not an answer:", "zeppelin")
    )
    code, (answer,) = in_json(note, NOWHERE)
    assert code == 5
    assert (answer["answer"], answer["quotes"], answer["refused"]) == (None, [], True)


def test_what_is_possible_is_status_5_and_says_where(
    docqa, note, tmp_path, write_file, in_json, checkpoint, monkeypatch
):
    folder = tmp_path / "checkpoint"
    shutil.copytree(checkpoint, folder)
    calibration = json.loads((folder / "calibration.json").read_text())
    calibration["refusal"]["possible_threshold"] = 0.0
    (folder / "calibration.json").write_text(json.dumps(calibration))
    monkeypatch.setenv("DOCQA_MODEL", str(folder))
    code, out, _ = docqa("ask", note, NOWHERE)
    assert (code, out.splitlines()[0][:25]) == (5, "Possibly in paragraph 1: ")
    other = write_file("other.txt", "Nothing of any note stands in this file, which is short.\n")
    code, out, _ = docqa("ask", note, other, NOWHERE)
    assert (code, out.startswith(f"Possibly in {tmp_path}")) == (5, True)
    assert "Searched: 2 files" in out
    code, (answer,) = in_json(note, NOWHERE)
    assert (code, answer["status"], answer["answer"], answer["refused"]) == (
        5,
        "possible",
        None,
        True,
    )


def test_of_several_files_every_place_names_its_file(printed, note, write_file):
    other = write_file("other.txt", "It is dry.\n")
    out = printed("ask", note, other, QUESTION)
    places = [line for line in out.splitlines() if "[quote found" in line]
    assert places and all(line.startswith(f"  {note}, ") for line in places)


def test_questions_of_a_file_are_answered_in_order_with_worst_status(in_json, note, write_file):
    questions = write_file(
        "questions.jsonl", f"{json.dumps({'question': QUESTION, 'answer': '119'})}\n\n{NOWHERE}\n"
    )
    code, answers = in_json(note, "--questions", questions)
    assert [answer["question"] for answer in answers] == [QUESTION, NOWHERE]
    assert [answer["status"] for answer in answers] == ["answered", "not_found"]
    assert code == 5


def test_quick_is_partial_and_says_what_was_not_read(printed, note, in_json):
    code, (answer,) = in_json(note, QUESTION, "--quick")
    assert (code, answer["status"]) == (0, "partial")
    assert answer["coverage"]["tokens_read"] < answer["coverage"]["tokens"]
    out = printed("ask", note, QUESTION, "--quick")
    assert out.startswith("Coverage: read 0 %")
    assert "[partial" in out


def test_a_long_read_prints_a_marked_preliminary_answer_before_the_final_one(
    docqa, note, monkeypatch, in_json
):
    monkeypatch.setattr("docqa.app.context.plan.PREVIEW_FROM_SECONDS", -1.0)
    monkeypatch.setattr(
        "docqa.model.cost.speed.measure_speed", lambda model, layers: Speed(1e3, 1e3)
    )
    _, out, _ = docqa("ask", note, QUESTION)
    assert out.index("Preliminary") < out.index(
        "[quote found]\n\nconfidence", out.index("Preliminary") + 12
    )
    _, plain, _ = docqa("ask", note, QUESTION, "--no-preview")
    assert "Preliminary" not in plain
    assert out.endswith(plain)
    assert [answer["status"] for answer in in_json(note, QUESTION, "--no-store")[1]] == ["answered"]


def test_several_files_and_a_folder_are_one_context(in_json, note):
    other = note.with_name("other.md")
    other.write_text(f"# Garden\n\n{HEDGE}\n")
    for paths in ((note, other), (note.parent,)):
        code, (answer,) = in_json(
            *paths, "On which mornings does the gardener named Birch water the hedge?"
        )
        assert (code, answer["evidence"][0]["file"]) == (0, str(other))
        assert {item["file"] for item in answer["evidence"]} == {str(note), str(other)}


def test_each_in_a_batch_says_what_each_says_one_by_one(docqa, refused, note, tmp_path):
    (note.parent / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of one")
    arguments = ("ask", note.parent, QUESTION, "--each", "--json")
    code, one_by_one, _ = docqa(*arguments)
    kept = tmp_path.parent / "kept"
    batch_code, batch, _ = docqa(*arguments, "--workspace", kept)
    assert (code, batch_code) == (3, 3)

    def without_usage(out: str) -> list[Any]:
        return [{**json.loads(line), "usage": None} for line in out.splitlines()]

    plain = without_usage(one_by_one)
    several = without_usage(batch)
    assert [answer["status"] for answer in several] == ["unreadable", "answered"]
    assert several[1] == plain[1]
    assert docqa(*arguments, "--workspace", kept)[1] == batch
    assert "--each" in refused(2, "ask", note, QUESTION, "--jobs", "2")


def test_each_answers_every_file_by_itself_and_names_it(docqa, note, in_json):
    other = note.with_name("other.txt")
    other.write_text(f"{HEDGE}\n")
    code, answers = in_json(note.parent, QUESTION, "--each")
    assert (code, [answer["status"] for answer in answers]) == (5, ["answered", "not_found"])
    _, out, _ = docqa("ask", note, other, QUESTION, "--each")
    assert out.index(f"== {note}") < out.index(f"== {other}")


def test_each_of_an_archive_is_asked_by_itself(in_json, note):
    archive = note.with_name("all.zip")
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("hedge.txt", HEDGE)
        packed.write(note, "lease.txt")
    code, answers = in_json(archive, QUESTION, "--each")
    assert (code, [answer["status"] for answer in answers]) == (5, ["not_found", "answered"])
    assert answers[1]["quotes"][0]["cites"][0]["file"] == f"{archive}/lease.txt"


def test_a_document_comes_from_standard_input(in_json, note, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(note.read_bytes())))
    code, (answer,) = in_json("-", "--type", "txt", QUESTION)
    assert (code, answer["quotes"][0]["cites"][0]["file"]) == (0, "-")


def test_a_question_in_another_language_is_answered_or_refused_but_no_error(docqa, note):
    code, _, _ = docqa("ask", note, "Какова арендная плата? 家賃はいくらですか。")
    assert code in (0, 5)


def test_no_store_leaves_nothing_on_disk(docqa, note, own_folders):
    assert docqa("ask", note, QUESTION, "--no-store")[0] == 0
    assert [file for file in own_folders.rglob("*") if file.is_file()] == []


# Bad input


def _encrypted(path: Path) -> Path:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("sesame")
    writer.write(path)
    return path


BAD: dict[str, Any] = {
    "missing": (lambda folder: folder / "none.pdf", "no such file"),
    "empty": (lambda folder: _written(folder / "empty.pdf", b""), "empty"),
    "not a document": (
        lambda folder: _written(folder / "picture.pdf", b"\x89PNG\r\n\x1a\n" + bytes(99)),
        "picture",
    ),
    "truncated": (
        lambda folder: _written(folder / "half.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Cat"),
        "half.pdf",
    ),
    "encrypted": (lambda folder: _encrypted(folder / "locked.pdf"), "password"),
    "folder without documents": (lambda folder: folder, "no documents"),
}


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", BAD)
def test_a_document_that_cannot_be_used_is_status_3_with_a_reason(refused, tmp_path, in_json, kind):
    make, said = BAD[kind]
    path = make(tmp_path)
    err = refused(3, "ask", path, QUESTION)
    assert said in err
    assert str(path) in err
    code, (answer,) = in_json(path, QUESTION)
    assert (code, answer["status"]) == (3, "unreadable")
    assert said in answer["coverage"]["warnings"][0]


def test_a_password_opens_an_encrypted_file_and_a_wrong_one_says_so(refused, tmp_path, write_file):
    locked = _encrypted(tmp_path / "locked.pdf")
    # Its one page is blank: it was opened, and there is no text.
    for word, said in (("sesame", False), ("open up", True)):
        password = write_file("password", f"{word}\n")
        err = refused(3, "ask", locked, QUESTION, "--password-file", password)
        assert ("password" in err.replace(str(tmp_path), "")) is said


def test_one_unreadable_file_of_each_does_not_cost_the_others(docqa, note):
    broken = _written(note.with_name("broken.pdf"), b"%PDF-1.7\n")
    code, out, err = docqa("ask", broken, note, QUESTION, "--each", "--json")
    assert code == 3
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["unreadable", "answered"]
    assert str(broken) in err


def test_an_unreadable_file_in_a_folder_is_named_on_stderr(docqa, note):
    _written(note.with_name("broken.pdf"), b"%PDF-1.7\n")
    code, _, err = docqa("ask", note.parent, QUESTION)
    assert code == 0
    assert "broken.pdf" in err


def test_an_unknown_model_is_status_4_with_a_next_step(docqa, note):
    code, out, err = docqa("ask", note, QUESTION, "--model", "gpt-17", "--json")
    assert code == 4
    assert "docqa models list" in err
    assert json.loads(out)["status"] == "error"


# The commands around it


def test_plan_says_tokens_time_memory_and_disk_and_reads_nothing(docqa, printed, note, own_folders):
    planned = json.loads(printed("plan", note, "--json"))
    assert planned["tokens"] > 0
    for key in ("seconds", "memory_bytes", "disk_bytes", "yarn_factor", "tokens_reused"):
        assert key in planned
    assert not list((own_folders / "states").glob("*"))
    _, out, _ = docqa("plan", note)
    assert f"{planned['tokens']:,}" in out


def test_read_then_ask_reuses_every_token(printed, note, in_json):
    assert "0 of them reused" in printed("read", note)
    _, (answer,) = in_json(note, QUESTION)
    assert answer["usage"]["cached"] is True
    assert answer["usage"]["tokens_reused"] == answer["coverage"]["tokens"]


def test_outline_prints_the_tree_with_pages_and_as_json(printed, write_file):
    file = write_file("guide.md", "# One\n\nText of one.\n\n## Two\n\nText of two.\n")
    assert printed("outline", file).splitlines() == ["One", "  Two"]
    sections = json.loads(printed("outline", file, "--json"))["sections"]
    assert [(section["title"], section["level"]) for section in sections] == [
        ("One", 1),
        ("Two", 2),
    ]
    assert sections[1]["parent"] == sections[0]["id"]


def test_facts_are_what_extract_finds_in_a_document_of_that_kind(printed, sample_docs, monkeypatch):
    monkeypatch.delenv("DOCQA_MODEL", raising=False)
    file = sample_docs / "services_agreement.pdf"
    sheet = json.loads(printed("outline", file, "--facts", "--json"))
    assert sheet["kind"] == "contract" and sheet["sections"]
    facts = {fact["field"]: fact for fact in sheet["facts"]}
    assert facts["governing law"]["answer"] == "Lower Tarn" and facts["governing law"]["cites"]
    assert facts["end"]["normalised"] == "2029-03-31"
    table = printed("extract", file, "--fields", "contract", "--format", "jsonl")
    for cell in json.loads(table)["cells"]:
        assert facts[cell["field"]] == {k: v for k, v in cell.items() if k != "question"}
    lines = printed("outline", file, "--facts").splitlines()
    assert lines[0] == "kind: contract" and "    2029-03-31, computed" in lines


def test_cache_lists_what_is_kept_and_forget_deletes_all_of_it(docqa, printed, note, own_folders):
    docqa("read", note)
    out = printed("cache", "list")
    assert {line.split()[0] for line in out.splitlines()} == {
        "document",
        "context",
        "index",
        "state",
    }
    assert all(line.endswith(str(note)) for line in out.splitlines())
    assert docqa("cache", "verify")[0] == 0
    assert "4 entries deleted" in printed("forget", note)
    assert printed("cache", "list") == ""
    assert printed("forget", note).endswith("nothing was kept\n")
    assert docqa("forget", note.with_name("gone.txt"))[0] == 3


def test_models_check_agrees_with_transformers(printed, checkpoint):
    found = json.loads(printed("models", "check", checkpoint, "--json").splitlines()[-1])
    assert found["argmax_equal"]
    assert found["max_abs_diff"] <= 2 * found["transformers_fp32_vs_fp64"] + 1e-6


# Processes


def _start(python: str, *arguments, **options) -> subprocess.Popen[bytes]:
    """The command in a process, with the SIGINT that a shell's foreground job has."""
    return subprocess.Popen(
        [python, "-m", "docqa.app", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        **options,
    )


def test_an_interrupt_is_130_with_one_line_and_no_traceback(python):
    child = _start(python, "ask", "-", QUESTION, stdout=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(b"The tenant pays.\n")
    child.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(timeout=3)  # it waits for the rest of standard input
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, b"")
    assert b"interrupted" in err
    assert b"Traceback" not in err


def test_a_closed_pipe_ends_quietly(python, note):
    for arguments in (("--help",), ("ask", note, QUESTION)):
        reading, writing = os.pipe()
        os.close(reading)
        child = _start(python, *arguments, stdout=writing)
        os.close(writing)
        _, err = child.communicate(timeout=120)
        assert child.returncode == 0
        assert err == b"" or arguments[0] == "ask"
        assert b"Traceback" not in err and b"Broken pipe" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_stdout_is_status_4_with_its_reason(python, note):
    for arguments in (("--version",), ("--help",), ("ask", note, QUESTION)):
        with open("/dev/full", "wb") as full:
            child = _start(python, *arguments, stdout=full)
            _, err = child.communicate(timeout=120)
        assert child.returncode == 4
        assert b"No space left on device" in err
        assert b"Exception ignored" not in err


def test_ask_opens_no_socket_in_any_of_its_processes(python, note, tmp_path):
    """The log must work, or silence proves nothing: the same hook records a socket that is opened
    on purpose.
    """
    log = tmp_path / "sockets"
    environment = {**os.environ, "OFFLINE_LOG": str(log)}
    child = _start(python, "ask", note, QUESTION, stdout=subprocess.PIPE, env=environment)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    assert not log.exists(), log.read_text()
    subprocess.run(
        [python, "-c", "import socket; socket.socket()"], env=environment, timeout=60, check=True
    )
    assert "socket.__new__" in log.read_text()


def test_a_bug_is_one_line_and_its_traceback_on_request(python, note):
    code = (
        "import sys\nfrom docqa.app import cli\n"
        "def broken(arguments):\n    raise KeyError('it')\n"
        "cli.run = broken\nsys.exit(cli.main())"
    )
    told = {"capture_output": True, "text": True, "timeout": 60, "check": False}
    plain = subprocess.run([python, "-c", code], **told)
    assert (plain.returncode, plain.stderr.count("\n")) == (1, 1)
    assert "this is a bug in docqa: KeyError" in plain.stderr
    full = subprocess.run([python, "-c", code], **told, env={**os.environ, "DOCQA_DEBUG": "1"})
    assert full.returncode == 1 and "Traceback" in full.stderr
