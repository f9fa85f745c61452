"""How many threads compute: what the environment says, else the cores, and the same number in
torch.
"""

import subprocess
import sys

import pytest

from docqa.kernels import threads

CODE = """
import sys
from docqa.kernels.threads import thread_count, use_threads
{use}
before = thread_count()
assert "torch" not in sys.modules
import docqa.kernels.dispatch, torch
print(before, torch.get_num_threads(), thread_count())
"""


@pytest.mark.parametrize(
    ("use", "said", "right"), [("use_threads(3)", "2", 3), ("", "2", 2), ("", "5,1", 5)]
)
def test_torch_computes_on_as_many_threads_as_before_it_came(use, said, right, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(use=use)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(right)] * 3, done.stderr


def test_two_threads_of_one_core_count_once(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert threads._core_count(tmp_path) == 4  # nothing is said of cores
    for number in range(4):
        folder = tmp_path / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{number % 2},{number % 2 + 2}\n")
    assert threads._core_count(tmp_path) == 2
