"""Pages that are images: read where docqa-reader[ocr] is installed, else reported with what to
install.
"""

import io
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from rapidfuzz.fuzz import ratio
from reportlab.lib.utils import ImageReader

from docqa.app.storage.sources import document_keys
from docqa.ingest import worker as worker_module
from docqa.ingest.errors import NoText
from docqa.ingest.pdf import ocr
from docqa.ingest.read import read
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.worker import read_in_worker
from tests.ingest.drawing import Sheet
from tests.ingest.reading import read_pdf

SENTENCE = "The warden opens the gate at the turn of the tide."
installed = pytest.mark.skipif(
    not ocr.is_ocr_available(), reason="docqa-reader[ocr] is not installed"
)


def photographed(document: bytes, page: int = 0) -> ImageReader:
    """A page of the PDF `document` as a scanner gives it, 200 dots an inch."""
    with pypdfium2.PdfDocument(document) as file:
        return ImageReader(file[page].render(scale=200 / 72).to_pil().convert("L"))


def scanned(document: bytes, *, stamp: str = "", front: str = "") -> bytes:
    """A PDF of the image of page 1 of `document`, with printed words over it, and a printed page
    before it.
    """
    canvas = Sheet()
    if front:
        canvas.drawString(72, 700, front)
        canvas.showPage()
    canvas.drawImage(photographed(document), 0, 0, 612, 792)
    canvas.drawString(400, 30, stamp)
    return canvas.data()


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra is not installed."""
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)


@pytest.mark.usefixtures("without")
def test_a_file_of_pictures_says_what_to_install(make_pdf):
    with pytest.raises(NoText) as error:
        read_pdf(scanned(make_pdf([[SENTENCE]])))
    assert "docqa-reader[ocr]" in error.value.hint


@pytest.mark.usefixtures("without")
def test_a_picture_among_printed_pages_is_reported_with_what_to_install(make_pdf):
    document = read_pdf(scanned(make_pdf([[SENTENCE]]), stamp="ABC 0012", front=SENTENCE))
    assert [page.grade for page in document.pages] == ["A", "A"]
    assert any(
        "on page 2" in line and "docqa-reader[ocr]" in line for line in document.coverage.warnings
    )
    assert document.coverage.ocr_pages == ()


@pytest.mark.usefixtures("without")
def test_neither_an_empty_page_nor_a_printed_one_is_a_picture(make_pdf):
    document = read_pdf(make_pdf([[SENTENCE], []]))
    assert document.coverage.warnings == ("no text on page 2",)


class Scripted:
    """Stands where RapidOCR stands, and says the same of every image."""

    def __init__(self, said: list[tuple[str, float]]) -> None:
        self.said = said

    def __call__(self, png: bytes) -> object:
        height, width = np.asarray(Image.open(io.BytesIO(png))).shape[:2]
        rows = [200 + 60 * row for row in range(len(self.said))]
        boxes = np.array([[[200, y], [1200, y], [1200, y + 40], [200, y + 40]] for y in rows])
        texts, scores = zip(*self.said, strict=True)
        return SimpleNamespace(
            txts=texts, boxes=boxes, scores=scores, img=np.zeros((height, width))
        )


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*said: tuple[str, float]) -> None:
        monkeypatch.setattr(ocr, "is_ocr_available", lambda: True)
        monkeypatch.setattr(ocr.Recogniser, "_ocr_engine", Scripted(list(said)))

    return install


def test_recognised_lines_go_the_way_of_printed_ones(scripted, make_pdf):
    said = ["1. The gate is opened by the war-", "den at the turn of the tide.", "2. It is shut."]
    scripted(*((line, 0.97) for line in said))
    told: list[int] = []
    document = read(
        ReadRequest("a.pdf", scanned(make_pdf([[SENTENCE]]), stamp="A 1", front=SENTENCE)),
        PageEvents(on_ocr=told.append),
    )
    page = document.pages[1]
    assert page.text.split("\n") == [
        "1. The gate is opened by the warden at the turn of the tide.",
        said[2],
    ]
    assert (page.grade, document.coverage.ocr_pages, told) == ("B", (2,), [2])
    assert document.coverage.warnings == ()


def test_lines_with_low_scores_are_counted_and_lower_the_grade(scripted, make_pdf):
    scripted((SENTENCE, 0.8), (SENTENCE, 0.97))
    document = read_pdf(scanned(make_pdf([[SENTENCE]])))
    assert document.pages[0].grade == "D"
    assert "1 line recognised with doubt on page 1" in document.coverage.warnings


def test_pictures_past_the_limit_are_named(scripted, make_pdf, monkeypatch):
    scripted((SENTENCE, 0.99))
    monkeypatch.setattr(ocr, "MAX_OCR_PAGES", 0)
    document = read_pdf(scanned(make_pdf([[SENTENCE]]), stamp="ABC 0012", front=SENTENCE))
    assert document.pages[1].text == "ABC 0012"
    assert document.coverage.warnings[0].startswith("page 2: a picture past the limit of 0 ")


def test_recognition_has_a_limit_of_its_own_and_costs_that_page_only(
    tmp_path, make_pdf, monkeypatch
):
    program = tmp_path / "python"
    code = (
        "import sys; from docqa.ingest import worker; from docqa.ingest.pdf import ocr; "
        "ocr.is_ocr_available = lambda: True; "
        "ocr.Recogniser._ocr_engine = lambda self, png: [1 for _ in iter(int, 1)]; sys.exit(worker.main())"
    )
    program.write_text(f'#!/bin/sh\nexec "{worker_module.sys.executable}" -c "{code}"\n')
    program.chmod(0o755)
    file = tmp_path / "a.pdf"
    file.write_bytes(scanned(make_pdf([[SENTENCE]]), front=SENTENCE))
    monkeypatch.setattr(worker_module.sys, "executable", str(program))
    monkeypatch.setattr(worker_module.limits, "WORKER_OCR_SECONDS_PER_PAGE", 0.5)
    document = read_in_worker(ReadRequest(file))
    assert [page.text for page in document.pages] == [SENTENCE, ""]
    assert document.coverage.warnings[0] == "page 2: took longer than 0.5 seconds, not read"


@installed
def test_a_scan_is_read_by_the_worker_under_its_limits(tmp_path, sample_docs):
    source = sample_docs / "services_agreement.pdf"
    printed = read(ReadRequest(source)).pages[0].text
    file = tmp_path / "scan.pdf"
    file.write_bytes(scanned(source.read_bytes()))
    document = read_in_worker(ReadRequest(file))
    assert ratio(document.pages[0].text, printed) > 97
    assert document.coverage.ocr_pages == (1,)
    assert document.pages[0].grade in "BD"


def test_a_kept_document_is_read_again_once_scans_can_be(monkeypatch):
    keys = set()
    for there in (False, True):
        monkeypatch.setattr("docqa.app.storage.sources.is_ocr_available", lambda there=there: there)
        keys.update(document_keys("a.pdf", "0" * 64, ReadRequest()))
    assert len(keys) == 4
