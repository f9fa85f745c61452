"""Parts of a library that are imported only when something of them is asked for."""

import subprocess
import sys

import pytest

from docqa.app.commands.deferred import deferred

NAME = "docqa_test_slow_part"


@pytest.fixture
def slow_part(tmp_path, monkeypatch):
    (tmp_path / f"{NAME}.py").write_text("import builtins\nbuiltins.docqa_runs = 1\nANSWER = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.docqa_runs", 0, raising=False)
    yield
    sys.modules.pop(NAME, None)


def _runs() -> int:
    import builtins

    return builtins.docqa_runs  # type: ignore[attr-defined,no-any-return]


def test_a_deferred_module_runs_when_a_name_is_asked_for(slow_part):
    with deferred([NAME]):
        module = __import__(NAME)
    assert _runs() == 0
    assert module.ANSWER == 42 and _runs() == 1
    with pytest.raises(AttributeError):
        module.NOTHING  # noqa: B018


def test_outside_of_the_block_a_module_runs_at_once(slow_part):
    with deferred([NAME]):
        pass
    __import__(NAME)
    assert _runs() == 1


def test_the_bundled_model_reads_without_the_parts_of_torch_that_wait():
    code = (
        "import sys\n"
        "from docqa.app.commands import early\n"
        "early.import_torch(); early._threads['early imports'].join()\n"
        "from docqa.model.load import load_model\n"
        "load_model().reader; load_model().evidence_states([1, 2, 3])\n"
        "print(type(sys.modules['torch._meta_registrations']).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "DeferredModule\n", done.stderr
