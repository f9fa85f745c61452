"""Long PDFs: their first pages come early, all pages are counted, and memory stays small."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from docqa.ingest.worker import read_in_worker

PAGES = 40
Make = Callable[..., bytes]


@pytest.fixture
def long_pdf(make_pdf: Make) -> bytes:
    return make_pdf(
        [[f"This is leaf {n}."] for n in range(PAGES)], head="The log of the lock, leaf {}"
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory from /proc")
def test_five_thousand_pages_need_little_memory(tmp_path):
    """The worker's largest process, and this one's share of it: pages cost their text, not their
    letters and boxes.
    """
    file = tmp_path / "long.pdf"
    _write_long(file, 5_000)
    # The own peak from /proc: ru_maxrss still counts what the process that started this one held.
    code = (
        "import re, resource, sys; from docqa.ingest.request import ReadRequest; "
        "from docqa.ingest.worker import read_in_worker; d = read_in_worker(ReadRequest(sys.argv[1])); "
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]); "
        "print(len(d.pages), peak // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    pages, parent, child = map(int, done.stdout.split())
    assert pages == 5_000
    assert parent < 256 and child < 400, f"MiB: {parent} here, {child} in the worker"


def _write_long(file: Path, pages: int) -> None:
    """A PDF of `pages` with forty full lines each."""
    canvas = Canvas(str(file), pagesize=(612, 792))
    for page in range(pages):
        canvas.setFont("Helvetica", 10)
        for line in range(40):
            words = f"entry {page * 40 + line} of the warden says that the gate was opened at the turn of the tide and"
            canvas.drawString(72, 740 - 16 * line, words)
        canvas.showPage()
    canvas.save()


def test_a_long_file_tells_its_first_pages_and_counts_all(long_pdf):
    first: list[Document] = []
    counted: list[int] = []
    request = ReadRequest(
        "a.pdf", long_pdf, on_page=lambda page, _: counted.append(page), on_first=first.append
    )
    document = read_in_worker(request)
    assert [f"leaf {n}." in page.text for n, page in enumerate(first[0].pages)] == [True] * 2
    assert counted == sorted(counted)
    assert set(counted) == set(range(1, len(document.pages) + 1))
