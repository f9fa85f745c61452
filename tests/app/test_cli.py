"""What the command line understands, and how it says that it does not."""

import json
import os
import subprocess
from importlib.util import find_spec

import pytest

from docqa.app import cli
from docqa.app.commands import doctor

HEAVY = (
    "torch",
    "textual",
    "transformers",
    "pypdf",
    "pypdfium2",
    "numpy",
    "tiktoken",
    "rich",
    "bm25s",
)


def _run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    "arguments", [("--help",), ("ask", "--help"), ("-h",), ("cache", "list", "--help")]
)
def test_help_is_a_result_with_status_0(capsys, arguments):
    code, out, err = _run(capsys, *arguments)
    assert code == 0
    assert out.startswith("Usage: docqa")
    assert err == ""


def test_help_lists_every_exit_code(capsys):
    _, out, _ = _run(capsys, "--help")
    text = " ".join(out.split())
    for part in (
        "0 answered",
        "1 a bug",
        "2 usage",
        "3 a document",
        "4 model",
        "5 not found",
        "6 a batch",
        "130",
    ):
        assert part in text


def test_help_imports_no_command_and_nothing_heavy(python):
    code = (
        "import sys\nfrom docqa.app.cli import run\nrun(['--help'])\n"
        "print([m for m in sys.modules if m.startswith('docqa.app.commands.') and not m.endswith('.root')]"
        f" + [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]" and "  find " in done.stdout


@pytest.mark.parametrize("arguments", [(), ("cache",), ("models",)])
def test_a_group_without_a_command_shows_its_help_with_status_2(capsys, arguments):
    code, out, err = _run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask",), "no document and no question"),
        (("ask", ""), "the question is empty"),
        (("ask", "x.pdf", "  "), "the question is empty"),
        (("ask", "When does it end?"), "no document before the question"),
        (("ask", "x.pdf", "-"), "no question was asked"),
        (("ask", "x.pdf", "When?", "--quick", "--no-preview"), "choose one"),
        (("ask", "x.pdf", "When?", "--k", "0"), "--k"),
        (("ask", "x.pdf", "When?", "--frobnicate"), "No such option: --frobnicate"),
        (("aks", "x.pdf", "When?"), "did you mean `docqa ask`?"),
        (("summarise", "x"), "did you mean `docqa summarize`?"),
        (("search", "x"), "did you mean `docqa find`?"),
        (("bench", "--json"), "`python -m docqa.app.lab.bench`"),
        (("inspect", "x.pdf"), "`python -m docqa.app.lab.inspect`"),
        (("cache", "lst"), "did you mean 'list'?"),
        (("cache", "prune", "--to", "plenty"), "is not a size"),
        (("outline",), "Missing argument"),
        (("ask", "-", "-", "When?"), "only once"),
    ],
)
def test_an_unknown_command_ends_with_2_and_a_line_on_stderr(capsys, arguments, said):
    code, out, err = _run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert said.lower() in err.lower()
    assert "Traceback" not in err


def test_a_file_instead_of_the_question_is_a_usage_error(capsys, write_file):
    file = write_file("contract.txt", "The term ends in May.")
    code, out, err = _run(capsys, "ask", str(file))
    assert code == 2
    assert out == ""
    assert "is a file" in err
    assert "question last" in err


def test_standard_input_that_is_a_terminal_is_not_waited_for(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    code, _, err = _run(capsys, "ask", "-", "When?")
    assert code == 2
    assert "the terminal" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no question"),
        ("\n  \n", "has no question"),
        ('{"question": 3}\n', "line 1"),
        ('When?\n{"question": \n', "line 2"),
        ('{"query": "When?"}\n', 'no "question"'),
    ],
)
def test_a_file_without_questions_says_which_line_and_what_is_wanted(
    capsys, write_file, content, said
):
    file = write_file("questions.jsonl", content)
    code, out, err = _run(capsys, "ask", "x.pdf", "--questions", str(file))
    assert code == 2
    assert out == ""
    assert said in err


def test_a_missing_file_of_questions_is_an_input_error(capsys, tmp_path):
    code, _, err = _run(capsys, "ask", "x.pdf", "--questions", str(tmp_path / "none.jsonl"))
    assert code == 3
    assert "the file of questions does not exist" in err


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_numbers_are_checked(capsys, number):
    code, _, err = _run(capsys, "ask", "x.pdf", "Who?", "--k", number)
    assert code == 2 and "Invalid value for '--k'" in err


def test_an_interrupt_says_only_what_is_true_of_the_command(docqa, monkeypatch):
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "doctor", interrupted)
    assert docqa("doctor") == (130, "", "docqa: interrupted\n")


@pytest.mark.usefixtures("tiny_model")
def test_an_ascii_standard_output_gets_escapes_and_the_same_status(python, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text(
        "The café “Zoë” opens at 9. 😀 The caretaker is paid monthly.\n", encoding="utf-8"
    )
    question = "When does the café open?"
    said = {}
    for encoding in ("utf-8", "ascii"):
        command = [python, "-m", "docqa.app", "ask", path, question, "--no-store"]
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        runs = [
            subprocess.run(
                [*command, *flag], capture_output=True, env=environment, timeout=120, check=False
            )
            for flag in ((), ("--json",))
        ]
        said[encoding] = [(run.returncode, run.stdout.decode(encoding)) for run in runs]
        assert all(b"bug" not in run.stderr for run in runs)
    (code, text), (json_code, line) = said["ascii"]
    assert (code, json_code) == (said["utf-8"][0][0], said["utf-8"][1][0])
    assert "\\u" in text
    answers = [json.loads(one) | {"usage": None} for one in (line, said["utf-8"][1][1])]
    assert answers[0] == answers[1] and answers[0]["question"] == question


@pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
def test_the_end_of_a_run_that_loaded_triton_is_silent(python):
    code = (
        "import sys, triton._C.libtriton\nfrom docqa.app.cli import main\nsys.argv = ['docqa', '--version']\n"
        "sys.exit(main())"
    )
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
