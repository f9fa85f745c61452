"""Words of a page that pdfium parts elsewhere than they are seen, and what is drawn twice."""

import io
from collections.abc import Callable, Sequence

import pytest

from docqa.ingest.pdf.letters import NOTHING, respaced
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest


def places(text: str, gaps: Sequence[float], width: float = 5.0) -> Callable[[int], tuple[float, float, float, float]]:
    """A line of letters of `width` by 10 points; before letter n is a gap of `gaps[n]`."""
    starts, at = [], 0.0
    for number in range(len(text)):
        at += gaps[number] if number < len(gaps) else 0.0
        starts.append(at)
        at += 0.0 if text[number].isspace() else width
    return lambda number: (starts[number], 10.0, starts[number] + width, 0.0)


def words(text: str, gaps: Sequence[float]) -> list[str]:
    spacing = respaced(text, places(text, gaps))
    out = "".join(f" {c}" if at in spacing.breaks else c for at, c in enumerate(spacing.text) if c != NOTHING)
    return out.split()


def test_words_that_run_together_are_parted_by_their_gaps():
    text = "the geometryofWood, ofatale"
    gaps = [0.0] * len(text)
    for at in (4, 12, 14, 20, 22, 23):
        gaps[at] = 2.5
    assert words(text, gaps) == ["the", "geometry", "of", "Wood,", "of", "a", "tale"]
    assert words("the geometryofWood", []) == ["the", "geometryofWood"]


def test_letters_that_stand_apart_are_one_word():
    text = "Nort h Buon a Vist a Driv e an d th e Ne w Gat e o f th e Se a"
    gaps = [0.0 if letter == " " else 2.0 for letter in text]
    for at, letter in enumerate(text):
        if at > 1 and letter.isupper():
            gaps[at] = 6.0
    assert words(text, gaps)[:3] == ["North", "Buona", "Vista"]


@pytest.mark.parametrize("text", ["A B C D E F G H I J K L", "1 2 3 4 5 6 7 8 9", "see a b c or d e f or g h i or j k"])
def test_letters_and_figures_with_gaps_between_stay_apart(text):
    assert words(text, [2.5 if at and text[at - 1] == " " else 0.0 for at in range(len(text))]) == text.split()


def test_chinese_with_spaces_that_are_drawn_over_is_not_parted():
    assert words("关 于 红 军 作 战", []) == ["关于红军作战"]


def page_of(draw: Callable[..., None]) -> str:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792))
    canvas.setFont("Helvetica", 12)
    draw(canvas)
    canvas.save()
    return read(ReadRequest("a.pdf", buffer.getvalue())).pages[0].text


def test_a_line_that_is_drawn_twice_to_look_bold_is_read_once():
    def draw(canvas: object) -> None:
        for y in (700, 640):
            for beside in (0, 0.4):
                canvas.drawString(72 + beside, y, f"The toll at gate {y} is nine marks.")  # type: ignore[attr-defined]

    assert " ".join(page_of(draw).split()) == "The toll at gate 700 is nine marks. The toll at gate 640 is nine marks."


def test_letters_that_are_drawn_twice_are_read_once():
    def draw(canvas: object) -> None:
        at = 72.0
        for letter in "guests pass":
            for beside in (0, 0.5):
                canvas.drawString(at + beside, 700, letter)  # type: ignore[attr-defined]
            at += canvas.stringWidth(letter, "Helvetica", 12)  # type: ignore[attr-defined]
        canvas.drawString(72, 660, "A bookkeeper will guess the address.")  # type: ignore[attr-defined]

    assert page_of(draw).split("\n") == ["guests pass", "A bookkeeper will guess the address."]


def test_letters_beyond_the_edge_of_the_page_are_not_read():
    def draw(canvas: object) -> None:
        canvas.drawString(552, 700, "W" * 30)  # type: ignore[attr-defined]
        canvas.drawString(72, 660, "The toll is nine marks.")  # type: ignore[attr-defined]

    text = page_of(draw)
    assert text.split("\n")[0].strip("W") == "" and 4 <= text.count("W") <= 6
    assert text.endswith("The toll is nine marks.")
