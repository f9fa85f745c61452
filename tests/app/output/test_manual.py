"""The manual page, and what a shell is offered."""

import os
import shutil
import subprocess
import sys

import pytest

from docqa.app import config
from docqa.app.commands import root


def test_the_manual_has_every_command_option_and_variable(docqa):
    code, page, err = docqa("--man")
    assert (code, err) == (0, "")
    plain = page.replace("\\-", "-")
    assert page.startswith(".TH DOCQA 1")
    for name, entry in root.COMMANDS.items():
        names = [f"{name} {inner}" for inner in entry.commands] or [name]
        assert all(f"\ndocqa {each} " in plain for each in names)
    assert ".B --sections 3-5,A\n" in plain and ".B -C, --context N\n" in plain
    assert all(f".B DOCQA_{name.upper()}\n" in plain for name in config.KNOWN)
    assert "list[str]" not in page


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_say_about_the_manual(docqa):
    page = docqa("--man")[1]
    done = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-ww", "-z"], input=page.encode(), capture_output=True, timeout=60, check=True
    )
    assert done.stderr.decode() == ""


def offered(shell: str, line: str) -> str:
    """What `shell` is told when Tab is pressed behind `line`."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_TYPER_COMPLETE_ARGS": line}
    given = {"_DOCQA_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args", **words}
    code = "import sys\nfrom docqa.app.cli import main\nsys.argv = ['docqa']\nsys.exit(main())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False)
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
