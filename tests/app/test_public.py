"""`from docqa import …`: the names that may be relied on, and the manual's examples with them."""

import re
import shutil
import subprocess
import sys

import pytest

import docqa
import docqa.app


def test_the_public_names_are_the_same_from_both_packages():
    assert {"open_session", "Options", "Answer", "Quote", "Event"} <= set(docqa.__all__)
    assert sorted(docqa.__all__) == sorted(docqa.app.__all__)
    for name in docqa.__all__:
        assert getattr(docqa, name) is getattr(docqa.app, name)
    with pytest.raises(AttributeError, match="close_session"):
        _ = docqa.close_session


@pytest.mark.weights
@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_manual_run(repository, sample_docs, tmp_path, number):
    page = (repository / "app" / "manual" / "python.md").read_text()
    example = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[number]
    shutil.copy(sample_docs / "services_agreement.pdf", tmp_path / "contract.pdf")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "answered" in done.stdout


def test_importing_docqa_imports_nothing_large(run_python):
    code = (
        "import sys, docqa; print(sorted(name for name in sys.modules if name.startswith('docqa')))"
    )
    done = run_python(code)
    assert done.stdout.strip() == "['docqa']"
