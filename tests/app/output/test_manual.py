"""The pages of the manual, and what a shell is offered."""

import os
import subprocess
import sys

import pytest


def test_every_page_of_the_manual_is_printed_and_others_are_named(docqa, repository):
    assert docqa("--version")[1].startswith("docqa-reader 0.")
    code, listed, _ = docqa("--man")
    pages = sorted((repository / "app" / "manual").glob("*.md"))
    assert code == 0 and all(page.stem in listed for page in pages)
    for page in pages:
        assert docqa("--man", page.stem)[:2] == (0, page.read_text(encoding="utf-8"))
    code, _, err = docqa("--man", "cats")
    assert code == 2 and "folders" in err


def test_a_file_and_a_question_need_no_command(docqa, sample_docs):
    code, _, err = docqa(sample_docs / "harbour_act.pdf", "")
    assert code == 2 and "the question is empty" in err


def offered(shell: str, line: str) -> str:
    """What `shell` is told when Tab is pressed after `line`."""
    words = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": line,
    }
    given = {
        "_DOCQA_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        **words,
    }
    code = "import sys\nfrom docqa.app.cli import main\nsys.argv = ['docqa']\nsys.exit(main())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_offered_commands_options_models_and_styles(shell):
    assert "summarize" in offered(shell, "docqa su")
    assert "--sections" in offered(shell, "docqa ask --se")
    assert "docqa-155m" in offered(shell, "docqa ask --model ")
    assert "Qwen/Qwen3.5-4B" in offered(shell, "docqa models pull Qwen/Qwen3.5-4")
    styles = offered(shell, "docqa summarize --style ")
    assert all(style in styles for style in ("brief", "key-points", "papers"))


@pytest.mark.parametrize(("shell", "files"), [("bash", ""), ("zsh", "_files"), ("fish", "")])
def test_where_a_path_is_wanted_the_shell_offers_its_files(shell, files):
    assert offered(shell, "docqa ask contr").strip() == files
    assert offered(shell, "docqa ask --model ./folder").strip() == files
