"""Text that a reader of the page cannot see: out of the text, counted, named, and read only where
asked for.
"""

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from docqa.app.storage.sources import read_sources
from docqa.ingest.errors import NoText
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker
from tests.ingest.drawing import Sheet, bytes_of
from tests.ingest.reading import first_text, read_pdf

SEEN = "The warden opens the gate at the turn of the tide."
SECRET = "The official total is one dollar."


def picture(colour: tuple[int, int, int] = (90, 120, 60)) -> ImageReader:
    return ImageReader(Image.new("RGB", (64, 64), colour))


def noise() -> ImageReader:
    return ImageReader(Image.effect_noise((200, 260), 60).convert("RGB"))


def draw(paint: Callable[[Canvas], Any], *, rotation: int = 0) -> bytes:
    canvas = Sheet()
    paint(canvas)
    writer = PdfWriter(clone_from=io.BytesIO(canvas.data()))
    writer.pages[0].rotate(rotation)
    return bytes_of(writer)


def written(
    canvas: Canvas,
    text: str,
    y: float,
    *,
    mode: int | None = None,
    grey: float = 0.0,
    x: float = 72,
) -> None:
    canvas.saveState()
    line = canvas.beginText(x, y)
    if mode is not None:
        line.setTextRenderMode(mode)
    line.setFillGray(grey)
    line.textOut(text)
    canvas.drawText(line)
    canvas.restoreState()


def boxed(canvas: Canvas, y: float, *, grey: float, alpha: float = 1.0, width: float = 400) -> None:
    canvas.saveState()
    canvas.setFillGray(grey, alpha)
    canvas.rect(60, y - 6, width, 22, stroke=0, fill=1)
    canvas.restoreState()


def clipped(canvas: Canvas, text: str, window: tuple[float, float, float, float]) -> None:
    """`text` at height 600, seen through `window`: left, bottom, width, height."""
    canvas.saveState()
    path = canvas.beginPath()
    path.rect(*window)
    canvas.clipPath(path, stroke=0)
    written(canvas, text, 600)
    canvas.restoreState()


def invisible(canvas: Canvas) -> None:
    written(canvas, SECRET, 600, mode=3)


def white_on_white(canvas: Canvas) -> None:
    written(canvas, SECRET, 600, grey=1.0)


def under_a_picture(canvas: Canvas) -> None:
    written(canvas, SECRET, 600)
    canvas.drawImage(noise(), 60, 580, 400, 60)


def in_a_form(canvas: Canvas) -> None:
    canvas.beginForm("secret")
    written(canvas, SECRET, 20, grey=1.0)
    canvas.endForm()
    canvas.translate(0, 500)
    canvas.doForm("secret")


def in_triangle(canvas: Canvas, *corners: tuple[float, float]) -> None:
    canvas.saveState()
    path = canvas.beginPath()
    path.moveTo(*corners[0])
    for corner in corners[1:]:
        path.lineTo(*corner)
    path.close()
    canvas.clipPath(path, stroke=0)
    written(canvas, SECRET, 600)
    canvas.restoreState()


def white_twice(canvas: Canvas) -> None:
    white_on_white(canvas)
    white_on_white(canvas)


@pytest.mark.parametrize("hide", [white_on_white, under_a_picture, in_a_form, white_twice])
@pytest.mark.parametrize("rotation", [0, 90])
def test_what_cannot_be_seen_is_not_in_the_text(hide, rotation):
    def paint(canvas: Canvas) -> None:
        written(canvas, SEEN, 700)
        hide(canvas)

    document = read_pdf(draw(paint, rotation=rotation))
    assert first_text(document) == SEEN
    assert document.coverage.hidden_spans == 1
    assert any(line.startswith("hidden text on page 1 (") for line in document.coverage.warnings)


def white_on_black(canvas: Canvas) -> None:
    boxed(canvas, 600, grey=0.0)
    written(canvas, SECRET, 600, grey=1.0)


def white_on_a_picture(canvas: Canvas) -> None:
    canvas.drawImage(picture(), 60, 580, 400, 60)
    written(canvas, SECRET, 600, grey=1.0)


def highlighted(canvas: Canvas) -> None:
    written(canvas, SECRET, 600)
    boxed(canvas, 600, grey=0.8, alpha=0.4)


