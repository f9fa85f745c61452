"""What a first question needs later, begun early."""

import subprocess
import sys


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
    assert done.stdout == "_LazyModule\n", done.stderr
