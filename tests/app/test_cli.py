"""What the command line understands, and how it says that it does not."""

import json
import os
import subprocess
from importlib.util import find_spec

import pytest

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


@pytest.mark.parametrize(
    "arguments", [("--help",), ("ask", "--help"), ("-h",), ("cache", "list", "--help")]
)
def test_help_is_a_result_with_status_0(docqa, arguments):
    code, out, err = docqa(*arguments)
    assert code == 0
    assert out.startswith("Usage: docqa")
    assert err == ""


def test_help_lists_every_exit_code(docqa):
    _, out, _ = docqa("--help")
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


def test_help_imports_no_command_and_nothing_heavy(run_python):
    code = (
        "import sys\nfrom docqa.app.cli import run\nrun(['--help'])\n"
        "print([m for m in sys.modules if m.startswith('docqa.app.commands.') and not m.endswith('.root')]"
        f" + [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = run_python(code)
    assert done.stdout.splitlines()[-1] == "[]" and "  find " in done.stdout


@pytest.mark.parametrize("arguments", [(), ("cache",), ("models",)])
def test_a_group_without_a_command_shows_its_help_with_status_2(refused, arguments):
    assert "Commands:" in refused(2, *arguments)


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
def test_an_unknown_command_ends_with_2_and_a_line_on_stderr(refused, arguments, said):
    err = refused(2, *arguments)
    assert said.lower() in err.lower()


def test_a_file_instead_of_the_question_is_a_usage_error(refused, write_file):
    file = write_file("contract.txt", "The term ends in May.")
    err = refused(2, "ask", file)
    assert "is a file" in err
    assert "question last" in err


def test_standard_input_that_is_a_terminal_is_not_waited_for(refused, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert "the terminal" in refused(2, "ask", "-", "When?")


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
    refused, write_file, content, said
):
    file = write_file("questions.jsonl", content)
    assert said in refused(2, "ask", "x.pdf", "--questions", file)


def test_a_missing_file_of_questions_is_an_input_error(refused, tmp_path):
    assert "the file of questions does not exist" in refused(
        3, "ask", "x.pdf", "--questions", tmp_path / "none.jsonl"
    )


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_numbers_are_checked(refused, number):
    assert "Invalid value for '--k'" in refused(2, "ask", "x.pdf", "Who?", "--k", number)


def test_an_interrupt_says_only_what_is_true_of_the_command(docqa, monkeypatch):
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "doctor", interrupted)
    assert docqa("doctor") == (130, "", "docqa: interrupted\n")


@pytest.mark.usefixtures("tiny_model")
def test_an_ascii_standard_output_gets_escapes_and_the_same_status(python, write_file):
    path = write_file("note.txt", "The café “Zoë” opens at 9. 😀 The caretaker is paid monthly.\n")
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
def test_the_end_of_a_run_that_loaded_triton_is_silent(run_python):
    code = (
        "import sys, triton._C.libtriton\nfrom docqa.app.cli import main\nsys.argv = ['docqa', '--version']\n"
        "sys.exit(main())"
    )
    done = run_python(code)
    assert done.stderr == ""