def under_a_clipped_rectangle(canvas: Canvas) -> None:
    written(canvas, SECRET, 600)
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(60, 400, 100, 50)
    canvas.clipPath(clip, stroke=0)
    canvas.rect(0, 0, 612, 792, stroke=0, fill=1)
    canvas.restoreState()


def over_a_white_outline(canvas: Canvas) -> None:
    written(canvas, SECRET, 600, grey=1.0)
    written(canvas, SECRET, 600)


def in_an_unfilled_box(canvas: Canvas) -> None:
    written(canvas, SECRET, 600)
    canvas.rect(20, 20, 580, 760, stroke=1, fill=0)


def behind_a_clip_that_was_left(canvas: Canvas) -> None:
    written(canvas, "", 650, mode=3)
    written(canvas, SECRET, 600)


def through_a_low_window(canvas: Canvas) -> None:
    clipped(canvas, SECRET, (60, 604, 400, 50))


def through_a_crooked_window(canvas: Canvas) -> None:
    in_triangle(canvas, (60, 590), (500, 590), (280, 800))


def in_two_tiles(canvas: Canvas) -> None:
    clipped(canvas, SECRET, (0, 0, 150, 792))
    clipped(canvas, SECRET, (150, 0, 462, 792))


SHOWING = [
    white_on_black,
    white_on_a_picture,
    highlighted,
    under_a_clipped_rectangle,
    over_a_white_outline,
    in_an_unfilled_box,
    behind_a_clip_that_was_left,
    through_a_low_window,
    through_a_crooked_window,
    in_two_tiles,
]


@pytest.mark.parametrize("show", SHOWING, ids=lambda show: show.__name__)
def test_what_can_be_seen_stays(show):
    document = read_pdf(draw(show))
    assert first_text(document) == SECRET
    assert document.coverage.hidden_spans == 0


def test_a_black_bar_hides_the_words_below_it_and_no_others():
    def paint(canvas: Canvas) -> None:
        written(canvas, "The fee is seven hundred thousand dollars for each gate.", 600)
        start, end = (
            72 + canvas.stringWidth(text)
            for text in ("The fee is ", "The fee is seven hundred thousand dollars")
        )
        canvas.rect(start - 1, 594, end - start + 2, 20, stroke=0, fill=1)

    document = read_pdf(draw(paint))
    assert first_text(document) == "The fee is for each gate."
    assert document.coverage.hidden_spans == 1


def test_white_leaders_do_not_take_the_word_beside_them():
    def paint(canvas: Canvas) -> None:
        written(canvas, "..1", 600, grey=1.0)
        line = canvas.beginText(72, 650)
        line.setFillGray(1.0)
        line.textOut("...")
        line.setFillGray(0.0)
        line.textOut("Plaintiff")
        canvas.drawText(line)

    document = read_pdf(draw(paint))
    assert first_text(document) == "Plaintiff"


def test_only_the_words_outside_a_clip_are_hidden():
    document = read_pdf(draw(lambda canvas: clipped(canvas, SECRET, (60, 590, 72, 30))))
    assert first_text(document) == "The official"
    assert document.coverage.hidden_spans == 1


def layered(drawing: bytes, *, off: Sequence[str], form_on: str | None = None) -> bytes:
    """A page of `drawing`, with layers A and B, of which `off` are switched off, and a form /X on
    layer `form_on`.
    """
    canvas = Sheet()
    written(canvas, SEEN, 700)
    writer = PdfWriter(clone_from=io.BytesIO(canvas.data()))
    page = writer.pages[0]
    layer = {
        NameObject("/Type"): NameObject("/OCG"),
        NameObject("/Name"): TextStringObject("Layer"),
    }
    groups = {name: writer._add_object(DictionaryObject(layer)) for name in "AB"}
    resources = DictionaryObject(page["/Resources"].get_object())  # type: ignore[arg-type]
    resources[NameObject("/Properties")] = DictionaryObject(
        {NameObject(f"/{n}"): g for n, g in groups.items()}
    )
    form = StreamObject()
    form._data = f"BT /F1 12 Tf 72 500 Td ({SECRET}) Tj ET".encode()
    form.update({NameObject("/Subtype"): NameObject("/Form"), NameObject("/Resources"): resources})
    form[NameObject("/BBox")] = ArrayObject(map(NumberObject, (0, 0, 612, 792)))
    if form_on is not None:
        form[NameObject("/OC")] = groups[form_on]
    forms = DictionaryObject({NameObject("/X"): writer._add_object(form)})
    page[NameObject("/Resources")] = DictionaryObject({**resources, NameObject("/XObject"): forms})
    content = StreamObject()
    content._data = page.get_contents().get_data() + b"\n" + drawing  # type: ignore[union-attr]
    page[NameObject("/Contents")] = writer._add_object(content)
    shown = DictionaryObject({NameObject("/OFF"): ArrayObject(groups[name] for name in off)})
    layers = {NameObject("/OCGs"): ArrayObject(groups.values()), NameObject("/D"): shown}
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject(layers)
    return bytes_of(writer)


