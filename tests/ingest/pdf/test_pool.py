"""Pages read by several forks at once: the same Document as one by one, and a bad page costs that
page only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from docqa.ingest.errors import Unreadable
from docqa.ingest.pdf import pages as pdf_pages
from docqa.ingest.read import read
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.types import Document
from docqa.ingest.worker import read_in_worker
from tests.ingest.drawing import Sheet
from tests.ingest.reading import read_pdf

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")
PAGES = 40
Make = Callable[..., bytes]


@pytest.fixture
def long_pdf(make_pdf: Make) -> bytes:
    return make_pdf(
        [[f"This is leaf {n}."] for n in range(PAGES)], head="The log of the lock, leaf {}"
    )


def breaking(monkeypatch: pytest.MonkeyPatch, what: Callable[[int], None]) -> None:
    """Does `what` before a page is read by pdfium."""
    plain = pdf_pages._pdfium_page

    def page(file: object, index: int, *rest: object) -> object:
        what(index)
        return plain(file, index, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pdf_pages, "_pdfium_page", page)


def test_forks_give_the_same_document_as_one_process():
    handbook = Path(__file__).parents[3] / "sample_docs" / "handbook.pdf"
    began: list[int] = []
    assert read(ReadRequest(handbook), PageEvents(on_page=began.append), processes=3) == read(
        ReadRequest(handbook)
    )
    assert began == [0]  # no page was left to this process


def test_pages_that_wait_as_bytes_are_the_same(long_pdf, monkeypatch):
    alone = read_pdf(long_pdf)
    monkeypatch.setattr(pdf_pages, "EARLY_PAGES", 3)
    assert read(ReadRequest("a.pdf", long_pdf), processes=2) == alone


def test_what_is_hidden_comes_through_with_its_places(make_pdf):
    canvas = Sheet()
    for number in range(PAGES):
        canvas.drawString(72, 700, f"This is leaf {number}.")
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(72, 600, "The true total is one")
        canvas.showPage()
    request = ReadRequest("a.pdf", canvas.data())
    alone, together = (read(request, processes=forks) for forks in (1, 3))
    assert together == alone and together.coverage.hidden_spans == PAGES


def spin() -> None:
    """Works for a minute of processor time."""
    while time.process_time() < 60:
        pass


def test_pages_at_which_a_fork_crashes_are_read_alone(long_pdf, monkeypatch):
    alone = read_pdf(long_pdf)
    parent = os.getpid()
    breaking(
        monkeypatch,
        lambda index: os.abort() if index in (5, 6, 30) and os.getpid() != parent else None,
    )
    began: list[int] = []
    assert (
        read(ReadRequest("a.pdf", long_pdf), PageEvents(on_page=began.append), processes=3) == alone
    )
    assert began == [6, 7, 31, 0]


def test_a_page_that_hangs_costs_that_page_only(long_pdf, monkeypatch):
    breaking(monkeypatch, lambda index: spin() if index == 9 else None)
    document = read(ReadRequest("a.pdf", long_pdf, page_seconds=1.5), processes=2)
    assert [page.page for page in document.pages if not page.text] == [10]
    assert "page 10: took longer than 1.5 seconds, not read" in document.coverage.warnings


def test_nine_pages_that_hang_make_the_file_unreadable(long_pdf, monkeypatch):
    breaking(monkeypatch, lambda index: spin() if index < 9 else None)
    with pytest.raises(
        Unreadable, match=r"9 of its pages cannot be read; page 9 took longer than 0\.4 seconds"
    ):
        read(ReadRequest("a.pdf", long_pdf, page_seconds=0.4), processes=3)


def test_a_page_without_memory_in_a_fork_is_read_alone(long_pdf, monkeypatch):
    import resource

    def hungry(index: int) -> None:
        if index == 12 and resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
            raise MemoryError

    alone = read_pdf(long_pdf)
    breaking(monkeypatch, hungry)
    assert read(ReadRequest("a.pdf", long_pdf), processes=3) == alone


@pytest.mark.slow
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
