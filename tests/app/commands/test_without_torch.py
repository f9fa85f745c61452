"""A question about a document, read before or not, is answered where torch cannot be imported, in
the same words.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from docqa.kernels.native import library_to_use

SAMPLE = Path(__file__).parents[3] / "sample_docs" / "services_agreement.pdf"
RUN = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "transformers"):
            raise ImportError("torch is not to be imported here")

sys.meta_path.insert(0, NoTorch())
from docqa.app.cli import main
code = main()
print(sorted(name for name in sys.modules if name.partition(".")[0] == "torch")[:3], file=sys.stderr)
sys.exit(code)
"""


def _asked(cache: Path) -> tuple[dict[str, object], str]:
    environment = {**os.environ, "DOCQA_CACHE_DIR": str(cache)}
    command = [
        sys.executable,
        "-c",
        RUN,
        "ask",
        str(SAMPLE),
        "How long is the notice period?",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout, done.stderr
    return {**json.loads(done.stdout), "usage": None}, done.stderr


@pytest.mark.skipif(library_to_use() is None, reason="without the native library torch computes")
def test_neither_a_first_nor_a_second_question_needs_torch(tmp_path):
    cold, said = _asked(tmp_path)
    warm, said_again = _asked(tmp_path)
    assert warm == cold and warm["quotes"] and said.endswith("[]\n") and said_again.endswith("[]\n")