def on_layer(name: str, text: str, y: int = 600) -> bytes:
    return f"/OC /{name} BDC BT /F1 12 Tf 72 {y} Td ({text}) Tj ET EMC\n".encode()


def test_text_on_a_layer_that_is_off_is_hidden():
    document = read_pdf(layered(on_layer("A", SECRET), off="A"))
    assert first_text(document) == SEEN
    assert document.coverage.hidden_spans == 1
    assert "on a layer that is off" in document.coverage.warnings[0]


def test_a_form_on_a_layer_that_is_off_is_hidden():
    document = read_pdf(layered(b"/X Do", off="B", form_on="B"))
    assert (first_text(document), document.coverage.hidden_spans) == (SEEN, 1)


def test_text_on_layers_that_are_on_stays():
    drawing = (
        on_layer("A", "A line of the first layer _")
        + on_layer("B", "A line of the second layer", 580)
        + b"/X Do"
    )
    document = read_pdf(layered(drawing, off=(), form_on="A"))
    found = first_text(document).split("\n")
    assert found == [SEEN, "A line of the first layer _", "A line of the second layer", SECRET]
    assert document.coverage.hidden_spans == 0


def test_of_two_overlapping_layers_the_one_switched_off_is_hidden():
    drawing = on_layer("A", "The gate opens at the turn of the tide") + on_layer(
        "B", "La porte ouvre avec la marée"
    )
    document = read_pdf(layered(drawing.replace("é".encode(), b"e"), off="A"))
    assert first_text(document) == f"{SEEN}\nLa porte ouvre avec la maree"
    assert document.coverage.hidden_spans == 1


def scan(canvas: Canvas) -> None:
    canvas.drawImage(noise(), 0, 0, 612, 792)
    for row in range(10):
        written(canvas, f"{SEEN} {row}", 700 - 14 * row, mode=3)


def test_the_text_layer_of_a_scan_is_read():
    document = read_pdf(draw(scan))
    assert first_text(document).count(SEEN) == 10
    assert document.coverage.ocr_pages == (1,)
    assert document.coverage.hidden_spans == 0


def test_the_text_layer_of_a_small_scan_with_letters_is_read():
    def paint(canvas: Canvas, *, over: float) -> None:
        for at, word in enumerate(
            SEEN.split()
        ):  # each word a drawing of its own, as scans of lines are
            letters = Image.new("L", (8 * len(word), 12), 255)
            ImageDraw.Draw(letters).text((1, 0), word, fill=0)
            canvas.drawImage(ImageReader(letters), 72 + 45 * at, 600 + over, 6 * len(word), 12)
            written(canvas, word, 600, mode=3, x=72 + 45 * at)

    document = read_pdf(draw(partial(paint, over=-2)))
    assert first_text(document) == SEEN and document.coverage.ocr_pages == (1,)
    with pytest.raises(NoText):
        read_pdf(draw(partial(paint, over=40)))


def test_a_black_bar_on_a_scan_hides_the_recognised_words_below_it():
    def paint(canvas: Canvas) -> None:
        scan(canvas)
        written(canvas, SECRET, 400, mode=3)
        boxed(canvas, 400, grey=0.0)

    document = read_pdf(draw(paint))
    assert "dollar" not in first_text(document) and SEEN in first_text(document)
    assert document.coverage.hidden_spans == 1


