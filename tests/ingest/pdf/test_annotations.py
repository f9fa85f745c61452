"""PDF: filled form fields and comments are read at the end of their page, and told as such."""

import io
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from docqa.ingest.errors import NoText
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from tests.ingest.drawing import Sheet, bytes_of
from tests.ingest.reading import first_text


def form(text: str = "Application for a berth") -> bytes:
    """A page with two fields of text, a list and two boxes, of which one is ticked."""
    canvas = Sheet()
    canvas.drawString(72, 700, text)
    fields = canvas.acroForm
    fields.textfield(name="owner", tooltip="Name of the owner:", x=72, y=640, value="Ann Löwe")
    fields.textfield(name="length", x=72, y=600, value="")
    fields.choice(name="gate", tooltip="Gate", x=72, y=560, value="East", options=["East", "West"])
    fields.checkbox(name="paid", tooltip="Fee is paid", x=72, y=520, checked=True)
    fields.checkbox(name="late", tooltip="Late", x=72, y=480, checked=False)
    return canvas.data()


def annotated(*annotations: dict[str, Any]) -> bytes:
    canvas = Sheet()
    canvas.setFont("Helvetica", 12)
    canvas.drawString(72, 700, "The fee is ten pounds a day.")
    writer = PdfWriter(PdfReader(io.BytesIO(canvas.data())))
    items = ArrayObject()
    for annotation in annotations:
        rect = ArrayObject(map(NumberObject, (72, 600, 200, 650)))
        given = {NameObject(name): value for name, value in annotation.items()}
        items.append(
            DictionaryObject(
                {NameObject("/Type"): NameObject("/Annot"), NameObject("/Rect"): rect} | given
            )
        )
    writer.pages[0][NameObject("/Annots")] = items
    return bytes_of(writer)


def comment(kind: str, words: str = "", **more: Any) -> dict[str, Any]:
    date = TextStringObject("D:20240503101112Z")
    given = {"/Subtype": NameObject(kind), "/T": TextStringObject("Jo: Reed"), "/M": date}
    return (
        given
        | ({"/Contents": TextStringObject(words)} if words else {})
        | {f"/{name}": more[name] for name in more}
    )


def pdf(data: bytes, *, include_hidden: bool = False) -> Document:
    return read(ReadRequest("a.pdf", data, include_hidden=include_hidden))


def test_filled_fields_are_read_with_their_names_and_empty_ones_are_not():
    document = pdf(form())
    assert first_text(document) == (
        "Application for a berth\nName of the owner (form field): Ann Löwe\nGate (form field): East\n"
        "Fee is paid (form field): ticked"
    )
    assert [block.kind for block in document.pages[0].blocks] == ["para", "field", "field", "field"]
    assert document.coverage.warnings == ("3 filled form fields read, at the end of its page",)


def test_a_page_with_nothing_but_filled_fields_is_read():
    assert pdf(form(" ")).pages[0].text.startswith("Name of the owner (form field): Ann Löwe")


def test_comments_and_marked_words_are_told_as_such():
    quad = ArrayObject(map(FloatObject, (127, 712, 187, 712, 127, 697, 187, 697)))
    document = pdf(
        annotated(
            comment("/Text", "Too low?"),
            comment("/Highlight", QuadPoints=quad),
            comment("/Highlight", "Says who?", QuadPoints=quad),
            comment("/FreeText", "Paid in May."),
            comment("/Link", "not this"),
            comment("/Popup", "nor this"),
        )
    )
    assert first_text(document).split("\n") == [
        "The fee is ten pounds a day.",
        "Comment by Jo Reed, 2024-05-03: Too low?",
        "Highlighted by Jo Reed, 2024-05-03: “ten pounds”",
        "Comment by Jo Reed, 2024-05-03: Says who? (on “ten pounds”)",
        "Text on the page by Jo Reed, 2024-05-03: Paid in May.",
    ]
    assert (
        document.speaker_of(1, first_text(document).index("Says"))
        == "Comment by Jo Reed, 2024-05-03"
    )
    assert document.speaker_of(1, 4) is None
    assert document.coverage.warnings == ("4 comments read, at the end of its page",)


def test_a_comment_that_no_viewer_shows_is_hidden_text():
    data = annotated(comment("/Text", "The fee is 1 euro.", F=NumberObject(2)))
    document = pdf(data)
    assert "euro" not in first_text(document) and document.coverage.hidden_spans == 1
    assert document.coverage.warnings == (
        "hidden text in forms and comments: not read; --include-hidden reads it",
    )
    assert pdf(data, include_hidden=True).pages[0].blocks[-1].kind == "hidden"


@pytest.mark.parametrize(
    "break_it",
    [
        lambda page: page.__setitem__(NameObject("/Annots"), NumberObject(7)),
        lambda page: page.__setitem__(
            NameObject("/Annots"), ArrayObject([NumberObject(7), DictionaryObject()])
        ),
        lambda page: page["/Annots"][0].__setitem__(
            NameObject("/Contents"), ArrayObject([NumberObject(1)])
        ),
        lambda page: page["/Annots"][0].__setitem__(
            NameObject("/QuadPoints"), ArrayObject([NameObject("/x")] * 8)
        ),
        lambda page: page["/Annots"][0].__setitem__(NameObject("/F"), NameObject("/x")),
    ],
)
def test_damaged_annotations_do_not_stop_the_reading(break_it):
    writer = PdfWriter(PdfReader(io.BytesIO(annotated(comment("/Highlight", "Too low?")))))
    break_it(writer.pages[0])
    assert "ten pounds" in pdf(bytes_of(writer)).pages[0].text


def test_an_empty_form_without_text_is_still_no_text():
    canvas = Sheet()
    canvas.acroForm.textfield(name="owner", x=72, y=640, value="")
    canvas.showPage()
    with pytest.raises(NoText):
        pdf(canvas.data())
