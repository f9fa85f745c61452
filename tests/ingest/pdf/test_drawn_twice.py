"""What is drawn twice."""

from collections.abc import Callable

from tests.ingest.drawing import Sheet
from tests.ingest.reading import pdf_page


def page_of(draw: Callable[..., None]) -> str:
    canvas = Sheet()
    canvas.setFont("Helvetica", 12)
    draw(canvas)
    return pdf_page(canvas.data()).text


def test_a_line_that_is_drawn_twice_to_look_bold_is_read_once():
    def draw(canvas: object) -> None:
        for y in (700, 640):
            for beside in (0, 0.4):
                canvas.drawString(72 + beside, y, f"The toll at gate {y} is nine marks.")  # type: ignore[attr-defined]

    assert (
        " ".join(page_of(draw).split())
        == "The toll at gate 700 is nine marks. The toll at gate 640 is nine marks."
    )