def test_a_picture_behind_the_page_does_not_excuse_a_hidden_line():
    def paint(canvas: Canvas) -> None:
        canvas.drawImage(picture((240, 240, 200)), 0, 0, 612, 792)
        for row in range(10):
            written(canvas, f"{SEEN} {row}", 700 - 14 * row)
        written(canvas, SECRET, 400, mode=3)

    document = read_pdf(draw(paint))
    assert "dollar" not in first_text(document)
    assert document.coverage.ocr_pages == ()


@pytest.fixture
def with_secret(tmp_path: Path) -> Path:
    file = tmp_path / "a.pdf"

    def paint(canvas: Canvas) -> None:
        written(canvas, SEEN, 700)
        invisible(canvas)

    file.write_bytes(draw(paint))
    return file


@pytest.mark.parametrize("reader", [read, read_in_worker])
def test_hidden_text_that_was_asked_for_is_a_block_of_its_own(reader, with_secret):
    document = reader(ReadRequest(with_secret, include_hidden=True))
    page = document.pages[0]
    assert page.text == f"{SEEN}\n{SECRET}"
    assert [page.text[b.start : b.end] for b in page.blocks if b.kind == "hidden"] == [SECRET]
    assert document.coverage.hidden_spans == 1
    assert any("asked for" in line for line in document.coverage.warnings)


def test_the_sources_of_a_question_pass_the_wish_on(with_secret):
    texts = [
        read_sources([str(with_secret)], ReadRequest(include_hidden=wish), None)
        .documents[0]
        .pages[0]
        .text
        for wish in (False, True)
    ]
    assert texts == [SEEN, f"{SEEN}\n{SECRET}"]


def test_a_file_whose_text_is_all_hidden_says_so():
    with pytest.raises(NoText, match="--include-hidden"):
        read_pdf(draw(invisible))
    assert read(ReadRequest("a.pdf", draw(invisible), include_hidden=True)).pages[0].text == SECRET


def test_letters_of_half_a_point_are_hidden_in_words_and_in_fragments():
    def paint(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 700, "The fee is stated in Schedule 2. i - ll")
        canvas.setFont("Helvetica", 0.5)
        canvas.drawString(72, 650, "The fee is 1 euro and agreement.")
        for at, part in enumerate(("The agree", "ment is ab", "out 1 eu", "ro!")):
            canvas.drawString(72 + 3 * at, 600, part)
        for at, letter in enumerate("The fee is 1 euro."):
            canvas.drawString(72 + at, 550, letter)
        canvas.translate(200, 300)
        canvas.scale(0.05, 0.05)
        canvas.rotate(90)
        canvas.setFont("Helvetica", 10)
        canvas.drawString(0, 0, "The fee is 1 euro and agreement.")

    document = read_pdf(draw(paint))
    assert first_text(document) == "The fee is stated in Schedule 2. i - ll"
    assert "too small to read" in document.coverage.warnings[0]


KEPT = [
    ("court_redacted_pleading", 1, "and not any exclusive rights under the"),
    ("court_hidden_text", 1, "a copyrighted photograph of a dog with a bone"),
    ("court_deposition", 1, "CRYSTAL LONG"),
    ("report_federal_register", 1, "Airworthiness Directives"),
    ("acad_zfn_ocr", 1, "Solitary-wave Solutions"),
    ("statute_zw_constitution", 1, "into operation on the 18th\n"),
]
GONE = [
    ("report_federal_register", 1, "VerDate"),
    ("manual_redpaper", 1, "Front cover"),
    ("contract_5", 118, "Time to achieve"),
    ("report_i1040nr", 1, "Userid"),
    ("report_irm_400p", 3, "Manual Transmittal"),
]


@pytest.mark.slow
def test_files_of_the_corpus_keep_what_shows_and_lose_what_does_not(corpus):
    documents = {name: read(ReadRequest(corpus / f"{name}.pdf")) for name, _, _ in KEPT + GONE}
    lost = [item for item in KEPT if item[2] not in documents[item[0]].pages[item[1] - 1].text]
    left = [item for item in GONE if item[2] in documents[item[0]].pages[item[1] - 1].text]
    assert (lost, left) == ([], [])
    assert documents["acad_zfn_ocr"].coverage.ocr_pages == (1, 2)
